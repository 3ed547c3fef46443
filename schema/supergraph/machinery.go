package supergraph

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// The definitions that every supergraph SDL carries for the link and join specifications, by join version.
const (
	linkMachinery = `
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
scalar link__Import
enum link__Purpose {
  "` + "`SECURITY`" + ` features provide metadata necessary to securely resolve fields."
  SECURITY
  "` + "`EXECUTION`" + ` features provide metadata necessary for operation execution."
  EXECUTION
}
`
	joinMachinery = `
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
scalar join__FieldSet
`
	joinField03 = `
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
`
	joinField04 = `
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
`
	joinField05 = `
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String, contextArguments: [join__ContextArgument!]) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
input join__ContextArgument {
  name: String!
  type: String!
  context: String!
  selection: join__FieldValue!
}
scalar join__FieldValue
`
	joinDirective = `
directive @join__directive(graphs: [join__Graph!], name: String!, args: join__DirectiveArguments) repeatable on SCHEMA | OBJECT | INTERFACE | FIELD_DEFINITION
scalar join__DirectiveArguments
`
)

// machinery returns the definitions of link v1.0 and of the join version.
func machinery(join Version) *ast.SchemaDocument {
	sdl := linkMachinery + joinMachinery
	switch {
	case join.Less(Version{0, 4}):
		sdl += joinField03
	case join.Less(Version{0, 5}):
		sdl += joinField04 + joinDirective
	default:
		sdl += joinField05 + joinDirective
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "machinery", Input: sdl})
	if err != nil {
		panic("supergraph: the machinery does not parse: " + err.Error()) // a constant is wrong
	}
	return doc
}
