package planner

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// authorizations are what @authenticated, @requiresScopes and @policy demand in a supergraph. It is built once, and
// immutable.
type authorizations struct {
	list   []plan.Authorization
	byType map[string][]int            // what a type demands of whoever sees its objects or values
	fields map[string]map[string][]int // what a field itself demands, by type and field
}

// authNames are the three directives as the supergraph calls them.
type authNames struct{ authenticated, requiresScopes, policy string }

func newAuthorizations(s *supergraph.Supergraph) *authorizations {
	a := &authorizations{byType: map[string][]int{}, fields: map[string]map[string][]int{}}
	names := authNames{
		authenticated:  linkedName(s, "authenticated"),
		requiresScopes: linkedName(s, "requiresScopes"),
		policy:         linkedName(s, "policy"),
	}
	index := map[string]int{}
	for _, t := range s.Types {
		if i, ok := a.add(t.Directives, names, index); ok {
			a.byType[t.Name] = []int{i}
		}
		for _, f := range t.Fields {
			i, ok := a.add(f.Directives, names, index)
			if !ok {
				continue
			}
			if a.fields[t.Name] == nil {
				a.fields[t.Name] = map[string][]int{}
			}
			a.fields[t.Name][f.Name] = []int{i}
		}
	}
	return a
}

// linkedName is what the supergraph calls a directive of that specification.
func linkedName(s *supergraph.Supergraph, name string) string {
	for _, link := range s.Links {
		if !strings.Contains(link.URL, "/"+name+"/v") {
			continue
		}
		for _, imported := range link.Import {
			if imported.Name == "@"+name && imported.As != "" {
				return strings.TrimPrefix(imported.As, "@")
			}
		}
		if link.As != "" {
			return link.As
		}
	}
	return name
}

func (a *authorizations) add(directives ast.DirectiveList, names authNames, index map[string]int) (int, bool) {
	var demand plan.Authorization
	for _, directive := range directives {
		switch directive.Name {
		case names.authenticated:
			demand.Authenticated = true
		case names.requiresScopes:
			demand.Scopes = alternatives(directive.Arguments.ForName("scopes"))
		case names.policy:
			demand.Policies = alternatives(directive.Arguments.ForName("policies"))
		}
	}
	if !demand.Authenticated && demand.Scopes == nil && demand.Policies == nil {
		return 0, false
	}
	key := fmt.Sprintf("%t %q %q", demand.Authenticated, demand.Scopes, demand.Policies)
	i, known := index[key]
	if !known {
		i = len(a.list)
		index[key] = i
		a.list = append(a.list, demand)
	}
	return i, true
}

// alternatives reads a list of lists of strings: one of the lists must hold as a whole.
func alternatives(argument *ast.Argument) [][]string {
	if argument == nil {
		return nil
	}
	lists := [][]string{}
	for _, child := range argument.Value.Children {
		list := []string{}
		for _, item := range child.Value.Children {
			list = append(list, item.Value.Raw)
		}
		lists = append(lists, list)
	}
	return lists
}

// none tells whether the supergraph demands nothing at all.
func (a *authorizations) none() bool { return len(a.list) == 0 }

// demands are the authorizations for seeing field of an object of runtime type object, asked through interfaces: those
// of the field, of the object's type and of the type of its value, and those of the interfaces' own fields.
func (a *authorizations) demands(through []string, object, field, valueType string) []int {
	all := slices.Concat(a.fields[object][field], a.byType[object], a.byType[valueType])
	for _, name := range through {
		all = append(all, a.fields[name][field]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
