package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkGraphQL is the second stage: the rules of the GraphQL specification for schemas. Rules that reach from one type into others only
// run when the types by themselves are fine, since their findings would be echoes.
func (b *builder) checkGraphQL() {
	b.checkApplications()
	own := len(b.found)
	for _, t := range b.s.Types {
		b.checkTypeNames(t)
		b.checkNotEmpty(t)
		b.checkDefaults(t)
		b.checkOneOf(t)
	}
	for _, d := range b.s.Directives {
		b.checkDirectiveDefinition(d)
	}
	if len(b.found) == own {
		b.checkInterfaces()
		b.checkInputCycles()
		b.checkDefaultCycles()
		b.checkDirectiveCycles()
	}
}

// checkReserved rejects names that GraphQL keeps for introspection.
func (b *builder) checkReserved(name string, at *ast.Position) {
	if strings.HasPrefix(name, "__") {
		b.graphql(at, "Choose a name that does not begin with two underscores.",
			"Name %q must not begin with \"__\", which is reserved by GraphQL introspection.", name)
	}
}

func (b *builder) checkTypeNames(t *Type) {
	b.checkReserved(t.Name, t.Position)
	for _, v := range t.Values {
		b.checkReserved(v.Name, v.Position)
	}
	for _, f := range t.Fields {
		b.checkReserved(f.Name, f.Position)
		for _, arg := range f.Arguments {
			b.checkReserved(arg.Name, arg.Position)
		}
	}
}

// checkNotEmpty asks for at least one field, member or value. The query root is exempt: federation adds fields to it.
func (b *builder) checkNotEmpty(t *Type) {
	missing := ""
	switch t.Kind {
	case ast.Object, ast.Interface:
		if len(t.Fields) == 0 && t.Root != ast.Query {
			missing = "field"
		}
	case ast.InputObject:
		if len(t.Fields) == 0 {
			missing = "field"
		}
	case ast.Union:
		if len(t.Members) == 0 && t.Name != "_Entity" {
			missing = "member type"
		}
	case ast.Enum:
		if len(t.Values) == 0 {
			missing = "value"
		}
	}
	if missing != "" {
		b.graphql(t.Position, "", "%s %q must define at least one %s.", sentenceKind(t.Kind), t.Name, missing)
	}
}

// sentenceKind is a kind's name at the start of a sentence.
func sentenceKind(kind ast.DefinitionKind) string {
	_, name, _ := strings.Cut(kindName(kind), " ")
	return strings.ToUpper(name[:1]) + name[1:]
}

// checkDefaults checks default values, and that nobody who must give a value is told that giving it is deprecated.
func (b *builder) checkDefaults(t *Type) {
	for _, f := range t.Fields {
		if t.Kind == ast.InputObject {
			b.checkDefault("input field", element{field: f, applied: f.Applied}, f.Type, f.Default)
		}
		for _, arg := range f.Arguments {
			b.checkDefault("argument", element{field: f, argument: arg, applied: arg.Applied}, arg.Type, arg.Default)
		}
	}
}

func (b *builder) checkDefault(what string, e element, t *ast.Type, value *ast.Value) {
	if value == nil {
		if deprecated := First(e.applied, KnownDeprecated); deprecated != nil && t.NonNull {
			b.graphql(atSign(deprecated.Position), "Make it optional first.", "Required %s %q cannot be deprecated.", what, e.coordinate())
		}
		return
	}
	if at, problem := b.s.invalidValue(value, t); problem != "" {
		b.graphql(at, "", "Invalid default value %s for %s %q of type %q: %s.", value, what, e.coordinate(), t, problem)
	}
}

// checkOneOf checks input types of which exactly one field is given.
func (b *builder) checkOneOf(t *Type) {
	if t.Kind != ast.InputObject || First(t.Applied, KnownOneOf) == nil {
		return
	}
	for _, f := range t.Fields {
		if f.Type.NonNull {
			b.graphql(f.Position, "Remove the \"!\".", "Field %q of a @oneOf input type must be nullable.", f.Coordinate())
		}
		if f.Default != nil {
			b.graphql(f.Position, "Remove the default value.", "Field %q of a @oneOf input type cannot have a default value.", f.Coordinate())
		}
	}
}

func (b *builder) checkDirectiveDefinition(d *Directive) {
	b.checkReserved(d.Name, d.Position)
	seen := make(map[ast.DirectiveLocation]bool, len(d.Locations))
	for _, l := range d.Locations {
		if seen[l] {
			b.graphql(d.Position, "Name each location once.", "Directive \"@%s\" names the location %s more than once.", d.Name, l)
		}
		seen[l] = true
	}
	for _, arg := range d.Arguments {
		b.checkReserved(arg.Name, arg.Position)
		if arg.Position != nil {
			b.checkDefault("argument", element{directive: d, argument: arg, applied: arg.Applied}, arg.Type, arg.Default)
		}
	}
}
