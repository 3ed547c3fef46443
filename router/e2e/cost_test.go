package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

const costSDL = `type Query {
  items(first: Int): [Item!] @listSize(slicingArguments: ["first"], assumedSize: 5, requireOneSlicingArgument: false)
  one: Item
  strict(first: Int): [Item!] @listSize(slicingArguments: ["first"])
}
type Mutation { change: Item }
type Item { id: ID! slow: Int @cost(weight: 9) child: Item }`

// shop starts a router over one subgraph whose lists cost something.
func shop(t *testing.T, o options) (*router, *service) {
	t.Helper()
	s := subgraph(t, data(`{"items":[{"id":"1","slow":1},{"id":"2","slow":2}],"one":{"id":"1","slow":1},"strict":[],"change":{"id":"1"},"a":{"id":"1"},"b":{"id":"1"}}`))
	o.Supergraph = supergraphOf(t, graph{"shop", s.URL, costSDL})
	return start(t, o), s
}

const itemsQuery = `query($n: Int) { items(first: $n) { id } }`

func first(n int) map[string]any { return map[string]any{"n": n} }

// TestDemandControlEnforces: an operation at the limit is answered, one above it is refused and reaches nobody.
func TestDemandControlEnforces(t *testing.T) {
	t.Parallel()
	r, s := shop(t, options{Config: "demand_control: {mode: enforce, max: 50, expose: headers}"})
	at := r.PostVariables(t, itemsQuery, first(50))
	check(t, "at the limit", at, 200, "", `{"items":[{"id":"1"},{"id":"2"}]}`)
	if at.Header.Get("X-Cost-Estimated") != "50" || at.Header.Get("X-Cost-Max") != "50" {
		t.Errorf("%v", at.Header)
	}
	if n := s.Count(); n != 1 {
		t.Errorf("%d requests", n)
	}
	for _, accept := range []string{"application/json", "application/graphql-response+json"} {
		above := r.PostVariables(t, itemsQuery, first(51), withHeader("Accept", accept))
		check(t, "above the limit", above, 400, "COST_ESTIMATED_TOO_EXPENSIVE", "")
		if e := above.Errors[0].Extensions; e["costEstimated"] != 51.0 || e["costMax"] != 50.0 {
			t.Errorf("%s", above.Body)
		}
	}
	check(t, "without a slicing argument", r.Post(t, `{ strict { id } }`), 400, "COST_QUERY_PARSE_FAILURE", "")
	check(t, "with one", r.Post(t, `{ strict(first: 1) { id } }`), 200, "", `{"strict":[]}`)
	check(t, "weights", r.Post(t, `{ items { slow } }`), 200, "", `{"items":[{"slow":1},{"slow":2}]}`)
	check(t, "aliases", r.Post(t, `{ a: items { slow } b: one { id } }`), 400, "COST_ESTIMATED_TOO_EXPENSIVE", "")
	check(t, "a literal", r.Post(t, `{ items(first: 51) { id } }`), 400, "COST_ESTIMATED_TOO_EXPENSIVE", "")
	if n := s.Count(); n != 3 {
		t.Errorf("%d requests", n)
	}
}

// TestDemandControlMeasures: nothing is refused, and everything is counted.
func TestDemandControlMeasures(t *testing.T) {
	t.Parallel()
	r, _ := shop(t, options{Admin: true, Config: "demand_control: {mode: measure, max: 50, actual: true, expose: extensions}\nlog: {access: true}"})
	a := r.PostVariables(t, itemsQuery, first(51))
	if want := `{"data":{"items":[{"id":"1"},{"id":"2"}]},"extensions":{"cost":{"estimated":51,"actual":2,"max":50}}}`; a.Body != want {
		t.Errorf("got %s\nwant %s", a.Body, want)
	}
	check(t, "without a slicing argument", r.Post(t, `{ strict { id } }`), 200, "", `{"strict":[]}`)
	metrics := r.Metrics(t)
	for _, line := range []string{`tributary_operation_cost_count 2`, `tributary_operation_cost_actual_sum 2`,
		`tributary_operation_cost_results_total{result="COST_ESTIMATED_TOO_EXPENSIVE"} 1`, `tributary_operation_cost_results_total{result="COST_QUERY_PARSE_FAILURE"} 1`} {
		if !strings.Contains(metrics, line) {
			t.Errorf("no %s in\n%s", line, metrics)
		}
	}
	r.WaitLog(t, `"cost":51`)
}

// TestDemandControlIsOnByDefault: lists within lists within lists are refused, whatever the depth limit allows.
func TestDemandControlIsOnByDefault(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"nodes":[]}`))
	r := start(t, options{Supergraph: supergraphOf(t, graph{"a", s.URL, `type Query { nodes: [Node!] } type Node { id: ID! nodes: [Node!] }`})})
	nested := func(depth int) string {
		return "{ " + strings.Repeat("nodes { ", depth) + "id " + strings.Repeat("} ", depth) + "}"
	}
	check(t, "six lists", r.Post(t, nested(6)), 200, "", `{"nodes":[]}`)
	check(t, "seven lists", r.Post(t, nested(7)), 400, "COST_ESTIMATED_TOO_EXPENSIVE", "")
	check(t, "ninety lists", r.Post(t, nested(90)), 400, "COST_ESTIMATED_TOO_EXPENSIVE", "")
}

// TestRateLimitByCost: an operation debits what it is estimated to cost, by every alias and every operation of a batch.
func TestRateLimitByCost(t *testing.T) {
	t.Parallel()
	rule := "{name: cost, key: 'header(\"x-user\")', by: cost, rate: 100, per: 1h}"
	r, s := shop(t, options{Admin: true, Config: "rate_limits: {rules: [" + rule + "]}"})
	as := func(user string) change { return withHeader("X-User", user) }
	remaining := func(what string, a *answer, want string) {
		t.Helper()
		if a.Status != 200 || a.Header.Get("Ratelimit-Remaining") != want || a.Header.Get("Ratelimit-Limit") != "100" {
			t.Errorf("%s: %d %v %s", what, a.Status, a.Header, a.Body)
		}
	}
	remaining("one item", r.PostVariables(t, itemsQuery, first(1), as("a")), "99")
	remaining("99 items", r.PostVariables(t, itemsQuery, first(99), as("a")), "0")
	count := s.Count()
	refused := r.PostVariables(t, itemsQuery, first(1), as("a"))
	check(t, "one more", refused, 429, "REQUEST_RATE_LIMITED", "")
	if refused.Header.Get("Retry-After") == "" || refused.Header.Get("Ratelimit-Remaining") != "0" {
		t.Errorf("%v", refused.Header)
	}
	never := r.PostVariables(t, itemsQuery, first(101), as("b"))
	check(t, "more than ever fits", never, 429, "REQUEST_RATE_LIMITED", "")
	if never.Header.Get("Retry-After") != "" {
		t.Errorf("%v", never.Header)
	}
	if s.Count() != count {
		t.Error("something that was refused reached the subgraph")
	}
	remaining("another caller", r.PostVariables(t, itemsQuery, first(40), as("c")), "60")
	remaining("aliases", r.Post(t, `{ a: one { id } b: one { id } }`, as("d")), "98")
	remaining("what is free", r.Post(t, `{ __typename }`, as("e")), "99")
	remaining("a mutation", r.Post(t, `mutation { change { id } }`, as("f")), "89")
	batch := func(n ...int) []byte {
		items := make([]string, len(n))
		for i, size := range n {
			items[i] = fmt.Sprintf(`{"query":"{ items(first: %d) { id } }"}`, size)
		}
		return []byte("[" + strings.Join(items, ",") + "]")
	}
	r.PostBody(t, batch(30, 30, 30), as("g"))
	remaining("after a batch", r.Post(t, `{ one { id } }`, as("g")), "9")
	partly := r.PostBody(t, batch(70, 70), as("h"))
	if partly.Status != 200 || strings.Count(partly.Body, "REQUEST_RATE_LIMITED") != 1 || strings.Count(partly.Body, `"data"`) != 1 {
		t.Errorf("%d %s", partly.Status, partly.Body)
	}
	all := r.PostBody(t, batch(101, 102), as("i"))
	if all.Status != 429 || strings.Count(all.Body, "REQUEST_RATE_LIMITED") != 2 {
		t.Errorf("%d %s", all.Status, all.Body)
	}
	metrics := r.Metrics(t)
	for _, series := range []string{`outcome="refused"`, `outcome="admitted"`, `rule="cost"`} {
		if !strings.Contains(metrics, series) {
			t.Errorf("the metrics lack %s", series)
		}
	}
}

// TestRateLimitByCostIsSettled: what a response did not cost comes back, in the process and on Redis.
func TestRateLimitByCostIsSettled(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, redis := range map[string]string{"in the process": "", "on Redis": fmt.Sprintf("redis: {addresses: [%q]}, timeout: 1s, ", server.Address)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, _ := shop(t, options{Config: "demand_control: {actual: true}\nrate_limits: {" + redis + "rules: [{name: cost, key: address, by: cost, rate: 100, per: 1h}]}"})
			if a := r.PostVariables(t, itemsQuery, first(90)); a.Header.Get("Ratelimit-Remaining") != "10" {
				t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
			}
			spent := 2 // as many items came back
			redistest.Eventually(t, "what was not used comes back", func() bool {
				spent++
				a := r.Post(t, `{ one { id } }`)
				return a.Header.Get("Ratelimit-Remaining") == fmt.Sprint(100-spent)
			})
		})
	}
}
