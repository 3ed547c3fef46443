package plancheck

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// demandNames are the directives that demand something of the caller, as the supergraph calls them.
type demandNames struct{ authenticated, requiresScopes, policy string }

func newDemandNames(sg *supergraph.Supergraph) demandNames {
	called := func(name string) string {
		for _, link := range sg.Links {
			if !strings.Contains(link.URL, "/"+name+"/") {
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
	return demandNames{called("authenticated"), called("requiresScopes"), called("policy")}
}

// denied checks that a field of the shape is null for exactly those who may not see it, for each of its runtime types.
func (r *run) denied(f *shownField, where string) {
	got := r.conditions.guard(r.plan, f.shape.Denied)
	for i := range f.types.each {
		if want, ok := r.permitted(f.asked, r.world.objects[i], where); ok && !want.equal(got) {
			r.report(RuleShape, -1, where, "what %s.%s demands of the caller is not what it is denied for", r.world.objects[i], f.asked.Name)
			return
		}
	}
}

// permitted is when a caller may see a field of an object type; false when the plan does not have what it demands.
func (r *run) permitted(asked *operation.Field, object, where string) (truth, bool) {
	when := r.conditions.always
	t := r.world.sg.Type(object)
	if t == nil || t.Field(asked.Name) == nil {
		return when, true
	}
	applied := []ast.DirectiveList{t.Directives, t.Field(asked.Name).Directives}
	if value := r.world.sg.Type(t.Field(asked.Name).Type.Name()); value != nil {
		applied = append(applied, value.Directives)
	}
	for _, name := range asked.Through {
		if through := r.world.sg.Type(name); through != nil && through.Field(asked.Name) != nil {
			applied = append(applied, through.Field(asked.Name).Directives)
		}
	}
	for _, directives := range applied {
		demand, demands := r.world.demand(directives)
		if !demands {
			continue
		}
		index := slices.IndexFunc(r.plan.Authorizations, func(a plan.Authorization) bool { return sameDemand(a, demand) })
		number, known := r.conditions.grants[index]
		if !known {
			r.report(RuleShape, -1, where, "no guard asks for what %s.%s demands of the caller", object, asked.Name)
			return when, false
		}
		when = when.and(r.conditions.condition(number, false))
	}
	return when, true
}

// demand is what the directives of one place demand.
func (w *world) demand(directives ast.DirectiveList) (plan.Authorization, bool) {
	var demand plan.Authorization
	demands := false
	for _, d := range directives {
		switch d.Name {
		case w.demands.authenticated:
			demand.Authenticated = true
		case w.demands.requiresScopes:
			demand.Scopes = namesIn(d.Arguments.ForName("scopes"))
		case w.demands.policy:
			demand.Policies = namesIn(d.Arguments.ForName("policies"))
		default:
			continue
		}
		demands = true
	}
	return demand, demands
}

// namesIn reads [["a", "b"], ["c"]].
func namesIn(argument *ast.Argument) [][]string {
	if argument == nil || argument.Value == nil {
		return nil
	}
	var rows [][]string
	for _, row := range argument.Value.Children {
		names := []string{}
		for _, name := range row.Value.Children {
			names = append(names, name.Value.Raw)
		}
		rows = append(rows, names)
	}
	return rows
}

func sameDemand(a, b plan.Authorization) bool {
	same := func(x, y [][]string) bool { return slices.EqualFunc(sortedRows(x), sortedRows(y), slices.Equal) }
	return a.Authenticated == b.Authenticated && same(a.Scopes, b.Scopes) && same(a.Policies, b.Policies)
}

// sortedRows brings alternatives into one order.
func sortedRows(rows [][]string) [][]string {
	sorted := make([][]string, len(rows))
	for i, row := range rows {
		sorted[i] = slices.Sorted(slices.Values(row))
	}
	slices.SortFunc(sorted, slices.Compare)
	return sorted
}
