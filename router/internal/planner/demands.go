package planner

import (
	"slices"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// demandsOf gives guards that speak only of the authorizations that they need, and those authorizations: what other parts of
// the supergraph demand is nobody's business in a request that does not ask for them. Neither argument is changed.
func demandsOf(guards []plan.Guard, all []plan.Authorization) ([]plan.Guard, []plan.Authorization) {
	if len(all) == 0 {
		return guards, nil
	}
	var used []plan.Authorization
	place := make([]int, len(all)) // in used, plus one; 0: not used
	out := slices.Clone(guards)
	for i, g := range guards {
		rows := slices.Clone(g.AnyOf)
		for j, row := range rows {
			rows[j] = slices.Clone(row)
			for k := range row {
				term := &rows[j][k]
				if term.Kind != plan.AuthorizationTerm {
					continue
				}
				if place[term.Index] == 0 {
					used = append(used, all[term.Index])
					place[term.Index] = len(used)
				}
				term.Index = place[term.Index] - 1
			}
		}
		out[i] = plan.Guard{AnyOf: rows}
	}
	return out, used
}
