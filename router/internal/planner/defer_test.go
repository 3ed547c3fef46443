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
		{`{ t { x ... @defer(if: false) { y } } }`, true},
	} {
		made := p.Plan(t, c.document, planner.Options{Defer: c.deferring})
		if got := names(made.Response.Fields[0].Object); len(made.Deferred) > 0 || !slices.Equal(got, []string{"x", "y"}) {
			t.Errorf("%s: %d payloads, the response has %v", c.document, len(made.Deferred), got)
		}
	}
}

func TestDeferredFieldsAreFetchedByThemselves(t *testing.T) {
	t.Parallel()
	p := deferrable(t)
	for _, c := range []struct {
		document string
		first    []int // what the initial response waits for
		fetches  []string
	}{
		{`{ t { id ... @defer { x } } }`, []int{0}, []string{"{t{id}}", "query($representations:[_Any!]!){_entities(representations:$representations){...on T{x}}}"}},
		{`{ t { id } ... @defer { u: t { x } } }`, []int{0}, []string{"{t{id}}", "{u:t{x}}"}},
		{`{ t { x ... @defer { x } } }`, nil, []string{"{t{x}}"}}, // asked at once as well
	} {
		made := p.Plan(t, c.document, planner.Options{Defer: true})
		var documents []string
		for _, f := range made.Fetches {
			documents = append(documents, f.Document)
		}
		if !slices.Equal(documents, c.fetches) || !slices.Equal(made.ResponseWaitsFor, c.first) {
			t.Errorf("%s fetches %q, the response waits for %v; want %q, %v", c.document, documents, made.ResponseWaitsFor, c.fetches, c.first)
		}
	}
}

func TestConditionalDeferIsDecidedByTheRequest(t *testing.T) {
	t.Parallel()
	made := deferrable(t).Plan(t, `query($d: Boolean!) { t { x ... @defer(if: $d) { y } } }`, planner.Options{Defer: true})
	if len(made.Deferred) != 1 || made.Deferred[0].Guard == plan.Always {
		t.Fatalf("the payload has no condition:\n%s", made)
	}
	part, shown := made.Guards[made.Deferred[0].Guard-1], made.Response.Fields[0].Object.Fields
	if len(shown) != 2 || shown[1].Name != "y" || shown[1].Guard == plan.Always {
		t.Fatalf("the initial response does not have y under a condition:\n%s", made)
	}
	otherwise := made.Guards[shown[1].Guard-1]
	if part.AnyOf[0][0].Name != "d" || part.AnyOf[0][0].Negated || !otherwise.AnyOf[0][0].Negated {
		t.Errorf("the payload comes when %v, else y is in the response when %v", part, otherwise)
	}
}

func TestInnermostDeferFallsToTheOneAround(t *testing.T) {
	t.Parallel()
	made := deferrable(t).Plan(t, `query($d: Boolean!) { t { x ... @defer(label: "outer") { ... @defer(if: $d, label: "inner") { y } } } }`,
		planner.Options{Defer: true})
	if len(made.Deferred) != 2 {
		t.Fatalf("%d payloads, want 2:\n%s", len(made.Deferred), made)
	}
	outer, inner := made.Deferred[0], made.Deferred[1]
	if outer.Label != "outer" || inner.Parent != outer.ID || !slices.Equal(names(outer.Response), []string{"y"}) ||
		!slices.Equal(names(inner.Response), []string{"y"}) {
		t.Errorf("the payloads are %+v and %+v", outer, inner)
	}
}

func TestMutationsDoNotWaitForWhatIsDeferred(t *testing.T) {
	t.Parallel()
	super, err := scenario.Compose([]generate.Subgraph{
		{Name: "a", SDL: link + `type Query { t: T } type Mutation { x: T } type T @key(fields: "id") { id: ID! slow: Int }`},
		{Name: "b", SDL: link + `type Mutation { y: T } type T @key(fields: "id") { id: ID! }`},
	})
	if err != nil {
		t.Fatal(err)
	}
	made := plannertest.New(t, super.Print()).Plan(t, `mutation { x { id ... @defer { slow } } y { id } }`, planner.Options{Defer: true})
	if len(made.Fetches) != 3 || made.Depth() != 2 || len(made.ResponseWaitsFor) != 2 {
		t.Errorf("%d fetches in %d stages, the response waits for %v:\n%s", len(made.Fetches), made.Depth(), made.ResponseWaitsFor, made)
	}
}
