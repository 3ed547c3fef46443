package supergraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// JoinVersion returns the version of the join specification that the supergraph links.
func (s *Supergraph) JoinVersion() Version {
	for _, l := range s.Links {
		if identity, _, version, ok := parseFeatureURL(l.URL); ok && identity == apolloSpecs+"join" {
			return version
		}
	}
	return Version{0, 3}
}

// document returns the supergraph as a schema document in the standard form, definitions in no particular order.
// It shares descriptions, types, values and directives with the model.
func (s *Supergraph) document() *ast.SchemaDocument {
	doc := machinery(s.JoinVersion())
	doc.Directives = append(doc.Directives, s.Directives...)
	doc.Definitions = append(doc.Definitions, s.FeatureTypes...)
	doc.Definitions = append(doc.Definitions, s.graphEnum())
	schema := &ast.SchemaDefinition{Description: s.Description, OperationTypes: s.operationTypes()}
	for _, l := range s.Links {
		schema.Directives = append(schema.Directives, l.directive())
	}
	schema.Directives = append(schema.Directives, s.carriedDirectives(s.Carried)...)
	schema.Directives = append(schema.Directives, s.Applied...)
	doc.Schema = ast.SchemaDefinitionList{schema}
	for _, t := range s.Types {
		doc.Definitions = append(doc.Definitions, s.encodeType(t))
	}
	return doc
}

func (s *Supergraph) operationTypes() ast.OperationTypeDefinitionList {
	var ops ast.OperationTypeDefinitionList
	for _, root := range []struct {
		op   ast.Operation
		name string
	}{{ast.Query, s.Query}, {ast.Mutation, s.Mutation}, {ast.Subscription, s.Subscription}} {
		if root.name != "" {
			ops = append(ops, &ast.OperationTypeDefinition{Operation: root.op, Type: root.name})
		}
	}
	return ops
}

func (s *Supergraph) graphEnum() *ast.Definition {
	def := &ast.Definition{Kind: ast.Enum, Name: "join__Graph"}
	for _, g := range s.Graphs {
		def.EnumValues = append(def.EnumValues, &ast.EnumValueDefinition{
			Name:       g.EnumValue,
			Directives: ast.DirectiveList{directive("join__graph", arg("name", stringValue(g.Name)), arg("url", stringValue(g.URL)))},
		})
	}
	return def
}

func (s *Supergraph) graph(g GraphID) *ast.Value {
	return &ast.Value{Kind: ast.EnumValue, Raw: s.Graphs[g].EnumValue}
}

func (s *Supergraph) encodeType(t *Type) *ast.Definition {
	def := &ast.Definition{
		Kind: t.Kind, Name: t.Name, Description: t.Description,
		Interfaces: t.InterfaceNames(), Types: t.MemberNames(),
	}
	for _, j := range t.Implements {
		def.Directives = append(def.Directives, directive("join__implements",
			arg("graph", s.graph(j.Graph)), arg("interface", stringValue(j.Interface))))
	}
	for _, j := range t.Joins {
		def.Directives = append(def.Directives, s.encodeTypeJoin(j))
	}
	for _, j := range t.Members {
		def.Directives = append(def.Directives, directive("join__unionMember",
			arg("graph", s.graph(j.Graph)), arg("member", stringValue(j.Member))))
	}
	def.Directives = append(def.Directives, s.carriedDirectives(t.Carried)...)
	def.Directives = append(def.Directives, t.Directives...)
	for _, f := range t.Fields {
		def.Fields = append(def.Fields, s.encodeField(f))
	}
	for _, v := range t.EnumValues {
		value := &ast.EnumValueDefinition{Name: v.Name, Description: v.Description}
		for _, g := range v.Joins {
			value.Directives = append(value.Directives, directive("join__enumValue", arg("graph", s.graph(g))))
		}
		value.Directives = append(value.Directives, v.Directives...)
		def.EnumValues = append(def.EnumValues, value)
	}
	return def
}

func (s *Supergraph) encodeTypeJoin(j TypeJoin) *ast.Directive {
	d := directive("join__type", arg("graph", s.graph(j.Graph)))
	if j.Key != "" {
		d.Arguments = append(d.Arguments, arg("key", stringValue(j.Key)))
	}
	if j.Extension {
		d.Arguments = append(d.Arguments, arg("extension", boolValue(true)))
	}
	if !j.Resolvable {
		d.Arguments = append(d.Arguments, arg("resolvable", boolValue(false)))
	}
	if j.IsInterfaceObject {
		d.Arguments = append(d.Arguments, arg("isInterfaceObject", boolValue(true)))
	}
	return d
}

func (s *Supergraph) encodeField(f *Field) *ast.FieldDefinition {
	def := &ast.FieldDefinition{
		Name: f.Name, Description: f.Description, Type: f.Type, Arguments: f.Args, DefaultValue: f.Default,
	}
	for _, j := range f.Joins {
		def.Directives = append(def.Directives, s.encodeFieldJoin(j))
	}
	def.Directives = append(def.Directives, s.carriedDirectives(f.Carried)...)
	def.Directives = append(def.Directives, f.Directives...)
	return def
}

func (s *Supergraph) encodeFieldJoin(j FieldJoin) *ast.Directive {
	d := directive("join__field")
	text := func(name, value string) {
		if value != "" {
			d.Arguments = append(d.Arguments, arg(name, stringValue(value)))
		}
	}
	flag := func(name string, value bool) {
		if value {
			d.Arguments = append(d.Arguments, arg(name, boolValue(true)))
		}
	}
	if j.HasGraph {
		d.Arguments = append(d.Arguments, arg("graph", s.graph(j.Graph)))
	}
	text("requires", j.Requires)
	text("provides", j.Provides)
	if j.Type != nil {
		text("type", j.Type.String())
	}
	flag("external", j.External)
	text("override", j.Override)
	flag("usedOverridden", j.UsedOverridden)
	text("overrideLabel", j.OverrideLabel)
	if len(j.ContextArguments) > 0 {
		list := &ast.Value{Kind: ast.ListValue}
		for _, c := range j.ContextArguments {
			list.Children = append(list.Children, &ast.ChildValue{Value: objectValue(
				"context", c.Context, "name", c.Name, "type", c.Type.String(), "selection", c.Selection)})
		}
		d.Arguments = append(d.Arguments, arg("contextArguments", list))
	}
	return d
}

func (s *Supergraph) carriedDirectives(carried []CarriedDirective) ast.DirectiveList {
	var list ast.DirectiveList
	for _, c := range carried {
		graphs := &ast.Value{Kind: ast.ListValue}
		for _, g := range c.Graphs {
			graphs.Children = append(graphs.Children, &ast.ChildValue{Value: s.graph(g)})
		}
		d := directive("join__directive", arg("graphs", graphs), arg("name", stringValue(c.Name)))
		if c.Args != nil {
			d.Arguments = append(d.Arguments, arg("args", c.Args))
		}
		list = append(list, d)
	}
	return list
}

func (l Link) directive() *ast.Directive {
	d := directive("link", arg("url", stringValue(l.URL)))
	if l.As != "" {
		d.Arguments = append(d.Arguments, arg("as", stringValue(l.As)))
	}
	if l.For != "" {
		d.Arguments = append(d.Arguments, arg("for", &ast.Value{Kind: ast.EnumValue, Raw: l.For}))
	}
	if len(l.Import) > 0 {
		list := &ast.Value{Kind: ast.ListValue}
		for _, imp := range l.Import {
			v := stringValue(imp.Name)
			if imp.As != "" {
				v = objectValue("name", imp.Name, "as", imp.As)
			}
			list.Children = append(list.Children, &ast.ChildValue{Value: v})
		}
		d.Arguments = append(d.Arguments, arg("import", list))
	}
	return d
}

func directive(name string, args ...*ast.Argument) *ast.Directive {
	return &ast.Directive{Name: name, Arguments: args}
}

func arg(name string, value *ast.Value) *ast.Argument { return &ast.Argument{Name: name, Value: value} }

// stringValue is a string literal. Text that is not valid UTF-8 has no literal in GraphQL; it is repaired.
func stringValue(text string) *ast.Value {
	return &ast.Value{Kind: ast.StringValue, Raw: strings.ToValidUTF8(text, "\uFFFD")}
}

func boolValue(b bool) *ast.Value {
	if b {
		return &ast.Value{Kind: ast.BooleanValue, Raw: "true"}
	}
	return &ast.Value{Kind: ast.BooleanValue, Raw: "false"}
}

// objectValue is an input object literal of strings, given as name, value, name, value ….
func objectValue(pairs ...string) *ast.Value {
	v := &ast.Value{Kind: ast.ObjectValue}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Children = append(v.Children, &ast.ChildValue{Name: pairs[i], Value: stringValue(pairs[i+1])})
	}
	return v
}
