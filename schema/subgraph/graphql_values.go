package subgraph

import (
	"fmt"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"
)

// invalidValue checks a literal against an input type. It returns where and why the value does not fit, "" when it does.
func (s *Subgraph) invalidValue(v *ast.Value, t *ast.Type) (*ast.Position, string) {
	if v.Kind == ast.Variable {
		return v.Position, "variables cannot be used here"
	}
	if v.Kind == ast.NullValue {
		if t.NonNull {
			return v.Position, "it cannot be null"
		}
		return nil, ""
	}
	if t.Elem != nil {
		if v.Kind != ast.ListValue {
			return s.invalidValue(v, t.Elem)
		}
		for _, child := range v.Children {
			if at, problem := s.invalidValue(child.Value, t.Elem); problem != "" {
				return at, problem
			}
		}
		return nil, ""
	}
	if isBuiltinScalar(t.NamedType) {
		return builtinMismatch(v, t.NamedType)
	}
	named := s.types[t.NamedType]
	if named == nil {
		return nil, ""
	}
	switch named.Kind {
	case ast.Enum:
		if v.Kind != ast.EnumValue {
			return v.Position, fmt.Sprintf("enum %q needs one of its values, without quotes", named.Name)
		}
		if named.Value(v.Raw) == nil {
			return v.Position, fmt.Sprintf("enum %q has no value %q", named.Name, v.Raw)
		}
	case ast.InputObject:
		return s.invalidObject(v, named)
	case ast.Scalar:
		return repeatedField(v)
	}
	return nil, ""
}

func (s *Subgraph) invalidObject(v *ast.Value, t *Type) (*ast.Position, string) {
	if v.Kind != ast.ObjectValue {
		return v.Position, fmt.Sprintf("input type %q needs an object", t.Name)
	}
	if at, problem := repeatedField(v); problem != "" {
		return at, problem
	}
	for _, child := range v.Children {
		field := t.Field(child.Name)
		if field == nil {
			return child.Position, fmt.Sprintf("input type %q has no field %q", t.Name, child.Name)
		}
		if at, problem := s.invalidValue(child.Value, field.Type); problem != "" {
			return at, problem
		}
	}
	// A required field may be missing: no common server minds in a default value, and resolvers fill it in.
	if First(t.Applied, KnownOneOf) != nil {
		if len(v.Children) != 1 || v.Children[0].Value.Kind == ast.NullValue {
			return v.Position, fmt.Sprintf("exactly one field of %q must be given, and it cannot be null", t.Name)
		}
	}
	return nil, ""
}

// repeatedField finds an object literal, at any depth, that names a field twice.
func repeatedField(v *ast.Value) (*ast.Position, string) {
	seen := make(map[string]bool, len(v.Children))
	for _, child := range v.Children {
		if v.Kind == ast.ObjectValue {
			if seen[child.Name] {
				return child.Position, fmt.Sprintf("there can be only one field %q", child.Name)
			}
			seen[child.Name] = true
		}
		if at, problem := repeatedField(child.Value); problem != "" {
			return at, problem
		}
	}
	return nil, ""
}

func builtinMismatch(v *ast.Value, scalar string) (*ast.Position, string) {
	fits := false
	switch scalar {
	case "Int":
		_, err := strconv.ParseInt(v.Raw, 10, 32)
		if v.Kind == ast.IntValue && err != nil {
			return v.Position, "it does not fit in 32 bits"
		}
		fits = v.Kind == ast.IntValue
	case "Float":
		_, err := strconv.ParseFloat(v.Raw, 64)
		fits = (v.Kind == ast.IntValue || v.Kind == ast.FloatValue) && err == nil
	case "String":
		fits = v.Kind == ast.StringValue || v.Kind == ast.BlockValue
	case "Boolean":
		fits = v.Kind == ast.BooleanValue
	case "ID":
		fits = v.Kind == ast.StringValue || v.Kind == ast.BlockValue || v.Kind == ast.IntValue
	}
	if fits {
		return nil, ""
	}
	return v.Position, "it is not a value of type " + scalar
}
