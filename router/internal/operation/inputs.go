package operation

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

// compileInputs prepares every input type of a schema.
func compileInputs(schema *ast.Schema) map[string]*inputType {
	types := map[string]*inputType{}
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
				name: f.Name, typ: refOf(types, f.Type), required: f.Type.NonNull && f.DefaultValue == nil,
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

// refOf prepares a type reference; nil when it names no input type, which validation has reported.
func refOf(types map[string]*inputType, t *ast.Type) *inputRef {
	ref := &inputRef{text: t.String(), nonNull: t.NonNull}
	if t.Elem != nil {
		ref.elem = refOf(types, t.Elem)
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
