package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
)

// recorded is a request that reached a fake subgraph.
type recorded struct {
	Method    string
	Path      string
	Host      string
	Header    http.Header
	Body      string
	Query     string         // of the GraphQL request in Body
	Variables map[string]any // likewise
}

// service is a fake subgraph.
type service struct {
	URL    string
	Server *httptest.Server

	mu       sync.Mutex
	requests []recorded
}

// subgraph starts a fake subgraph that records every request before handler answers it; it ends with the test. See data and
// entities for handlers.
func subgraph(t testing.TB, handler http.HandlerFunc) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the router went away
		}
		request := recorded{Method: r.Method, Path: r.URL.Path, Host: r.Host, Header: r.Header.Clone(), Body: string(body)}
		var graphql struct {
			Query     string
			Variables map[string]any
		}
		if json.Unmarshal(body, &graphql) == nil {
			request.Query, request.Variables = graphql.Query, graphql.Variables
		}
		s.mu.Lock()
		s.requests = append(s.requests, request)
		s.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler(w, r)
	}))
	t.Cleanup(func() {
		s.Server.CloseClientConnections() // handlers that hang end with their request's context
		s.Server.Close()
	})
	s.URL = s.Server.URL
	return s
}

// Requests are the requests so far, in the order of their arrival.
func (s *service) Requests() []recorded {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count is the number of requests so far.
func (s *service) Count() int { return len(s.Requests()) }

// Last is the newest request.
func (s *service) Last(t testing.TB) recorded {
	t.Helper()
	all := s.Requests()
	if len(all) == 0 {
		t.Fatal("no request has reached the subgraph")
	}
	return all[len(all)-1]
}

// Reset forgets the requests so far.
func (s *service) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

// Queries are the GraphQL documents that were asked for, one a line.
func (s *service) Queries() string {
	var b strings.Builder
	for _, r := range s.Requests() {
		b.WriteString(r.Query + "\n")
	}
	return b.String()
}

// data answers every query with the same data. It may hold more than is asked for: the router takes what it needs. Fields
// whose aliases the router chooses are not covered.
func data(json string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { reply(w, `{"data":`+json+`}`) }
}

// entities answers queries for _entities with what resolve makes of each representation, and other queries with root.
func entities(root string, resolve func(representation map[string]any) map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Query     string
			Variables map[string]json.RawMessage
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if !strings.Contains(request.Query, "_entities") {
			reply(w, `{"data":`+root+`}`)
			return
		}
		var representations []map[string]any
		_ = json.Unmarshal(request.Variables["representations"], &representations) // none: an empty list
		list := make([]map[string]any, len(representations))
		for i, representation := range representations {
			list[i] = resolve(representation)
		}
		text, err := json.Marshal(map[string]any{"data": map[string]any{"_entities": list}})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		reply(w, string(text))
	}
}

// reply writes a JSON response.
func reply(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body) // the router may have gone
}

// graph is a subgraph's part in a supergraph.
type graph struct {
	Name string
	URL  string
	// SDL without the @link to federation when it is federation 2: supergraphOf puts it in front.
	SDL string
}

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@requires", "@provides",
  "@external", "@shareable", "@override", "@inaccessible", "@tag", "@interfaceObject", "@authenticated", "@requiresScopes",
  "@policy", "@cost", "@listSize", "@context", "@fromContext"])
`

// supergraphOf composes subgraphs and gives the supergraph's SDL.
func supergraphOf(t testing.TB, graphs ...graph) string {
	t.Helper()
	sources := make([]compose.Source, len(graphs))
	for i, g := range graphs {
		sources[i] = compose.Source{Name: g.Name, URL: g.URL, File: g.Name + ".graphql", SDL: federation + g.SDL}
	}
	result := compose.Sources(sources...)
	for _, e := range result.Errors {
		t.Errorf("compose: %s: %s", e.Code, e.Message)
	}
	if result.Supergraph == nil {
		t.FailNow()
	}
	return result.Supergraph.Print()
}
