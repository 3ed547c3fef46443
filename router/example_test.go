package router_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/tributary-gql/tributary/router"
	"github.com/tributary-gql/tributary/schema/compose"
)

// users is a subgraph that says hello to whom the header names.
func users(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"data":{"hello":"hello %s"}}`, r.Header.Get("X-Name"))
}

// supergraphAt composes the supergraph of one subgraph.
func supergraphAt(url string) string {
	return compose.Sources(compose.Source{Name: "users", URL: url, SDL: `type Query { hello: String }`}).Supergraph.Print()
}

func post(h http.Handler, query string, header ...string) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"`+query+`"}`))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	body, _ := io.ReadAll(w.Result().Body) // from memory
	fmt.Println(w.Code, string(body))      //nolint:forbidigo // an example's output
}

// ready is what ExampleNew does, for examples of something else.
func ready(r *router.Router, err error) *router.Router {
	if err == nil {
		err = r.Ready(context.Background())
	}
	if err != nil {
		panic(err)
	}
	return r
}

// A router in a program of your own, with its configuration as a value.
func ExampleNew() {
	subgraph := httptest.NewServer(http.HandlerFunc(users))
	defer subgraph.Close()
	c := router.DefaultConfig()
	c.Playground.Enabled = false
	r, err := router.New(c, router.WithSupergraph(supergraphAt(subgraph.URL)), router.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	if err := r.Ready(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	post(r, `{ hello }`)
	// Output:
	// 200 {"data":{"hello":"hello "}}
}

// Hooks take part in every request: here they refuse callers without a key, tell subgraphs who asks, and mark responses.
func ExampleWithHooks() {
	subgraph := httptest.NewServer(http.HandlerFunc(users))
	defer subgraph.Close()
	hooks := &router.Hooks{
		OnRequest: func(_ context.Context, r *router.Request) error {
			key := r.HTTP.Header.Get("X-Api-Key")
			if key == "" {
				return router.Refuse(http.StatusUnauthorized, "KEY_MISSING", "send your key in X-Api-Key")
			}
			r.Values.Set("name", "owner of "+key)
			return nil
		},
		OnOperation: func(_ context.Context, o *router.Operation) error {
			fmt.Println("runs", o.Kind, o.Name)
			return nil
		},
		OnFetch: func(_ context.Context, f *router.Fetch) error {
			if name, ok := f.Values.Get("name"); ok {
				f.Header.Set("X-Name", fmt.Sprint(name))
			}
			return nil
		},
		OnResponse: func(_ context.Context, r *router.Response) error {
			r.Header.Set("X-Answered-By", "example")
			return nil
		},
	}
	r := ready(router.New(router.DefaultConfig(), router.WithHooks(hooks), router.WithSupergraph(supergraphAt(subgraph.URL)),
		router.WithLogger(slog.New(slog.DiscardHandler))))
	defer r.Close()
	post(r, `query Hello { hello }`)
	post(r, `query Hello { hello }`, "X-Api-Key", "k1")
	// Output:
	// 401 {"errors":[{"message":"send your key in X-Api-Key","extensions":{"code":"KEY_MISSING"}}]}
	// runs query Hello
	// 200 {"data":{"hello":"hello owner of k1"}}
}
