package operation

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation/coerce"
)

// Literals are the values that a document wrote out, as JSON: one for each of the operation's extracted variables, in
// their order. They belong to the document; the Operation is shared by all documents that differ in them only.
type Literals [][]byte

const literalPrefix = "__lit"

// extractor moves literals into variables.
type extractor struct {
	schema    *ast.Schema
	operation *Operation
	declared  map[string]bool
	names     map[*ast.Value]string // a value that stands at several positions (a fragment's) is one variable
	demanded  map[string]bool       // variables that stand where null is not allowed
	literals  Literals
	next      int
	keep      bool // literals stay where they are
}

func newExtractor(schema *ast.Schema, o *Operation, keep bool) *extractor {
	e := &extractor{schema: schema, operation: o, keep: keep, declared: map[string]bool{}, names: map[*ast.Value]string{}, demanded: map[string]bool{}}
	for _, v := range o.Variables {
		e.declared[v.Name] = true
	}
	return e
}

// arguments extracts the literals of arguments in place.
func (e *extractor) arguments(arguments []Argument, definitions ast.ArgumentDefinitionList) {
	for i, a := range arguments {
		var expected *ast.Type
		if d := definitions.ForName(a.Name); d != nil {
			expected = d.Type
		}
		arguments[i].Value = e.value(a.Value, expected)
	}
}

// value replaces what is literal in v by variables of the type that the position expects. Inside a custom scalar
// positions have no type, so that a structure with variables stays as it is there.
func (e *extractor) value(v *ast.Value, expected *ast.Type) *ast.Value {
	if expected == nil {
		return cloneValue(v)
	}
	if !holdsVariable(v) {
		if e.keep {
			return cloneValue(v)
		}
		return e.variable(v, expected)
	}
	if v.Kind == ast.Variable && expected.NonNull {
		e.demanded[v.Raw] = true
	}
	switch v.Kind {
	case ast.ListValue:
		if expected.Elem == nil {
			return cloneValue(v)
		}
		list := &ast.Value{Kind: ast.ListValue}
		for _, item := range v.Children {
			list.Children = append(list.Children, &ast.ChildValue{Value: e.value(item.Value, expected.Elem)})
		}
		return list
	case ast.ObjectValue:
		input := e.schema.Types[expected.Name()]
		if input == nil || input.Kind != ast.InputObject {
			return cloneValue(v)
		}
		object := &ast.Value{Kind: ast.ObjectValue}
		for _, member := range v.Children {
			var memberType *ast.Type
			if f := input.Fields.ForName(member.Name); f != nil {
				memberType = f.Type
			}
			object.Children = append(object.Children, &ast.ChildValue{Name: strings.Clone(member.Name), Value: e.value(member.Value, memberType)})
		}
		return object
	default:
		return cloneValue(v)
	}
}

// strengthen makes the types of variables non-null that have a default and stand where null is not allowed.
func (e *extractor) strengthen() {
	for _, v := range e.operation.Variables {
		if e.demanded[v.Name] && v.Default != nil && v.Default.Kind != ast.NullValue {
			v.Type.NonNull = true
		}
	}
}

// inputs are the operation's variables for coercion.
func (e *extractor) inputs() []coerce.Variable {
	all := make([]coerce.Variable, len(e.operation.Variables))
	for i, v := range e.operation.Variables {
		all[i] = coerce.Variable{Name: v.Name, Type: v.Type, Literal: v.Literal}
		if v.Default != nil {
			all[i].Default = e.appendJSON(nil, v.Default, v.Type)
		}
	}
	return all
}

// variable is the variable that stands for a literal.
func (e *extractor) variable(v *ast.Value, expected *ast.Type) *ast.Value {
	name, known := e.names[v]
	if !known {
		name = e.freeName()
		e.names[v] = name
		e.operation.Variables = append(e.operation.Variables, &Variable{Name: name, Type: cloneType(expected), Literal: true})
		e.literals = append(e.literals, e.appendJSON(nil, v, expected))
	}
	return &ast.Value{Kind: ast.Variable, Raw: name}
}

func (e *extractor) freeName() string {
	for {
		name := literalPrefix + strconv.Itoa(e.next)
		e.next++
		if !e.declared[name] {
			return name
		}
	}
}

func holdsVariable(v *ast.Value) bool {
	if v.Kind == ast.Variable {
		return true
	}
	for _, c := range v.Children {
		if holdsVariable(c.Value) {
			return true
		}
	}
	return false
}

// appendJSON writes a literal as the value of a variable of type expected (nil inside custom scalars): single values
// for lists become lists, numbers for IDs become strings, enum values become strings.
func (e *extractor) appendJSON(dst []byte, v *ast.Value, expected *ast.Type) []byte {
	if v.Kind == ast.NullValue {
		return append(dst, "null"...)
	}
	if expected != nil && expected.Elem != nil && v.Kind != ast.ListValue {
		dst = append(dst, '[')
		dst = e.appendJSON(dst, v, expected.Elem)
		return append(dst, ']')
	}
	switch v.Kind {
	case ast.IntValue:
		if expected != nil && expected.NamedType == "ID" {
			return gqlerr.AppendString(dst, v.Raw)
		}
		return append(dst, v.Raw...)
	case ast.FloatValue, ast.BooleanValue:
		return append(dst, v.Raw...)
	case ast.StringValue, ast.BlockValue, ast.EnumValue:
		return gqlerr.AppendString(dst, v.Raw)
	case ast.ListValue:
		return e.appendList(dst, v, expected)
	case ast.ObjectValue:
		return e.appendObject(dst, v, expected)
	default: // a variable: value never comes here with one
		return append(dst, "null"...)
	}
}

func (e *extractor) appendList(dst []byte, v *ast.Value, expected *ast.Type) []byte {
	if expected != nil {
		expected = expected.Elem
	}
	dst = append(dst, '[')
	for i, item := range v.Children {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = e.appendJSON(dst, item.Value, expected)
	}
	return append(dst, ']')
}

func (e *extractor) appendObject(dst []byte, v *ast.Value, expected *ast.Type) []byte {
	var input *ast.Definition
	if expected != nil {
		if t := e.schema.Types[expected.Name()]; t != nil && t.Kind == ast.InputObject {
			input = t
		}
	}
	dst = append(dst, '{')
	for i, member := range v.Children {
		if i > 0 {
			dst = append(dst, ',')
		}
		var memberType *ast.Type
		if input != nil {
			if f := input.Fields.ForName(member.Name); f != nil {
				memberType = f.Type
			}
		}
		dst = append(gqlerr.AppendString(dst, member.Name), ':')
		dst = e.appendJSON(dst, member.Value, memberType)
	}
	return append(dst, '}')
}

// cloneValue copies a value without its links into the document, so that an operation does not keep a document alive.
func cloneValue(v *ast.Value) *ast.Value {
	if v == nil {
		return nil
	}
	clone := &ast.Value{Kind: v.Kind, Raw: strings.Clone(v.Raw)}
	for _, c := range v.Children {
		clone.Children = append(clone.Children, &ast.ChildValue{Name: strings.Clone(c.Name), Value: cloneValue(c.Value)})
	}
	return clone
}

func cloneType(t *ast.Type) *ast.Type {
	if t == nil {
		return nil
	}
	return &ast.Type{NamedType: strings.Clone(t.NamedType), Elem: cloneType(t.Elem), NonNull: t.NonNull}
}
