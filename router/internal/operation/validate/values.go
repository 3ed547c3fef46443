package validate

import (
	"errors"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation/suggest"
)

// value checks a value where a type is expected; nil: nothing is known of the position. hasDefault says that the
// position has a default of its own.
func (w *walker) value(v *ast.Value, expected *ast.Type, hasDefault bool) {
	if v == nil || !w.spend(1) {
		return
	}
	switch {
	case v.Kind == ast.Variable:
		w.facts.usages = append(w.facts.usages, usage{value: v, expected: expected, hasDefault: hasDefault})
	case expected == nil:
		w.untyped(v)
	case v.Kind == ast.NullValue:
		if expected.NonNull {
			w.report(ValuesOfCorrectType, at(v.Position), `Expected value of type "%s", found null.`, expected)
		}
	case expected.Elem != nil && v.Kind == ast.ListValue:
		for _, item := range v.Children {
			w.value(item.Value, expected.Elem, false)
		}
	case expected.Elem != nil:
		w.value(v, expected.Elem, false) // a single value stands for a list of one
	default:
		w.namedValue(v, expected)
	}
}

// untyped looks into a value of which nothing is known for variables, and checks what holds everywhere.
func (w *walker) untyped(v *ast.Value) {
	if v.Kind == ast.ObjectValue {
		w.uniqueFields(v)
	}
	for _, c := range v.Children {
		w.value(c.Value, nil, false)
	}
}

func (w *walker) namedValue(v *ast.Value, expected *ast.Type) {
	t := w.schema.Types[expected.NamedType]
	if t == nil {
		w.untyped(v)
		return
	}
	switch t.Kind {
	case ast.InputObject:
		w.inputObject(v, w.inputs[t.Name])
	case ast.Enum:
		w.enumValue(v, t)
	case ast.Scalar:
		if problem := scalarProblem(t.Name, v); problem != "" {
			w.report(ValuesOfCorrectType, at(v.Position), "%s: %s", problem, v)
		}
		w.untyped(v)
	default:
		w.untyped(v)
	}
}

// scalarProblem says why a literal is no value of a scalar type; "" when it is one. Custom scalars take anything.
func scalarProblem(name string, v *ast.Value) string {
	text := v.Kind == ast.StringValue || v.Kind == ast.BlockValue
	switch name {
	case "Int":
		if v.Kind != ast.IntValue {
			return "Int cannot represent non-integer value"
		}
		if _, err := strconv.ParseInt(v.Raw, 10, 32); err != nil {
			return "Int cannot represent non 32-bit signed integer value"
		}
	case "Float":
		if v.Kind != ast.IntValue && v.Kind != ast.FloatValue {
			return "Float cannot represent non numeric value"
		}
		if _, err := strconv.ParseFloat(v.Raw, 64); errors.Is(err, strconv.ErrRange) {
			return "Float cannot represent non-finite value"
		}
	case "String":
		if !text {
			return "String cannot represent a non string value"
		}
	case "Boolean":
		if v.Kind != ast.BooleanValue {
			return "Boolean cannot represent a non boolean value"
		}
	case "ID":
		if !text && v.Kind != ast.IntValue {
			return "ID cannot represent a non-string and non-integer value"
		}
	}
	return ""
}

func (w *walker) enumValue(v *ast.Value, t *ast.Definition) {
	if v.Kind == ast.EnumValue && w.enums[t.Name][v.Raw] {
		return
	}
	hint := ""
	if w.suggesting() {
		names := make([]string, len(t.EnumValues))
		for i, value := range t.EnumValues {
			names[i] = value.Name
		}
		hint = suggest.DidYouMean(" the enum value", v.Raw, names)
	}
	if v.Kind == ast.EnumValue {
		w.report(ValuesOfCorrectType, at(v.Position), `Value "%s" does not exist in "%s" enum.%s`, v.Raw, t.Name, hint)
	} else {
		w.report(ValuesOfCorrectType, at(v.Position), `Enum "%s" cannot represent non-enum value: %s.%s`, t.Name, v, hint)
	}
	w.untyped(v)
}

func (w *walker) inputObject(v *ast.Value, t *inputObject) {
	if v.Kind != ast.ObjectValue {
		w.report(ValuesOfCorrectType, at(v.Position), `Expected value of type "%s", found %s.`, t.Name, v)
		w.untyped(v)
		return
	}
	w.uniqueFields(v)
	given := make(map[string]bool, len(v.Children))
	for _, member := range v.Children {
		given[member.Name] = true
		field := t.fields[member.Name]
		if field == nil {
			w.unknownInputField(member, t)
			w.value(member.Value, nil, false)
			continue
		}
		if t.oneOf && member.Value.Kind == ast.Variable {
			w.facts.usages = append(w.facts.usages, usage{value: member.Value, expected: field.Type, oneOf: t.Name})
			continue
		}
		w.value(member.Value, field.Type, field.DefaultValue != nil)
	}
	for _, field := range t.required {
		if !given[field.Name] {
			w.report(ValuesOfCorrectType, at(v.Position), `Field "%s.%s" of required type "%s" was not provided.`, t.Name, field.Name, field.Type)
		}
	}
	if t.oneOf {
		w.oneOf(v, t)
	}
}

func (w *walker) oneOf(v *ast.Value, t *inputObject) {
	if len(v.Children) != 1 {
		w.report(ValuesOfCorrectType, at(v.Position), `OneOf Input Object "%s" must specify exactly one key.`, t.Name)
		return
	}
	if only := v.Children[0]; only.Value.Kind == ast.NullValue {
		w.report(ValuesOfCorrectType, at(v.Position), `Field "%s.%s" must be non-null.`, t.Name, only.Name)
	}
}

func (w *walker) unknownInputField(member *ast.ChildValue, t *inputObject) {
	hint := ""
	if w.suggesting() {
		names := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			names[i] = f.Name
		}
		hint = suggest.DidYouMean("", member.Name, names)
	}
	w.report(ValuesOfCorrectType, at(member.Position), `Field "%s" is not defined by type "%s".%s`, member.Name, t.Name, hint)
}

// uniqueFields checks that an object literal names each field once.
func (w *walker) uniqueFields(v *ast.Value) {
	var names duplicates
	for _, member := range v.Children {
		names.add(member.Name, member.Position)
	}
	names.report(w.check, UniqueInputFieldNames, `There can be only one input field named "%s".`)
}
