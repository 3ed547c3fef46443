package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// rootDefaults are the operations and the names that their root types have when nothing else is said.
var rootDefaults = []struct {
	operation ast.Operation
	name      string
}{
	{ast.Query, "Query"}, {ast.Mutation, "Mutation"}, {ast.Subscription, "Subscription"},
}

// declareSchema reads the schema definition and its extensions.
func (b *builder) declareSchema() {
	for i, def := range b.doc.Schema {
		if i > 0 {
			b.graphql(def.Position, "Merge the schema definitions, or turn this one into \"extend schema\".", "There can be only one schema definition.")
			continue
		}
		b.s.Description = def.Description
		if len(def.OperationTypes) == 0 {
			b.graphql(def.Position, "Write \"extend schema\" if only directives are to be added.", "The schema definition names no root type.")
		}
	}
	// In the order of the SDL: a definition may follow its extensions.
	definitions, extensions := b.doc.Schema, b.doc.SchemaExtension
	for declaration := 0; len(definitions)+len(extensions) > 0; declaration++ {
		var def *ast.SchemaDefinition
		extension := len(definitions) == 0 || len(extensions) > 0 && before(extensions[0].Position, definitions[0].Position)
		if extension {
			def, extensions = extensions[0], extensions[1:]
		} else {
			def, definitions = definitions[0], definitions[1:]
		}
		if b.s.Position == nil {
			b.s.Position = def.Position
		}
		b.s.Applied = append(b.s.Applied, applications(def.Directives, extension, declaration)...)
	}
}

// assignRoots finds the root types: those that the schema definition names, or else the types with the default names.
func (b *builder) assignRoots() {
	explicit := map[ast.Operation]string{}
	types := map[string]ast.Operation{}
	for _, list := range []ast.SchemaDefinitionList{b.doc.Schema[:min(len(b.doc.Schema), 1)], b.doc.SchemaExtension} {
		for _, def := range list {
			for _, root := range def.OperationTypes {
				b.assignRoot(root, explicit, types)
			}
		}
	}
	if len(b.doc.Schema) > 0 && len(b.doc.Schema[0].OperationTypes) > 0 {
		return
	}
	for _, root := range rootDefaults {
		t := b.s.types[root.name]
		if _, named := explicit[root.operation]; t == nil || named {
			continue
		}
		if _, taken := types[root.name]; taken {
			continue
		}
		if t.Kind != ast.Object {
			b.graphql(t.Position, "Rename it, or declare it as an object type.", "Type %q is the %s root type, which must be an object type, but it is %s.",
				t.Name, root.operation, kindName(t.Kind))
			continue
		}
		t.Root = root.operation
	}
}

func (b *builder) assignRoot(root *ast.OperationTypeDefinition, explicit map[ast.Operation]string, types map[string]ast.Operation) {
	if first, ok := explicit[root.Operation]; ok {
		b.graphql(root.Position, "Remove one of them.", "There can be only one %s root type: %q is already named.", root.Operation, first)
		return
	}
	explicit[root.Operation] = root.Type
	t := b.s.types[root.Type]
	switch {
	case t == nil:
		b.graphql(root.Position, "", "Unknown type %q as the %s root type.", root.Type, root.Operation)
	case t.Kind != ast.Object:
		b.graphql(root.Position, "", "The %s root type must be an object type, but %q is %s.", root.Operation, root.Type, kindName(t.Kind))
	case types[root.Type] != "":
		b.graphql(root.Position, "Give each operation a root type of its own.", "All root types must be different: %q is already the %s root type.",
			root.Type, types[root.Type])
	default:
		types[root.Type] = root.Operation
		t.Root = root.Operation
	}
}

// root returns the root type of an operation, or nil.
func (s *Subgraph) root(operation ast.Operation) *Type {
	for _, t := range s.Types {
		if t.Root == operation {
			return t
		}
	}
	return nil
}

// defaultRootName is "Query" for query.
func defaultRootName(operation ast.Operation) string {
	return strings.ToUpper(string(operation[:1])) + string(operation[1:])
}

// isMachineryField tells the fields that every federated subgraph has on its query root; they are no part of its API.
func isMachineryField(t *Type, name string) bool {
	return t.Root == ast.Query && (name == "_entities" || name == "_service")
}

// machineryTypes exist in every federated subgraph for the sake of those fields.
var machineryTypes = []struct {
	name string
	kind ast.DefinitionKind
}{
	{"_Any", ast.Scalar}, {"_Entity", ast.Union}, {"_Service", ast.Object},
}
