package compose

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/supergraph"
)

// misfit says why a literal is no value of the type in the supergraph, or "". A nil value fits: there is none.
func (c *composition) misfit(v *ast.Value, t *ast.Type) string {
	switch {
	case v == nil:
		return ""
	case v.Kind == ast.NullValue:
		if t.NonNull {
			return "it is null"
		}
		return ""
	case t.Elem != nil:
		for _, item := range items(v) {
			if why := c.misfit(item, t.Elem); why != "" {
				return why
			}
		}
		return ""
	}
	named := c.byName[t.NamedType]
	switch {
	case named == nil:
		return builtInMisfit(v, t.NamedType)
	case named.kind == ast.Enum:
		known := slices.ContainsFunc(named.out.EnumValues, func(e *supergraph.EnumValue) bool { return e.Name == v.Raw })
		if v.Kind != ast.EnumValue || !known {
			return fmt.Sprintf("%s is no value of enum %q", v, named.name)
		}
	case named.kind == ast.InputObject:
		return c.objectMisfit(v, named)
	}
	return "" // a custom scalar takes anything
}

func (c *composition) objectMisfit(v *ast.Value, t *mergedType) string {
	if v.Kind != ast.ObjectValue {
		return fmt.Sprintf("%s is no value of input type %q", v, t.name)
	}
	fields := make(map[string]*supergraph.Field, len(t.out.Fields))
	for _, f := range t.out.Fields {
		fields[f.Name] = f
	}
	for _, child := range v.Children {
		f := fields[child.Name]
		if f == nil {
			return fmt.Sprintf("input type %q has no field %q", t.name, child.Name)
		}
		if why := c.misfit(child.Value, f.Type); why != "" {
			return why
		}
	}
	// A required field may be missing, as in the subgraphs' own schemas.
	return ""
}

// builtInMisfit checks a literal of one of GraphQL's own scalars.
func builtInMisfit(v *ast.Value, name string) string {
	var kinds []ast.ValueKind
	switch name {
	case "Int":
		kinds = []ast.ValueKind{ast.IntValue}
	case "Float":
		kinds = []ast.ValueKind{ast.IntValue, ast.FloatValue}
	case "Boolean":
		kinds = []ast.ValueKind{ast.BooleanValue}
	case "String":
		kinds = []ast.ValueKind{ast.StringValue, ast.BlockValue}
	case "ID":
		kinds = []ast.ValueKind{ast.StringValue, ast.BlockValue, ast.IntValue}
	default:
		return ""
	}
	if slices.Contains(kinds, v.Kind) {
		return ""
	}
	return fmt.Sprintf("%s is no %s", v, name)
}
