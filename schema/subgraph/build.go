package subgraph

import (
	"sort"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// builder turns a parsed document into the model, and notes what keeps it from doing so.
type builder struct {
	report
	doc            *ast.SchemaDocument
	userDirectives map[string]*Directive // the definitions that the SDL contains
	badKeys        map[*Application]bool // keys whose field set has problems
	badLinks       bool                  // a link has problems, so what it would define is missing
}

func newBuilder(s *Subgraph, doc *ast.SchemaDocument) *builder {
	s.types = make(map[string]*Type, len(doc.Definitions)+len(doc.Extensions))
	s.directives = make(map[string]*Directive, len(doc.Directives)+32)
	s.names = make(map[Known]string, 32)
	return &builder{report: report{s: s}, doc: doc, userDirectives: map[string]*Directive{}}
}

// declareTypes folds the definitions and extensions of each type into one Type.
func (b *builder) declareTypes() {
	definitions, extensions := b.doc.Definitions, b.doc.Extensions
	for len(definitions)+len(extensions) > 0 {
		if len(extensions) == 0 || len(definitions) > 0 && before(definitions[0].Position, extensions[0].Position) {
			b.declareType(definitions[0], false)
			definitions = definitions[1:]
		} else {
			b.declareType(extensions[0], true)
			extensions = extensions[1:]
		}
	}
}

func (b *builder) declareType(def *ast.Definition, extension bool) {
	t := b.s.types[def.Name]
	switch {
	case t == nil:
		t = &Type{Name: def.Name, DeclaredName: def.Name, Kind: def.Kind, Position: def.Position}
		b.s.types[def.Name] = t
		b.s.Types = append(b.s.Types, t)
	case t.Kind != def.Kind:
		b.graphql(def.Position, "Declare the type with one kind only.",
			"Type %q is declared as %s here, but as %s on line %d.", def.Name, kindName(def.Kind), kindName(t.Kind), b.line(t.Position))
		return
	case !extension && t.HasDefinition:
		b.graphql(def.Position, "Rename one of them, or turn this one into \"extend "+keyword(def.Kind)+" "+def.Name+"\".",
			"There can be only one type named %q: it is already defined on line %d.", def.Name, b.line(t.Position))
		return
	}
	declaration := t.declarations
	t.declarations++
	if extension {
		t.HasExtension = true
	} else {
		t.HasDefinition = true
		t.Position = def.Position
		t.Description = def.Description
	}
	t.Applied = append(t.Applied, applications(def.Directives, extension, declaration)...)
	b.declareInterfaces(t, def, extension)
	b.declareMembers(t, def, extension)
	b.declareValues(t, def, extension)
	for _, field := range def.Fields {
		b.declareField(t, field, extension, declaration)
	}
}

func (b *builder) declareInterfaces(t *Type, def *ast.Definition, extension bool) {
	for _, name := range def.Interfaces {
		if t.Implements(name) {
			b.graphql(def.Position, "Name each interface once.", "Type %q can only implement %q once.", t.Name, name)
			continue
		}
		if t.interfaces == nil {
			t.interfaces = make(map[string]bool, len(def.Interfaces))
		}
		t.interfaces[name] = true
		t.Interfaces = append(t.Interfaces, &Reference{Name: name, Position: def.Position, FromExtension: extension})
	}
}

func (b *builder) declareMembers(t *Type, def *ast.Definition, extension bool) {
	for i, name := range def.Types {
		position := def.Position
		if i < len(def.TypePositions) {
			position = def.TypePositions[i]
		}
		if t.members == nil {
			t.members = make(map[string]bool, len(def.Types))
		}
		if t.members[name] {
			b.graphql(position, "Name each member once.", "Union type %q can only include type %q once.", t.Name, name)
			continue
		}
		t.members[name] = true
		t.Members = append(t.Members, &Reference{Name: name, Position: position, FromExtension: extension})
	}
}

func (b *builder) declareValues(t *Type, def *ast.Definition, extension bool) {
	for _, value := range def.EnumValues {
		if t.values == nil {
			t.values = make(map[string]*EnumValue, len(def.EnumValues))
		}
		if t.values[value.Name] != nil {
			b.graphql(value.Position, "Remove one of them.", "Enum value \"%s.%s\" can only be defined once.", t.Name, value.Name)
			continue
		}
		switch value.Name {
		case "true", "false", "null":
			b.graphql(value.Position, "Choose another name.", "Name %q is reserved and cannot be used for a value of enum %q.", value.Name, t.Name)
		}
		v := &EnumValue{
			Parent: t, Name: value.Name, Description: value.Description, Position: value.Position,
			FromExtension: extension, Applied: applications(value.Directives, extension, 0),
		}
		t.values[value.Name] = v
		t.Values = append(t.Values, v)
	}
}

func (b *builder) declareField(t *Type, def *ast.FieldDefinition, extension bool, declaration int) {
	if t.fields == nil {
		t.fields = make(map[string]*Field, 8)
	}
	if first := t.fields[def.Name]; first != nil {
		b.graphql(def.Position, "Remove one of them.",
			"Field \"%s.%s\" can only be defined once: it is already defined on line %d.", t.Name, def.Name, b.line(first.Position))
		return
	}
	f := &Field{
		Parent: t, Name: def.Name, Description: def.Description, Type: def.Type, Default: def.DefaultValue,
		Position: def.Position, FromExtension: extension, declaration: declaration,
		Applied: applications(def.Directives, extension, declaration),
	}
	if len(def.Arguments) > 0 {
		f.Arguments = b.arguments(def.Arguments, f.Coordinate())
	}
	t.fields[def.Name] = f
	t.Fields = append(t.Fields, f)
}

// arguments reads argument definitions; owner is the coordinate of what they belong to.
func (b *builder) arguments(defs ast.ArgumentDefinitionList, owner string) []*Argument {
	if len(defs) == 0 {
		return nil
	}
	out := make([]*Argument, 0, len(defs))
	seen := make(map[string]bool, len(defs))
	for _, def := range defs {
		if seen[def.Name] {
			b.graphql(def.Position, "Remove one of them.", "Argument \"%s(%s:)\" can only be defined once.", owner, def.Name)
			continue
		}
		seen[def.Name] = true
		out = append(out, &Argument{
			Name: def.Name, Description: def.Description, Type: def.Type, Default: def.DefaultValue,
			Position: def.Position, Applied: applications(def.Directives, false, 0),
		})
	}
	return out
}

// applications wraps directives as written; what they mean is filled in when all definitions are known.
func applications(list ast.DirectiveList, extension bool, declaration int) []*Application {
	if len(list) == 0 {
		return nil
	}
	out := make([]*Application, len(list))
	for i, d := range list {
		out[i] = &Application{Directive: d, FromExtension: extension, declaration: declaration}
	}
	return out
}

// declareDirectives reads the directive definitions of the document.
func (b *builder) declareDirectives() {
	for _, def := range b.doc.DirectiveExtensions {
		b.graphql(def.Position, "Apply the directives where @"+def.Name+" is defined.", "Directives cannot be extended: \"extend directive @%s\".", def.Name)
	}
	for _, def := range b.doc.Directives {
		if first := b.userDirectives[def.Name]; first != nil {
			b.graphql(def.Position, "Remove one of them.",
				"There can be only one directive named \"@%s\": it is already defined on line %d.", def.Name, b.line(first.Position))
			continue
		}
		d := b.directive(def)
		b.userDirectives[def.Name] = d
		b.s.directives[def.Name] = d
		b.s.Directives = append(b.s.Directives, d)
	}
}

func (b *builder) directive(def *ast.DirectiveDefinition) *Directive {
	return &Directive{
		Name: def.Name, Description: def.Description, Position: def.Position,
		Arguments: b.arguments(def.Arguments, "@"+def.Name), Locations: def.Locations, Repeatable: def.IsRepeatable,
		Applied: applications(def.Directives, false, 0),
	}
}

func (b *builder) line(pos *ast.Position) int { return b.s.Location(pos).Line }

// sortProblems brings problems into the order of the SDL, so that output does not depend on the order of the checks.
func sortProblems(found []diag.Diagnostic) {
	at := func(d diag.Diagnostic) (int, int) {
		if len(d.Locations) == 0 {
			return 0, 0
		}
		return d.Locations[0].Line, d.Locations[0].Column
	}
	sort.SliceStable(found, func(i, j int) bool {
		li, ci := at(found[i])
		lj, cj := at(found[j])
		return li < lj || li == lj && ci < cj
	})
}

// kindName is a kind in words, with its article.
func kindName(kind ast.DefinitionKind) string {
	switch kind {
	case ast.Object:
		return "an object type"
	case ast.Interface:
		return "an interface type"
	case ast.Union:
		return "a union type"
	case ast.Enum:
		return "an enum type"
	case ast.InputObject:
		return "an input object type"
	case ast.Scalar:
		return "a scalar type"
	}
	return strings.ToLower(string(kind))
}

// keyword is what SDL calls a kind.
func keyword(kind ast.DefinitionKind) string {
	switch kind {
	case ast.Object:
		return "type"
	case ast.InputObject:
		return "input"
	}
	return strings.ToLower(string(kind))
}
