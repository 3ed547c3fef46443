package planner

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// TestDemandsOf: a plan names what it needs of the caller, and nothing else of the supergraph.
func TestDemandsOf(t *testing.T) {
	t.Parallel()
	all := []plan.Authorization{{Authenticated: true}, {Scopes: [][]string{{"a"}}}, {Policies: [][]string{{"p"}}}}
	needs := func(indexes ...int) plan.Guard {
		var row []plan.Term
		for _, i := range indexes {
			row = append(row, plan.Term{Kind: plan.AuthorizationTerm, Index: i})
		}
		return plan.Guard{AnyOf: [][]plan.Term{row}}
	}
	variable := plan.Guard{AnyOf: [][]plan.Term{{{Kind: plan.VariableTerm, Name: "v"}}}}
	before := []plan.Guard{variable, needs(2), needs(0, 2)}
	guards, used := demandsOf(before, all)
	if diff := cmp.Diff([]plan.Guard{variable, needs(0), needs(1, 0)}, guards); diff != "" {
		t.Errorf("guards: %s", diff)
	}
	if diff := cmp.Diff([]plan.Authorization{all[2], all[0]}, used); diff != "" {
		t.Errorf("authorizations: %s", diff)
	}
	if diff := cmp.Diff(needs(2), before[1]); diff != "" {
		t.Errorf("the guards of the run were changed: %s", diff)
	}
	if _, used = demandsOf([]plan.Guard{variable}, all); len(used) != 0 {
		t.Errorf("a plan without guarded fields demands %v", used)
	}
}
