package router_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = router.WithLogger(slog.New(slog.DiscardHandler))

func TestAConfigurationThatIsWrong(t *testing.T) {
	t.Parallel()
	c := router.DefaultConfig()
	c.Errors.Mode = "loud"
	if _, err := router.New(c, quiet); err == nil || !strings.Contains(err.Error(), "errors.mode") || !strings.Contains(err.Error(), "supergraph") {
		t.Errorf("got %v", err)
	}
	if _, err := router.LoadConfig("nowhere.yml"); err == nil || !strings.Contains(err.Error(), "nowhere.yml") {
		t.Errorf("got %v", err)
	}
}

func TestASupergraphThatIsWrong(t *testing.T) {
	t.Parallel()
	r, err := router.New(router.DefaultConfig(), quiet, router.WithSupergraph("type Query { a: Int"))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ready(t.Context()); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("ready: %v", err)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/graphql?query={a}", nil))
	if w.Code != http.StatusServiceUnavailable {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if err := r.Close(); !errors.Is(err, router.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
}

// TestHooksThatFail: a mistake in a hook is not the client's business, and nothing goes on.
func TestHooksThatFail(t *testing.T) {
	t.Parallel()
	broken := errors.New("secret detail")
	for name, hooks := range map[string]*router.Hooks{
		"request":   {OnRequest: func(context.Context, *router.Request) error { return broken }},
		"operation": {OnOperation: func(context.Context, *router.Operation) error { return broken }},
		"fetch":     {OnFetch: func(context.Context, *router.Fetch) error { return broken }},
		"response":  {OnResponse: func(context.Context, *router.Response) error { return broken }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subgraph := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				if name != "response" {
					t.Error("the subgraph was asked")
				}
			}))
			defer subgraph.Close()
			r, err := router.New(router.DefaultConfig(), quiet, router.WithHooks(hooks), router.WithSupergraph(supergraphAt(subgraph.URL)))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			if err := r.Ready(t.Context()); err != nil {
				t.Fatal(err)
			}
			request := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{hello}"}`))
			request.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			r.ServeHTTP(w, request)
			if name != "fetch" && w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "secret") || !strings.Contains(w.Body.String(), `"errors"`) {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
}
