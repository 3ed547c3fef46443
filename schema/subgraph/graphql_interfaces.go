package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// checkInterfaces checks that objects and interfaces have what the interfaces they implement ask for.
func (b *builder) checkInterfaces() {
	for _, t := range b.s.Types {
		for _, i := range t.Interfaces {
			if i.Name == t.Name {
				b.graphql(i.Position, "Remove it from the list.", "Type %q cannot implement itself.", t.Name)
				continue
			}
			target := b.s.types[i.Name]
			if len(b.found) > maxProblems || !b.s.spend(len(target.Interfaces)+len(target.Fields)) {
				return
			}
			b.checkImplementsAll(t, target, i.Position)
			for _, want := range target.Fields {
				b.checkImplementedField(t, want)
			}
		}
	}
}

// checkImplementsAll asks for the interfaces of the interface: GraphQL wants them spelled out.
func (b *builder) checkImplementsAll(t, target *Type, at *ast.Position) {
	for _, outer := range target.Interfaces {
		switch {
		case outer.Name == t.Name:
			b.graphql(at, "", "Type %q cannot implement %q because it would create a circular reference.", t.Name, target.Name)
		case !t.Implements(outer.Name):
			b.graphql(at, "Add \"& "+outer.Name+"\" to its interfaces.",
				"Type %q must implement %q because it is implemented by %q.", t.Name, outer.Name, target.Name)
		}
	}
}

func (b *builder) checkImplementedField(t *Type, want *Field) {
	got := t.Field(want.Name)
	if got == nil {
		b.graphql(t.Position, "Add the field.", "Interface field %q is expected, but %q does not provide it.", want.Coordinate(), t.Name)
		return
	}
	if !b.s.isSubtype(got.Type, want.Type) {
		b.graphql(typePosition(got.Type, got.Position), "", "Interface field %q expects type %q, but %q has type %q.",
			want.Coordinate(), want.Type, got.Coordinate(), got.Type)
	}
	b.checkImplementedArguments(got, want)
}

func (b *builder) checkImplementedArguments(got, want *Field) {
	wanted, given := argumentIndex(want.Arguments), argumentIndex(got.Arguments)
	for _, arg := range want.Arguments {
		have := given[arg.Name]
		switch {
		case have == nil:
			b.graphql(got.Position, "Add the argument.", "Interface field argument \"%s(%s:)\" is expected, but %q does not provide it.",
				want.Coordinate(), arg.Name, got.Coordinate())
		case !sameType(have.Type, arg.Type):
			b.graphql(have.Position, "", "Interface field argument \"%s(%s:)\" expects type %q, but \"%s(%s:)\" has type %q.",
				want.Coordinate(), arg.Name, arg.Type, got.Coordinate(), arg.Name, have.Type)
		}
	}
	for _, arg := range got.Arguments {
		if arg.Type.NonNull && arg.Default == nil && wanted[arg.Name] == nil {
			b.graphql(arg.Position, "Make it optional, or add it to the interface.",
				"Field %q has the required argument %q, which the interface field %q does not have.", got.Coordinate(), arg.Name, want.Coordinate())
		}
	}
}

func argumentIndex(args []*Argument) map[string]*Argument {
	out := make(map[string]*Argument, len(args))
	for _, arg := range args {
		out[arg.Name] = arg
	}
	return out
}

// isSubtype tells whether a field of type t may implement one of type want.
func (s *Subgraph) isSubtype(t, want *ast.Type) bool {
	if want.NonNull && !t.NonNull {
		return false
	}
	if (t.Elem == nil) != (want.Elem == nil) {
		return false
	}
	if t.Elem != nil {
		return s.isSubtype(t.Elem, want.Elem)
	}
	if t.NamedType == want.NamedType {
		return true
	}
	sub, super := s.types[t.NamedType], s.types[want.NamedType]
	if sub == nil || super == nil {
		return false
	}
	switch super.Kind {
	case ast.Interface:
		return sub.Implements(super.Name)
	case ast.Union:
		return super.members[sub.Name]
	}
	return false
}
