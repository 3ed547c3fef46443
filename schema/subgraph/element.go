package subgraph

import (
	"github.com/vektah/gqlparser/v2/ast"
)

// element is one place where directives may stand. Of the pointers, those on the way to it are set.
type element struct {
	location  ast.DirectiveLocation
	position  *ast.Position
	applied   []*Application
	typ       *Type
	field     *Field
	argument  *Argument
	value     *EnumValue
	directive *Directive
}

// coordinate names the element: "Type", "Type.field", "Type.field(argument:)", "@directive(argument:)", "schema".
func (e element) coordinate() string {
	owner := "schema"
	switch {
	case e.directive != nil:
		owner = "@" + e.directive.Name
	case e.field != nil:
		owner = e.field.Coordinate()
	case e.value != nil:
		owner = e.typ.Name + "." + e.value.Name
	case e.typ != nil:
		owner = e.typ.Name
	}
	if e.argument != nil {
		return owner + "(" + e.argument.Name + ":)"
	}
	return owner
}

var typeLocations = map[ast.DefinitionKind]ast.DirectiveLocation{
	ast.Scalar: ast.LocationScalar, ast.Object: ast.LocationObject, ast.Interface: ast.LocationInterface,
	ast.Union: ast.LocationUnion, ast.Enum: ast.LocationEnum, ast.InputObject: ast.LocationInputObject,
}

// elements walks over everything that can carry a directive, in the order of the SDL (the schema first, definitions of
// directives last).
func (s *Subgraph) elements(yield func(element) bool) {
	if !yield(element{location: ast.LocationSchema, position: s.Position, applied: s.Applied}) {
		return
	}
	for _, t := range s.Types {
		if !t.elements(yield) {
			return
		}
	}
	for _, d := range s.Directives {
		if !yield(element{location: ast.LocationDirectiveDefinition, position: d.Position, applied: d.Applied, directive: d}) {
			return
		}
		for _, arg := range d.Arguments {
			e := element{location: ast.LocationArgumentDefinition, position: arg.Position, applied: arg.Applied, directive: d, argument: arg}
			if !yield(e) {
				return
			}
		}
	}
}

func (t *Type) elements(yield func(element) bool) bool {
	if !yield(element{location: typeLocations[t.Kind], position: t.Position, applied: t.Applied, typ: t}) {
		return false
	}
	for _, v := range t.Values {
		if !yield(element{location: ast.LocationEnumValue, position: v.Position, applied: v.Applied, typ: t, value: v}) {
			return false
		}
	}
	location := ast.LocationFieldDefinition
	if t.Kind == ast.InputObject {
		location = ast.LocationInputFieldDefinition
	}
	for _, f := range t.Fields {
		if !yield(element{location: location, position: f.Position, applied: f.Applied, typ: t, field: f}) {
			return false
		}
		for _, arg := range f.Arguments {
			e := element{location: ast.LocationArgumentDefinition, position: arg.Position, applied: arg.Applied, typ: t, field: f, argument: arg}
			if !yield(e) {
				return false
			}
		}
	}
	return true
}
