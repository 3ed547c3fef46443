package e2e

import (
	"net/http"
	"testing"
)

// TestARouterAnswersOverTwoSubgraphs shows the whole harness: two subgraphs, a token, a restart.
func TestARouterAnswersOverTwoSubgraphs(t *testing.T) {
	t.Parallel()
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	payments := subgraph(t, entities(`{}`, func(user map[string]any) map[string]any {
		return map[string]any{"__typename": "User", "balance": 42, "id": user["id"]}
	}))
	tokens := newIssuer(t)
	r := start(t, options{Admin: true, Config: tokens.Config(), Supergraph: supergraphOf(t,
		graph{"users", users.URL, `type Query { me: User @authenticated } type User @key(fields: "id") { id: ID! name: String }`},
		graph{"payments", payments.URL, `type User @key(fields: "id") { id: ID! balance: Int }`},
	)})
	const query = `{ me { name balance } }`
	check := func() {
		t.Helper()
		if a := r.Post(t, query, withToken(tokens.Token(t, "u1"))); a.Status != http.StatusOK || a.DataJSON() != `{"me":{"balance":42,"name":"Ada"}}` || len(a.Errors) > 0 {
			t.Errorf("%d %s", a.Status, a.Body)
		}
		if users.Count() != 1 || payments.Count() != 1 {
			t.Errorf("%d and %d requests reached the subgraphs", users.Count(), payments.Count())
		}
	}
	check()
	users.Reset()
	payments.Reset()
	r.Restart(t)
	check()
	if response, err := prober.Get(r.Admin + "/metrics"); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("metrics: %v, %v", response, err)
	} else {
		_ = response.Body.Close()
	}
}
