package workspace_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/schema/workspace"
)

func TestParse(t *testing.T) {
	t.Setenv("TEST_ROUTING", "http://users.test/graphql")
	const text = `
federation_version: =2.9.1
subgraphs:
  users:
    routing_url: ${env.TEST_ROUTING}
    schema: {file: ./users.graphql}
  inline:
    routing_url: http://inline.test
    schema:
      sdl: |
        type Query { user(id: ID! = "$id"): Int }
  live:
    schema:
      subgraph_url: http://live.test/graphql
      introspection_headers: {authorization: secret}
`
	w, err := workspace.Parse("/graph/supergraph.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %+v", w.FederationVersion, w.Subgraphs)
	want := `=2.9.1 [{Name:inline RoutingURL:http://inline.test File: SDL:type Query { user(id: ID! = "$id"): Int }
 URL: Headers:map[]} {Name:live RoutingURL:http://live.test/graphql File: SDL: URL:http://live.test/graphql Headers:map[authorization:secret]} {Name:users RoutingURL:http://users.test/graphql File:/graph/users.graphql SDL: URL: Headers:map[]}]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestParseReportsEveryProblem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"not YAML":           {"subgraphs: [", "did not find expected node content"},
		"unknown key":        {"subgraphs: {a: {routing: x}}", "field routing not found in a subgraph"},
		"nothing listed":     {"subgraphs: {}", "lists no subgraphs"},
		"two sources":        {"subgraphs: {a: {routing_url: x, schema: {file: a, sdl: b}}}", "exactly one of file, sdl and subgraph_url"},
		"empty":              {"# nothing\n", "is empty"},
		"federation 1":       {"federation_version: 1\nsubgraphs: {a: {routing_url: x, schema: {file: a}}}", "write 2"},
		"odd version":        {"federation_version: latest\nsubgraphs: {a: {routing_url: x, schema: {file: a}}}", "\"latest\" is not known"},
		"hosted":             {"subgraphs: {a: {schema: {graphref: g@v, subgraph: s}}}", "not supported here"},
		"no routing address": {"subgraphs: {a: {schema: {file: a}}}", "routing_url is missing"},
		"two problems":       {"subgraphs: {a: {schema: {file: a}}, b: {schema: {subgraph_url: 'nowhere'}}}", "subgraphs.b: schema.subgraph_url"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := workspace.Parse("supergraph.yaml", []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want it to contain %q", err, c.want)
			}
		})
	}
}

func TestFetchAsksRunningServices(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch calls.Add(1) {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			if r.Header.Get("Authorization") != "secret" {
				t.Errorf("headers of the member are missing: %v", r.Header)
			}
			fmt.Fprint(w, `{"data":{"_service":{"sdl":"type Query { a: Int }"}}}`)
		}
	}))
	defer server.Close()
	member := workspace.Member{Name: "a", RoutingURL: "http://a", URL: server.URL, Headers: map[string]string{"Authorization": "secret"}}
	got, err := workspace.NewFetcher(2, 5*time.Second).One(t.Context(), member)
	if err != nil || got.SDL != "type Query { a: Int }" || calls.Load() != 2 {
		t.Errorf("got %+v, %v after %d calls", got, err, calls.Load())
	}
}

func TestFetchExplainsBadAnswers(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"<html>":                             "not JSON",
		`{"errors":[{"message":"no"}]}`:      "does not tell its schema: no",
		`{"data":{}}`:                        "without _service",
		`{"data":{"_service":{"sdl":"  "}}}`: "its schema is empty",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, body) }))
		_, err := workspace.NewFetcher(0, 5*time.Second).One(t.Context(), workspace.Member{Name: "a", URL: server.URL})
		server.Close()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `subgraph "a"`) {
			t.Errorf("%s: got %v, want it to contain %q", body, err, want)
		}
	}
}

// TestWatch follows a workspace through a change, a broken file, and a member that comes late.
func TestWatch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("a.graphql", "type Query { a: Int }")
	write("supergraph.yaml", "subgraphs: {a: {routing_url: x, schema: {file: a.graphql}}, b: {routing_url: y, schema: {file: b.graphql}}}")
	changes, problems := make(chan []workspace.Subgraph), make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	watcher := workspace.Watcher{
		Path: filepath.Join(dir, "supergraph.yaml"), Interval: 5 * time.Millisecond, Fetcher: workspace.NewFetcher(0, time.Second),
		Changed: func(s []workspace.Subgraph) { changes <- s }, Problem: func(err error) { problems <- err },
	}
	go func() { defer close(ended); watcher.Run(ctx) }()
	if err := <-problems; err == nil || !strings.Contains(err.Error(), `subgraph "b"`) {
		t.Errorf("problem %v does not name b", err)
	}
	if s := <-changes; len(s) != 1 || s[0].Name != "a" {
		t.Errorf("first look: %v", s)
	}
	write("b.graphql", "type Query { b: Int }")
	if err := <-problems; err != nil {
		t.Errorf("all is well, but: %v", err)
	}
	if s := <-changes; len(s) != 2 || s[1].SDL != "type Query { b: Int }" {
		t.Errorf("after b came: %v", s)
	}
	write("supergraph.yaml", "subgraphs: [")
	if err := <-problems; err == nil {
		t.Error("the broken file was not reported")
	}
	cancel()
	<-ended
}

func FuzzParse(f *testing.F) {
	f.Add("subgraphs: {a: {routing_url: x, schema: {file: a}}}")
	f.Fuzz(func(_ *testing.T, text string) {
		_, _ = workspace.Parse("supergraph.yaml", []byte(text))
	})
}
