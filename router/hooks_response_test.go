package router_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/tributary-gql/tributary/router"
	"github.com/tributary-gql/tributary/schema/compose"
)

// TestOnResponseSeesEveryResponse once, whatever the operation is, and the client gets what the hook makes of it: nothing
// reaches a client past the hook, also where an operation would answer in several parts.
func TestOnResponseSeesEveryResponse(t *testing.T) {
	t.Parallel()
	subgraph := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"hello":"world","slow":"later"}}`)
	}))
	defer subgraph.Close()
	sdl := compose.Sources(compose.Source{Name: "a", URL: subgraph.URL, SDL: `type Query { hello: String slow: String } type Subscription { ticks: Int }`}).Supergraph.Print()
	const mine = `{"data":null,"extensions":{"by":"hook"}}`
	for _, c := range []struct {
		name, body string
		status     int
		sees       string // in the response
	}{
		{"a query", `{"query":"{ hello }"}`, 200, `{"data":{"hello":"world"}}`},
		{"a batch", `[{"query":"{ hello }"},{"query":"{ slow }"}]`, 200, `[{"data":{"hello":"world"}},{"data":{"slow":"later"}}]`},
		{"an operation that is not valid", `{"query":"{ nothing }"}`, 200, `"code":"GRAPHQL_VALIDATION_FAILED"`},
		{"a request that is not one", `{`, 400, `"code":"BAD_REQUEST"`},
		{"@defer", `{"query":"{ hello ... @defer { slow } }"}`, 200, `{"data":{"hello":"world","slow":"later"}}`},
		{"@defer in a batch", `[{"query":"{ hello }"},{"query":"{ hello ... @defer { slow } }"}]`, 200, `[{"data":{"hello":"world"}},{"data":{"hello":"world","slow":"later"}}]`},
		{"a subscription", `{"query":"subscription { ticks }"}`, 400, `"message":"subscriptions need a transport`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var mu sync.Mutex
			var seen []string
			var statuses []int
			replace := false
			hooks := &router.Hooks{OnResponse: func(_ context.Context, r *router.Response) error {
				mu.Lock()
				defer mu.Unlock()
				seen, statuses = append(seen, string(r.Body)), append(statuses, r.Status)
				r.Header.Set("X-Seen", "yes")
				if replace {
					r.Status, r.Body = http.StatusTeapot, []byte(mine)
				}
				return nil
			}}
			r, err := router.New(router.DefaultConfig(), quiet, router.WithHooks(hooks), router.WithSupergraph(sdl))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := r.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			ask := func() *httptest.ResponseRecorder {
				request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(c.body))
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Accept", "multipart/mixed, application/json")
				w := httptest.NewRecorder()
				r.ServeHTTP(w, request)
				return w
			}
			w := ask()
			if len(seen) != 1 || statuses[0] != c.status || !strings.Contains(seen[0], c.sees) {
				t.Fatalf("the hook saw %v %q", statuses, seen)
			}
			if w.Code != c.status || w.Body.String() != seen[0] || w.Header().Get("X-Seen") != "yes" {
				t.Errorf("the client got %d %v %s", w.Code, w.Header(), w.Body)
			}
			replace = true
			if w := ask(); w.Code != http.StatusTeapot || w.Body.String() != mine || len(seen) != 2 {
				t.Errorf("the client got %d %s; the hook was called %d times", w.Code, w.Body, len(seen))
			}
		})
	}
}
