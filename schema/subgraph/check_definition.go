package subgraph

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
)

// checkDefinition compares a directive definition of the SDL with what the directive has to be. A schema may promise to use
// less of a directive (fewer locations, no optional arguments, not repeatable), never more.
func (b *builder) checkDefinition(d, expected *Directive) {
	bad := func(at *ast.Position, format string, args ...any) {
		b.add(diag.DirectiveDefinitionInvalid, at, "Remove the definition: it is added on its own. Or write: "+definitionSDL(expected)+".",
			"The definition of \"@"+d.Name+"\" is not the specified one: "+format+".", args...)
	}
	for _, want := range expected.Arguments {
		b.checkArgument(d, want, bad)
	}
	for _, arg := range d.Arguments {
		if expected.Argument(arg.Name) == nil {
			bad(arg.Position, "it has no argument %q", arg.Name)
		}
	}
	if d.Repeatable && !expected.Repeatable {
		bad(d.Position, "it is not repeatable")
	}
	var extra []string
	for _, l := range d.Locations {
		if !hasLocation(expected, l) {
			extra = append(extra, string(l))
		}
	}
	if len(extra) > 0 {
		bad(d.Position, "it cannot stand on %s", strings.Join(extra, ", "))
	}
}

func (b *builder) checkArgument(d *Directive, want *Argument, bad func(*ast.Position, string, ...any)) {
	got := d.Argument(want.Name)
	if got == nil {
		if want.Type.NonNull && want.Default == nil {
			bad(d.Position, "the required argument %q is missing", want.Name)
		}
		return
	}
	// A schema may ask for a value where the specification does not.
	actual := got.Type
	if actual.NonNull && !want.Type.NonNull {
		actual = &ast.Type{NamedType: actual.NamedType, Elem: actual.Elem}
	}
	switch {
	case !sameType(want.Type, actual) && !b.isStricterInput(want.Type, actual):
		bad(got.Position, "argument %q must have type %q, not %q", want.Name, want.Type, got.Type)
	case !got.Type.NonNull && !equalValues(want.Default, got.Default):
		bad(got.Position, "argument %q must have %s, not %s", want.Name, defaultInWords(want.Default), defaultInWords(got.Default))
	}
}

func defaultInWords(v *ast.Value) string {
	if v == nil {
		return "no default value"
	}
	return "the default value " + v.String()
}

// isStricterInput accepts another type in place of a custom scalar: values of that scalar have to be checked by hand anyway.
func (b *builder) isStricterInput(want, got *ast.Type) bool {
	if want.NonNull {
		if !got.NonNull {
			return false
		}
		want, got = nullable(want), nullable(got)
	}
	if want.Elem != nil {
		return got.Elem != nil && b.isStricterInput(want.Elem, got.Elem)
	}
	if isBuiltinScalar(want.NamedType) || b.kindOf(want.NamedType) != ast.Scalar {
		return false
	}
	named := got.Elem == nil && !got.NonNull
	if !named || isBuiltinScalar(got.NamedType) || b.kindOf(got.NamedType) != ast.Scalar {
		return true
	}
	return b.isUnprefixed(want.NamedType, got.NamedType)
}

// isUnprefixed accepts "FieldSet" where "federation__FieldSet" is meant: many libraries write out the definitions of the
// specification with its own names, whatever is imported. Such a scalar is federation's, unless the schema itself uses it.
func (b *builder) isUnprefixed(want, got string) bool {
	_, plain, _ := strings.Cut(want, "__")
	if plain == "" || plain != got && "_"+plain != got {
		return false
	}
	if !b.usesType(got) {
		b.s.types[got].machinery = true
	}
	return true
}

// usesType tells whether a field or an argument of one has the type.
func (b *builder) usesType(name string) bool {
	for _, t := range b.s.Types {
		for _, f := range t.Fields {
			if typeName(f.Type) == name {
				return true
			}
			for _, arg := range f.Arguments {
				if typeName(arg.Type) == name {
					return true
				}
			}
		}
	}
	return false
}

func (b *builder) kindOf(name string) ast.DefinitionKind {
	if t := b.s.types[name]; t != nil {
		return t.Kind
	}
	return ""
}

func nullable(t *ast.Type) *ast.Type {
	if !t.NonNull {
		return t
	}
	return &ast.Type{NamedType: t.NamedType, Elem: t.Elem, Position: t.Position}
}

func isBuiltinScalar(name string) bool {
	switch name {
	case "Int", "Float", "String", "Boolean", "ID":
		return true
	}
	return false
}

func sameType(a, b *ast.Type) bool {
	if a.NonNull != b.NonNull || (a.Elem == nil) != (b.Elem == nil) {
		return false
	}
	if a.Elem != nil {
		return sameType(a.Elem, b.Elem)
	}
	return a.NamedType == b.NamedType
}

// equalValues compares literals; nil stands for no value.
func equalValues(a, b *ast.Value) bool {
	if a == nil || b == nil {
		return a == b
	}
	if a.Kind == ast.BlockValue && b.Kind == ast.StringValue || a.Kind == ast.StringValue && b.Kind == ast.BlockValue {
		return a.Raw == b.Raw
	}
	if a.Kind != b.Kind || a.Raw != b.Raw || len(a.Children) != len(b.Children) {
		return false
	}
	for i, child := range a.Children {
		other := b.Children[i].Value
		if a.Kind == ast.ObjectValue {
			other = b.Children.ForName(child.Name)
		}
		if other == nil || !equalValues(child.Value, other) {
			return false
		}
	}
	return true
}

func hasLocation(d *Directive, l ast.DirectiveLocation) bool {
	for _, have := range d.Locations {
		if have == l {
			return true
		}
	}
	return false
}

// definitionSDL prints a definition on one line.
func definitionSDL(d *Directive) string {
	var b strings.Builder
	b.WriteString("directive @" + d.Name)
	for i, arg := range d.Arguments {
		if i == 0 {
			b.WriteByte('(')
		} else {
			b.WriteString(", ")
		}
		b.WriteString(arg.Name + ": " + arg.Type.String())
		if arg.Default != nil {
			b.WriteString(" = " + arg.Default.String())
		}
		if i == len(d.Arguments)-1 {
			b.WriteByte(')')
		}
	}
	if d.Repeatable {
		b.WriteString(" repeatable")
	}
	b.WriteString(" on ")
	for i, l := range d.Locations {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(string(l))
	}
	return b.String()
}
