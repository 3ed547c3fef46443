package planner_test

import (
	"slices"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/internal/planner/plannertest"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

// deferrable is a supergraph whose entity has a field in each of two subgraphs.
func deferrable(t *testing.T) *plannertest.Planner {
	t.Helper()
	super, err := scenario.Compose([]generate.Subgraph{
		{Name: "a", SDL: link + `type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }`},
		{Name: "b", SDL: link + `type T @key(fields: "id") { id: ID! y: Int }`},
	})
	if err != nil {
		t.Fatal(err)
	}
	return plannertest.New(t, super.Print())
}

func names(o *plan.Object) []string {
	var all []string
	for _, f := range o.Fields {
		all = append(all, f.ResponseName)
	}
	return all
}

func TestDeferredFieldsComeInAPayloadOfTheirOwn(t *testing.T) {
	t.Parallel()
	made := deferrable(t).Plan(t, `{ t { x ... @defer(label: "later") { y } } }`, planner.Options{Defer: true})
	if len(made.Deferred) != 1 || !slices.Equal(made.ResponseWaitsFor, []int{0}) {
		t.Fatalf("%d deferred payloads, the response waits for %v:\n%s", len(made.Deferred), made.ResponseWaitsFor, made)
	}
	part := made.Deferred[0]
	if part.Label != "later" || part.Parent != -1 || part.Path.String() != "t" || !slices.Equal(part.WaitsFor, []int{0, 1}) {
		t.Errorf("the payload is %+v", part)
	}
	if got := names(part.Response); !slices.Equal(got, []string{"y"}) {
		t.Errorf("the payload has %v, want y", got)
	}
	if got := names(made.Response.Fields[0].Object); !slices.Equal(got, []string{"x"}) {
		t.Errorf("the initial response has %v, want x", got)
	}
}

func TestWithoutDeferEverythingIsInTheResponse(t *testing.T) {
	t.Parallel()
	p := deferrable(t)
	for _, c := range []struct {
		document  string
		deferring bool
	}{
		{`{ t { x ... @defer { y } } }`, false},
		{`query($d: Boolean!) { t { x ... @defer(if: $d) { y } } }`, true}, // a condition is as good as no @defer
	} {
		made := p.Plan(t, c.document, planner.Options{Defer: c.deferring})
		if got := names(made.Response.Fields[0].Object); len(made.Deferred) > 0 || !slices.Equal(got, []string{"x", "y"}) {
			t.Errorf("%s: %d payloads, the response has %v", c.document, len(made.Deferred), got)
		}
	}
}
