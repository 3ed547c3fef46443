// Package coerce coerces GraphQL input values by the specification (sections 3.10 and 6.1.2): variables from JSON,
// arguments from literals and variables, against any schema. Coerced values are nil, bool, string, json.Number, []any
// and map[string]any; Canonical prints equal values as equal text.
package coerce

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Variables coerces the values that came with a request. An absent variable without a default is absent from the
// result. The values are what Parse gives.
func Variables(schema *ast.Schema, operation *ast.OperationDefinition, values map[string]any) (map[string]any, error) {
	coerced := map[string]any{}
	for _, variable := range operation.VariableDefinitions {
		value, present := values[variable.Variable]
		if !present {
			if variable.DefaultValue != nil {
				value, _, err := literal(schema, variable.Type, variable.DefaultValue, nil)
				if err != nil {
					return nil, fmt.Errorf("default of variable $%s: %w", variable.Variable, err)
				}
				coerced[variable.Variable] = value
			} else if variable.Type.NonNull {
				return nil, fmt.Errorf("variable $%s of type %s has no value", variable.Variable, variable.Type)
			}
			continue
		}
		value, err := Input(schema, variable.Type, value)
		if err != nil {
			return nil, fmt.Errorf("variable $%s: %w", variable.Variable, err)
		}
		coerced[variable.Variable] = value
	}
	return coerced, nil
}

// Arguments coerces the arguments of a field or directive. An argument without a value or default is absent.
func Arguments(schema *ast.Schema, definitions ast.ArgumentDefinitionList, arguments ast.ArgumentList, variables map[string]any) (map[string]any, error) {
	coerced := map[string]any{}
	for _, definition := range definitions {
		value, present := any(nil), false
		if argument := arguments.ForName(definition.Name); argument != nil {
			var err error
			if value, present, err = literal(schema, definition.Type, argument.Value, variables); err != nil {
				return nil, fmt.Errorf("argument %s: %w", definition.Name, err)
			}
		}
		if !present && definition.DefaultValue != nil {
			var err error
			if value, present, err = literal(schema, definition.Type, definition.DefaultValue, nil); err != nil {
				return nil, fmt.Errorf("default of argument %s: %w", definition.Name, err)
			}
		}
		if definition.Type.NonNull && value == nil {
			return nil, fmt.Errorf("argument %s of type %s has no value", definition.Name, definition.Type)
		}
		if present {
			coerced[definition.Name] = value
		}
	}
	return coerced, nil
}

// Input coerces a JSON value (as Parse gives it) to an input type.
func Input(schema *ast.Schema, t *ast.Type, value any) (any, error) {
	if value == nil {
		if t.NonNull {
			return nil, fmt.Errorf("null for %s", t)
		}
		return nil, nil
	}
	if t.Elem != nil {
		items, isList := value.([]any)
		if !isList {
			items = []any{value}
		}
		coerced := make([]any, len(items))
		for i, item := range items {
			var err error
			if coerced[i], err = Input(schema, t.Elem, item); err != nil {
				return nil, fmt.Errorf("item %d: %w", i, err)
			}
		}
		return coerced, nil
	}
	definition := schema.Types[t.NamedType]
	if definition == nil {
		return nil, fmt.Errorf("unknown type %s", t.NamedType)
	}
	switch definition.Kind {
	case ast.InputObject:
		fields, isObject := value.(map[string]any)
		if !isObject {
			return nil, fmt.Errorf("%s wants an object", t.NamedType)
		}
		for name := range fields {
			if definition.Fields.ForName(name) == nil {
				return nil, fmt.Errorf("%s has no field %s", t.NamedType, name)
			}
		}
		return inputObject(schema, definition, func(field *ast.FieldDefinition) (any, bool, error) {
			given, present := fields[field.Name]
			if !present {
				return nil, false, nil
			}
			value, err := Input(schema, field.Type, given)
			return value, true, err
		})
	case ast.Enum:
		name, isString := value.(string)
		if !isString || definition.EnumValues.ForName(name) == nil {
			return nil, fmt.Errorf("%v is no value of %s", value, t.NamedType)
		}
		return name, nil
	default:
		return scalar(t.NamedType, value)
	}
}

// inputObject builds an input object from what get knows of each field, adding defaults.
func inputObject(schema *ast.Schema, definition *ast.Definition, get func(*ast.FieldDefinition) (any, bool, error)) (any, error) {
	coerced := map[string]any{}
	for _, field := range definition.Fields {
		value, present, err := get(field)
		if err == nil && !present && field.DefaultValue != nil {
			value, present, err = literal(schema, field.Type, field.DefaultValue, nil)
		}
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field.Name, err)
		}
		if field.Type.NonNull && value == nil {
			return nil, fmt.Errorf("field %s of type %s has no value", field.Name, field.Type)
		}
		if present {
			coerced[field.Name] = value
		}
	}
	if definition.Directives.ForName("oneOf") != nil {
		return coerced, exactlyOne(definition.Name, coerced)
	}
	return coerced, nil
}

// exactlyOne demands one field with a value of a @oneOf input object.
func exactlyOne(typeName string, fields map[string]any) error {
	if len(fields) != 1 {
		return fmt.Errorf("%s takes exactly one field, not %d", typeName, len(fields))
	}
	for name, value := range fields {
		if value == nil {
			return fmt.Errorf("field %s of %s is null", name, typeName)
		}
	}
	return nil
}

// literal coerces a value of a document. present is false for a variable that has no value.
func literal(schema *ast.Schema, t *ast.Type, value *ast.Value, variables map[string]any) (coerced any, present bool, err error) {
	if value.Kind == ast.Variable {
		coerced, present = variables[value.Raw]
		if present && coerced == nil && t.NonNull {
			return nil, false, fmt.Errorf("variable $%s is null for %s", value.Raw, t)
		}
		return coerced, present, nil // coerced as a variable; its type fits by validation
	}
	if value.Kind == ast.NullValue {
		if t.NonNull {
			return nil, false, fmt.Errorf("null for %s", t)
		}
		return nil, true, nil
	}
	if t.Elem != nil {
		items := []*ast.Value{value}
		if value.Kind == ast.ListValue {
			items = nil
			for _, child := range value.Children {
				items = append(items, child.Value)
			}
		}
		list := make([]any, len(items))
		for i, item := range items {
			// A variable without a value is null inside a list.
			if list[i], _, err = literal(schema, t.Elem, item, variables); err != nil {
				return nil, false, fmt.Errorf("item %d: %w", i, err)
			}
			if list[i] == nil && t.Elem.NonNull {
				return nil, false, fmt.Errorf("item %d: null for %s", i, t.Elem)
			}
		}
		return list, true, nil
	}
	definition := schema.Types[t.NamedType]
	if definition == nil {
		return nil, false, fmt.Errorf("unknown type %s", t.NamedType)
	}
	switch definition.Kind {
	case ast.InputObject:
		if value.Kind != ast.ObjectValue {
			return nil, false, fmt.Errorf("%s wants an object", t.NamedType)
		}
		coerced, err = inputObject(schema, definition, func(field *ast.FieldDefinition) (any, bool, error) {
			child := value.Children.ForName(field.Name)
			if child == nil {
				return nil, false, nil
			}
			return literal(schema, field.Type, child, variables)
		})
		return coerced, true, err
	case ast.Enum:
		if value.Kind != ast.EnumValue || definition.EnumValues.ForName(value.Raw) == nil {
			return nil, false, fmt.Errorf("%s is no value of %s", value.Raw, t.NamedType)
		}
		return value.Raw, true, nil
	default:
		plain, err := plainLiteral(value, variables)
		if err != nil {
			return nil, false, err
		}
		coerced, err = scalar(t.NamedType, plain)
		return coerced, true, err
	}
}

// plainLiteral is a literal as JSON would have it: for custom scalars.
func plainLiteral(value *ast.Value, variables map[string]any) (any, error) {
	switch value.Kind {
	case ast.Variable:
		return variables[value.Raw], nil
	case ast.IntValue, ast.FloatValue:
		return json.Number(value.Raw), nil
	case ast.StringValue, ast.BlockValue, ast.EnumValue:
		return value.Raw, nil
	case ast.BooleanValue:
		return value.Raw == "true", nil
	case ast.NullValue:
		return nil, nil
	case ast.ListValue:
		items := make([]any, len(value.Children))
		for i, child := range value.Children {
			var err error
			if items[i], err = plainLiteral(child.Value, variables); err != nil {
				return nil, err
			}
		}
		return items, nil
	case ast.ObjectValue:
		fields := map[string]any{}
		for _, child := range value.Children {
			plain, err := plainLiteral(child.Value, variables)
			if err != nil {
				return nil, err
			}
			fields[child.Name] = plain
		}
		return fields, nil
	}
	return nil, fmt.Errorf("unsupported kind of literal %d", value.Kind)
}

// scalar coerces a plain value to a scalar type.
func scalar(name string, value any) (any, error) {
	switch name {
	case "Int":
		number, isNumber := value.(json.Number)
		if i, err := number.Int64(); isNumber && err == nil && i >= math.MinInt32 && i <= math.MaxInt32 {
			return json.Number(strconv.FormatInt(i, 10)), nil
		}
	case "Float":
		number, isNumber := value.(json.Number)
		if f, err := number.Float64(); isNumber && err == nil && !math.IsInf(f, 0) {
			return json.Number(strconv.FormatFloat(f, 'g', -1, 64)), nil
		}
	case "String":
		if text, isString := value.(string); isString {
			return text, nil
		}
	case "Boolean":
		if b, isBool := value.(bool); isBool {
			return b, nil
		}
	case "ID":
		switch value := value.(type) {
		case string:
			return value, nil
		case json.Number:
			if !strings.ContainsAny(value.String(), ".eE") {
				return value.String(), nil
			}
		}
	default:
		return value, nil
	}
	return nil, fmt.Errorf("%v is no %s", value, name)
}

// Parse reads one JSON value with numbers kept as written.
func Parse(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, fmt.Errorf("more than one JSON value")
	}
	return value, nil
}

// Canonical prints a value with sorted keys and numbers as written.
func Canonical(value any) string {
	var out strings.Builder
	canonical(&out, value)
	return out.String()
}

func canonical(out *strings.Builder, value any) {
	switch value := value.(type) {
	case map[string]any:
		names := slices.Sorted(maps.Keys(value))
		out.WriteByte('{')
		for i, name := range names {
			if i > 0 {
				out.WriteByte(',')
			}
			canonical(out, name)
			out.WriteByte(':')
			canonical(out, value[name])
		}
		out.WriteByte('}')
	case []any:
		out.WriteByte('[')
		for i, item := range value {
			if i > 0 {
				out.WriteByte(',')
			}
			canonical(out, item)
		}
		out.WriteByte(']')
	case json.Number:
		out.WriteString(value.String())
	case string:
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(value); err != nil {
			panic(err) // a string always encodes
		}
		out.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
	case bool:
		out.WriteString(strconv.FormatBool(value))
	case nil:
		out.WriteString("null")
	default:
		panic(fmt.Sprintf("coerce: %T is no coerced value", value))
	}
}
