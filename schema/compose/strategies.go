package compose

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/subgraph"
)

// strategy merges the values that one argument has in different applications of a directive. A nil value is an argument that
// is not given and has no default; a nil result leaves the argument out. ok is false when the result would be too large.
type strategy func(values []*ast.Value) (merged *ast.Value, ok bool)

// argumentStrategies says, for each directive that is not repeatable and whose applications are merged, how its
// arguments merge.
var argumentStrategies = map[subgraph.Known]map[string]strategy{
	subgraph.KnownAuthenticated:  {},
	subgraph.KnownRequiresScopes: {"scopes": conjunction},
	subgraph.KnownPolicy:         {"policies": conjunction},
	subgraph.KnownCost:           {"weight": maximum},
	subgraph.KnownListSize: {
		"assumedSize":               maximum,
		"slicingArguments":          union,
		"sizedFields":               union,
		"requireOneSlicingArgument": and,
	},
	"max":             {"value": maximum},
	"min":             {"value": minimum},
	"sum":             {"value": sum},
	"nullable_max":    {"value": maximum},
	"nullable_min":    {"value": minimum},
	"nullable_sum":    {"value": sum},
	"nullable_and":    {"value": and},
	"intersection":    {"value": intersection},
	"union":           {"value": union},
	"nullable_union":  {"value": union},
	"dnf_conjunction": {"value": conjunction},
}

// mergeApplicationArguments merges the arguments of different applications in the order of the directive's definition; ok
// is false when that was reported as impossible.
func (c *composition) mergeApplicationArguments(
	what label, distinct []appliedSource, strategies map[string]strategy, places []diag.Location,
) (merged ast.ArgumentList, ok bool) {
	for _, def := range distinct[0].application.Definition.Arguments {
		merge := strategies[def.Name]
		if merge == nil {
			continue
		}
		values := make([]*ast.Value, len(distinct))
		for i, d := range distinct {
			values[i] = d.application.ArgumentOf(def.Name)
		}
		value, ok := merge(values)
		if !ok {
			c.report.error(diag.DirectiveCompositionError, places, "Simplify the alternatives that the applications list.",
				"%s has applications of @%s that cannot be merged: together they have more than %d alternatives.",
				what, distinct[0].application.Name, maxAlternatives)
			return nil, false
		}
		if value != nil {
			merged = append(merged, &ast.Argument{Name: def.Name, Value: value})
		}
	}
	return merged, true
}

// given drops values that are absent or null.
func given(values []*ast.Value) []*ast.Value {
	return slices.DeleteFunc(slices.Clone(values), func(v *ast.Value) bool { return v == nil || v.Kind == ast.NullValue })
}

// maximum takes the largest number.
func maximum(values []*ast.Value) (*ast.Value, bool) {
	values = given(values)
	if len(values) == 0 {
		return nil, true
	}
	return slices.MaxFunc(values, func(a, b *ast.Value) int { return cmp.Compare(number(a), number(b)) }), true
}

// minimum takes the smallest number.
func minimum(values []*ast.Value) (*ast.Value, bool) {
	values = given(values)
	if len(values) == 0 {
		return nil, true
	}
	return slices.MinFunc(values, func(a, b *ast.Value) int { return cmp.Compare(number(a), number(b)) }), true
}

// sum adds numbers up.
func sum(values []*ast.Value) (*ast.Value, bool) {
	values = given(values)
	if len(values) == 0 {
		return nil, true
	}
	total := 0.0
	for _, v := range values {
		total += number(v)
	}
	return &ast.Value{Kind: ast.IntValue, Raw: strconv.FormatFloat(total, 'f', -1, 64)}, true
}

func number(v *ast.Value) float64 {
	n, err := strconv.ParseFloat(v.Raw, 64)
	if err != nil {
		return 0
	}
	return n
}

// and is true when all values are.
func and(values []*ast.Value) (*ast.Value, bool) {
	values = given(values)
	if len(values) == 0 {
		return nil, true
	}
	for _, v := range values {
		if v.Raw != "true" {
			return v, true
		}
	}
	return values[0], true
}

// union is the list of all items, each once.
func union(values []*ast.Value) (*ast.Value, bool) {
	values = given(values)
	if len(values) == 0 {
		return nil, true
	}
	result := &ast.Value{Kind: ast.ListValue}
	seen := map[string]bool{}
	for _, v := range values {
		for _, item := range items(v) {
			if key := canonical(item); !seen[key] {
				seen[key] = true
				result.Children = append(result.Children, &ast.ChildValue{Value: item})
			}
		}
	}
	return result, true
}

// intersection is the list of the items that all values have.
func intersection(values []*ast.Value) (*ast.Value, bool) {
	values = given(values)
	if len(values) == 0 {
		return nil, true
	}
	count := map[string]int{}
	for _, v := range values {
		own := map[string]bool{}
		for _, item := range items(v) {
			own[canonical(item)] = true
		}
		for key := range own { // counting does not depend on the order
			count[key]++
		}
	}
	all, _ := union(values)
	all.Children = slices.DeleteFunc(all.Children, func(c *ast.ChildValue) bool { return count[canonical(c.Value)] < len(values) })
	return all, true
}

// items returns the items of a list; a value that is no list is a list of itself.
func items(v *ast.Value) []*ast.Value {
	if v.Kind != ast.ListValue {
		return []*ast.Value{v}
	}
	out := make([]*ast.Value, len(v.Children))
	for i, c := range v.Children {
		out[i] = c.Value
	}
	return out
}

// conjunction merges requirements: lists of alternatives, each a list of what is needed together. The result asks for all of
// them.
func conjunction(values []*ast.Value) (*ast.Value, bool) {
	var all dnf
	for i, v := range given(values) {
		if i == 0 {
			all = parseDNF(v).simplified()
			continue
		}
		var ok bool
		if all, ok = all.and(parseDNF(v)); !ok {
			return nil, false
		}
	}
	return all.value(), true
}
