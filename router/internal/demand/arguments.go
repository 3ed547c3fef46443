package demand

import (
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
)

// arguments is what a field's arguments cost.
func (b *builder) arguments(f *operation.Field, cost fieldCost) term {
	var terms []term
	for _, a := range f.Args {
		definition := f.Definition.Arguments.ForName(a.Name)
		if definition == nil {
			continue
		}
		position := b.costs.position(definition.Type)
		if weight, ok := cost.args[a.Name]; ok {
			position.weight = weight
		}
		if position.costs() {
			terms = append(terms, b.input(a.Value, position))
		}
	}
	return b.sum(terms)
}

// input is what a value in the document costs at a position.
func (b *builder) input(v *ast.Value, at inputField) term {
	switch v.Kind {
	case ast.Variable:
		i := b.variables[v.Raw]
		if json := b.literals[i]; json != nil {
			return fixed(inputValue(json, at))
		}
		if !at.costs() {
			return fixed(0)
		}
		return b.add(node{kind: inputNode, input: inputHole{variable: i, position: at}})
	case ast.NullValue:
		return fixed(0)
	case ast.ListValue:
		var terms []term
		for _, item := range v.Children {
			terms = append(terms, b.input(item.Value, at))
		}
		return b.sum(terms)
	case ast.ObjectValue:
		terms := []term{fixed(at.weight)}
		if at.object != nil {
			for _, member := range v.Children {
				terms = append(terms, b.input(member.Value, at.object.fields[member.Name]))
			}
		}
		return b.sum(terms)
	default:
		return fixed(at.weight)
	}
}

// slice finds a slicing argument in the document.
func (b *builder) slice(f *operation.Field, s slicingArgument) slice {
	definition := f.Definition.Arguments.ForName(s.argument)
	out := slice{variable: none}
	if definition == nil {
		return out
	}
	out.fixed, out.given = b.defaultAt(definition, s.path)
	for _, a := range f.Args {
		if a.Name == s.argument {
			return b.sliceOf(a.Value, s.path, out)
		}
	}
	return out
}

// sliceOf follows the path through a value of the document; otherwise is what counts where the value says nothing.
func (b *builder) sliceOf(v *ast.Value, path []string, otherwise slice) slice {
	for len(path) > 0 && v.Kind == ast.ObjectValue {
		next := v.Children.ForName(path[0])
		if next == nil {
			return otherwise
		}
		v, path = next, path[1:]
	}
	switch v.Kind {
	case ast.Variable:
		i := b.variables[v.Raw]
		json := b.literals[i]
		if json == nil {
			otherwise.variable, otherwise.path = i, path
			return otherwise
		}
		if number, there, null := numberAt(json, path); there || null {
			return slice{variable: none, fixed: number, given: there}
		}
	case ast.IntValue:
		if number, ok := parseNumber([]byte(v.Raw)); ok {
			return slice{variable: none, fixed: number, given: true}
		}
	case ast.NullValue:
		return slice{variable: none}
	}
	return otherwise
}

// defaultAt is the number that the schema gives to an argument, or to the input field at the end of a path below it.
func (b *builder) defaultAt(definition *ast.ArgumentDefinition, path []string) (number float64, ok bool) {
	value, named := definition.DefaultValue, definition.Type.Name()
	for i, step := range path {
		if value != nil { // the default of what is above holds the number, or nothing does
			found := b.sliceOf(value, path[i:], slice{variable: none})
			if found.given {
				return found.fixed, true
			}
		}
		input := b.costs.schema.AST.Types[named]
		if input == nil {
			return 0, false
		}
		field := input.Fields.ForName(step)
		if field == nil {
			return 0, false
		}
		value, named = field.DefaultValue, field.Type.Name()
	}
	if value == nil {
		return 0, false
	}
	found := b.sliceOf(value, nil, slice{variable: none})
	return found.fixed, found.given
}
