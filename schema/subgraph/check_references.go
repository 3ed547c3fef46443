package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// checkReferences finds names of types that do not exist or are of the wrong kind for their place.
func (b *builder) checkReferences() {
	for _, t := range b.s.Types {
		for _, i := range t.Interfaces {
			if target := b.referenced(i.Name, i.Position); target != nil && target.Kind != ast.Interface || target == nil && isBuiltinScalar(i.Name) {
				b.graphql(i.Position, "", "Type %q can only implement interface types, and %q is %s.", t.Name, i.Name, kindName(b.kindOrScalar(i.Name)))
			}
		}
		for _, m := range t.Members {
			if target := b.referenced(m.Name, m.Position); target != nil && target.Kind != ast.Object || target == nil && isBuiltinScalar(m.Name) {
				b.graphql(m.Position, "", "Union type %q can only include object types, and %q is %s.", t.Name, m.Name, kindName(b.kindOrScalar(m.Name)))
			}
		}
		for _, f := range t.Fields {
			if t.Kind == ast.InputObject {
				b.checkInputType(f.Type, element{field: f, position: f.Position})
			} else {
				b.checkOutputType(f.Type, element{field: f, position: f.Position})
			}
			for _, arg := range f.Arguments {
				b.checkInputType(arg.Type, element{field: f, argument: arg, position: arg.Position})
			}
		}
	}
	for _, d := range b.s.Directives {
		if d.Position == nil {
			continue // not of the SDL's making
		}
		for _, arg := range d.Arguments {
			b.checkInputType(arg.Type, element{directive: d, argument: arg, position: arg.Position})
		}
	}
}

// referenced returns the type of that name; for the built-in scalars, and for unknown names (which it notes), it returns nil.
func (b *builder) referenced(name string, at *ast.Position) *Type {
	t := b.s.types[name]
	if t == nil && b.badLinks && strings.Contains(name, "__") {
		return nil // most likely of a feature that could not be linked
	}
	if t == nil && !isBuiltinScalar(name) {
		b.graphql(at, b.suggest(name, b.typeNames), "Unknown type %q.", name)
	}
	return t
}

// kindOrScalar is the kind of a type that is defined or built in.
func (b *builder) kindOrScalar(name string) ast.DefinitionKind {
	if isBuiltinScalar(name) {
		return ast.Scalar
	}
	return b.kindOf(name)
}

func (b *builder) typeNames() []string {
	var names []string
	for _, t := range b.s.Types {
		if !t.machinery {
			names = append(names, t.Name)
		}
	}
	return append(names, "Int", "Float", "String", "Boolean", "ID")
}

func (b *builder) checkInputType(t *ast.Type, e element) {
	name, at := typeName(t), typePosition(t, e.position)
	target := b.referenced(name, at)
	if target != nil && target.Kind != ast.Scalar && target.Kind != ast.Enum && target.Kind != ast.InputObject {
		b.graphql(at, "Use a scalar, enum or input object type.",
			"The type of %q must be an input type, but %q is %s.", e.coordinate(), name, kindName(target.Kind))
	}
}

func (b *builder) checkOutputType(t *ast.Type, e element) {
	name, at := typeName(t), typePosition(t, e.position)
	target := b.referenced(name, at)
	if target != nil && target.Kind == ast.InputObject {
		b.graphql(at, "Use an object, interface, union, scalar or enum type.",
			"The type of %q must be an output type, but %q is %s.", e.coordinate(), name, kindName(target.Kind))
	}
}

// typeName is the innermost name of a type.
func typeName(t *ast.Type) string {
	for t != nil && t.Elem != nil {
		t = t.Elem
	}
	if t == nil {
		return ""
	}
	return t.NamedType
}

// typePosition is where the innermost name stands, or else the given position.
func typePosition(t *ast.Type, otherwise *ast.Position) *ast.Position {
	for t != nil && t.Elem != nil {
		t = t.Elem
	}
	if t == nil || t.Position == nil {
		return otherwise
	}
	return t.Position
}
