package planner

import (
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

func TestWaysOfOneLengthBecomeOnePath(t *testing.T) {
	t.Parallel()
	step := func(name string, types ...string) plan.PathElement {
		return plan.PathElement{StoreName: name, Types: types}
	}
	got := joinWays([]plan.Path{
		{step("a"), step("x", "T", "V")},
		{step("b", "Q"), step("x", "U")},
		{step("a"), step("y"), step("z")},
		{step("b"), step("y", "T")},
	})
	if len(got) != 2 || len(got[0]) != 2 || len(got[1]) != 3 {
		t.Fatalf("got %v", got)
	}
	first, second := got[0][0], got[0][1]
	if first.StoreName != "a" || len(first.Also) != 1 || first.Also[0].StoreName != "b" || first.Also[0].Types != nil {
		t.Errorf("the first step goes to %v", first)
	}
	if second.StoreName != "x" || len(second.Types) != 3 || len(second.Also) != 1 || len(second.Also[0].Types) != 1 {
		t.Errorf("the second step goes to %v", second)
	}
}
