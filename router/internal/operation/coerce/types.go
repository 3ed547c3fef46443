package coerce

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// inputKind says how a JSON value of a named input type is checked.
type inputKind uint8

const (
	intInput inputKind = iota
	floatInput
	stringInput
	booleanInput
	idInput
	customInput // any JSON
	enumInput
	objectInput
)

// inputType is a named input type prepared for coercion.
type inputType struct {
	name   string
	kind   inputKind
	values []string // of an enum, sorted
	fields []inputField
	index  map[string]int // into fields
	oneOf  bool
}

// inputField is a field of an input object.
type inputField struct {
	name     string
	typ      *inputRef
	required bool // non-null and without a default
}

// inputRef is a reference to an input type.
type inputRef struct {
	text    string // e.g. "[Int!]"
	nonNull bool
	elem    *inputRef // of a list
	named   *inputType
}

// Types are the input types of a schema, prepared for coercion.
type Types map[string]*inputType

// Compile prepares every input type of a schema.
func Compile(schema *ast.Schema) Types {
	types := Types{}
	for name, definition := range schema.Types {
		if definition.IsInputType() {
			types[name] = &inputType{name: name, kind: kindOf(definition)}
		}
	}
	for name, t := range types {
		definition := schema.Types[name]
		for _, v := range definition.EnumValues {
			t.values = append(t.values, v.Name)
		}
		slices.Sort(t.values)
		if t.kind != objectInput {
			continue
		}
		t.oneOf = definition.Directives.ForName("oneOf") != nil
		t.index = make(map[string]int, len(definition.Fields))
		for i, f := range definition.Fields {
			t.index[f.Name] = i
			t.fields = append(t.fields, inputField{
				name: f.Name, typ: types.ref(f.Type), required: f.Type.NonNull && f.DefaultValue == nil,
			})
		}
	}
	return types
}

func kindOf(definition *ast.Definition) inputKind {
	switch definition.Kind {
	case ast.Enum:
		return enumInput
	case ast.InputObject:
		return objectInput
	}
	switch definition.Name {
	case "Int":
		return intInput
	case "Float":
		return floatInput
	case "String":
		return stringInput
	case "Boolean":
		return booleanInput
	case "ID":
		return idInput
	default:
		return customInput
	}
}

// ref prepares a type reference; nil when it names no input type, which validation has reported.
func (types Types) ref(t *ast.Type) *inputRef {
	ref := &inputRef{text: t.String(), nonNull: t.NonNull}
	if t.Elem != nil {
		ref.elem = types.ref(t.Elem)
		if ref.elem == nil {
			return nil
		}
		return ref
	}
	if ref.named = types[t.NamedType]; ref.named == nil {
		return nil
	}
	return ref
}
