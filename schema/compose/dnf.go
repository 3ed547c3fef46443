package compose

import (
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxAlternatives bounds a dnf: the conjunction of many can grow exponentially.
const maxAlternatives = 2048

// dnf is a requirement in disjunctive normal form: one of the alternatives, each a sorted set of names, must be held
// completely. The empty dnf requires nothing.
type dnf [][]string

// parseDNF reads an argument of @requiresScopes or @policy, with the coercion to lists that GraphQL prescribes.
func parseDNF(v *ast.Value) dnf {
	var out dnf
	for _, alternative := range items(v) {
		var names []string
		for _, name := range items(alternative) {
			names = append(names, name.Raw)
		}
		slices.Sort(names)
		out = append(out, slices.Compact(names))
	}
	return out
}

// and returns the requirement for both; ok is false when it would have too many alternatives.
func (d dnf) and(other dnf) (both dnf, ok bool) {
	switch {
	case len(d) == 0:
		return other.simplified(), true
	case len(other) == 0:
		return d.simplified(), true
	}
	other = other.simplified()
	if len(d)*len(other) > maxAlternatives*maxAlternatives {
		return nil, false
	}
	for _, a := range d {
		for _, b := range other {
			union := slices.Concat(a, b)
			slices.Sort(union)
			both = append(both, slices.Compact(union))
		}
		if len(both) > maxAlternatives {
			if both = both.simplified(); len(both) > maxAlternatives {
				return nil, false
			}
		}
	}
	return both.simplified(), true
}

// simplified drops alternatives that another one makes needless, and sorts them: short ones first.
func (d dnf) simplified() dnf {
	sorted := slices.Clone(d)
	slices.SortFunc(sorted, func(a, b []string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // a subset comes before its supersets
		}
		return slices.Compare(a, b)
	})
	var kept dnf
	for _, alternative := range sorted {
		if !slices.ContainsFunc(kept, func(k []string) bool { return isSubset(k, alternative) }) {
			kept = append(kept, alternative)
		}
	}
	return kept
}

// isSubset reports whether sorted set a is part of sorted set b.
func isSubset(a, b []string) bool {
	i := 0
	for _, name := range b {
		if i < len(a) && a[i] == name {
			i++
		}
	}
	return i == len(a)
}

// implies reports whether whoever meets d also meets other.
func (d dnf) implies(other dnf) bool {
	if len(other) == 0 {
		return true
	}
	if len(d) == 0 {
		return false
	}
	return !slices.ContainsFunc(d, func(alternative []string) bool {
		return !slices.ContainsFunc(other, func(o []string) bool { return isSubset(o, alternative) })
	})
}

func (d dnf) value() *ast.Value {
	list := &ast.Value{Kind: ast.ListValue}
	for _, alternative := range d {
		names := &ast.Value{Kind: ast.ListValue}
		for _, name := range alternative {
			names.Children = append(names.Children, &ast.ChildValue{Value: &ast.Value{Kind: ast.StringValue, Raw: name}})
		}
		list.Children = append(list.Children, &ast.ChildValue{Value: names})
	}
	return list
}
