package plan_test

import (
	"slices"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// TestDemanded: what the request leaves out demands nothing, on any way to it; what is left demands all that it did.
func TestDemanded(t *testing.T) {
	t.Parallel()
	// Guards, by their IDs.
	const (
		ifA plan.GuardID = iota + 1
		unlessA
		ifAOrB
		may0
		may1And2
		ifAndMay0
	)
	variable := func(name string, negated bool) plan.Term {
		return plan.Term{Kind: plan.VariableTerm, Name: name, Negated: negated}
	}
	may := func(index int) plan.Term { return plan.Term{Kind: plan.AuthorizationTerm, Index: index} }
	guards := []plan.Guard{
		{AnyOf: [][]plan.Term{{variable("a", false)}}},
		{AnyOf: [][]plan.Term{{variable("a", true)}}},
		{AnyOf: [][]plan.Term{{variable("a", false)}, {variable("b", false)}}},
		{AnyOf: [][]plan.Term{{may(0)}}},
		{AnyOf: [][]plan.Term{{may(1), may(2)}}},
		{AnyOf: [][]plan.Term{{variable("a", false), may(0)}}},
	}
	object := func(fields ...*plan.Field) *plan.Object { return &plan.Object{Fields: fields} }
	secret := object(&plan.Field{Denied: may1And2}, &plan.Field{})
	for _, c := range []struct {
		name     string
		response *plan.Object
		deferred []*plan.Deferred
		given    []string // variables that are true
		want     []bool
	}{
		{"always", object(&plan.Field{Denied: may0}), nil, nil, []bool{true, false, false}},
		{"left out", object(&plan.Field{Guard: ifA, Denied: may0}), nil, nil, []bool{false, false, false}},
		{"included", object(&plan.Field{Guard: ifA, Denied: may0}), nil, []string{"a"}, []bool{true, false, false}},
		{"skipped", object(&plan.Field{Guard: unlessA, Denied: may0}), nil, []string{"a"}, []bool{false, false, false}},
		{"one of two conditions", object(&plan.Field{Guard: ifAOrB, Denied: may0}), nil, []string{"b"}, []bool{true, false, false}},
		{"below what is left out", object(&plan.Field{Guard: ifA, Object: secret}), nil, nil, []bool{false, false, false}},
		{"below what is included", object(&plan.Field{Guard: ifA, Object: secret}), nil, []string{"a"}, []bool{false, true, true}},
		{"below what is denied", object(&plan.Field{Denied: may0, Object: secret}), nil, nil, []bool{true, true, true}},
		{"the same object on two ways, one of them left out", object(&plan.Field{Guard: ifA, Object: secret}, &plan.Field{Guard: unlessA, Object: secret}), nil, nil, []bool{false, true, true}},
		{"deferred", object(), []*plan.Deferred{{Guard: ifA, Response: secret}}, []string{"a"}, []bool{false, true, true}},
		{"deferred on a way that is left out", object(), []*plan.Deferred{{Guard: ifA, Response: secret}}, nil, []bool{false, false, false}},
		{"deferred on a way that demands something", object(&plan.Field{Guard: ifA, Denied: may0}), []*plan.Deferred{{Guard: ifAndMay0, Response: secret}}, []string{"a"}, []bool{true, true, true}},
	} {
		p := &plan.Plan{Guards: guards, Authorizations: make([]plan.Authorization, 3), Response: c.response, Deferred: c.deferred}
		if got := p.Demanded(func(name string) bool { return slices.Contains(c.given, name) }); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
