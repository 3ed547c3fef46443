package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestClientNames: what program a client says it is stands in the access log, cut to a bound; unless asked for it makes
// no series of metrics, and a subgraph learns it where header rules say so, and nowhere else.
func TestClientNames(t *testing.T) {
	t.Parallel()
	told, untold := subgraph(t, data(`{"a":1}`)), subgraph(t, data(`{"b":2}`))
	r := start(t, options{
		Admin: true,
		Config: `
log: {access: true}
headers:
  subgraphs:
    told:
      request:
        - propagate: graphql-client-name
        - propagate: apollographql-client-name
          rename: x-client
`,
		Supergraph: supergraphOf(t, graph{"told", told.URL, `type Query { a: Int }`}, graph{"untold", untold.URL, `type Query { b: Int }`}),
	})
	ask := func(headers ...string) {
		t.Helper()
		var changes []change
		for i := 0; i < len(headers); i += 2 {
			changes = append(changes, withHeader(headers[i], headers[i+1]))
		}
		if a := r.Post(t, `{ a b }`, changes...); a.DataJSON() != `{"a":1,"b":2}` {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	long := strings.Repeat("é", 100)
	for _, c := range []struct {
		what          string
		headers       []string
		name, version any // in the log; nil: they are not there
		graphql, own  string
	}{
		{"the common spelling", []string{"GraphQL-Client-Name", "shop", "GraphQL-Client-Version", "1.2"}, "shop", "1.2", "shop", ""},
		{"the ecosystem's", []string{"apollographql-client-name", "ios", "apollographql-client-version", "7"}, "ios", "7", "", "ios"},
		{"both", []string{"graphql-client-name", "a", "apollographql-client-name", "b"}, "b", "", "a", "b"},
		{"too long", []string{"graphql-client-name", long, "graphql-client-version", strings.Repeat("9", 300)}, strings.Repeat("é", 64), strings.Repeat("9", 128), long, ""},
		{"no text", []string{"graphql-client-name", "a\xff"}, nil, nil, "a\xff", ""},
		{"what looks like a line of the log", []string{"graphql-client-name", `"} {"msg":"forged`}, `"} {"msg":"forged`, "", `"} {"msg":"forged`, ""},
		{"none", nil, nil, nil, "", ""},
	} {
		before := len(r.requestLines())
		ask(c.headers...)
		r.eventually(t, "the request is in the access log", func() bool { return len(r.requestLines()) > before })
		line := r.requestLines()[before]
		if line["client"] != c.name || line["client_version"] != c.version {
			t.Errorf("%s: the log says %.200q, %.200q", c.what, line["client"], line["client_version"])
		}
		for _, name := range []string{"client", "client_version"} {
			if text, _ := line[name].(string); len(text) > 128 || !utf8.ValidString(text) {
				t.Errorf("%s: the log's %s has %d bytes", c.what, name, len(text))
			}
		}
		if h := told.Last(t).Header; h.Get("Graphql-Client-Name") != c.graphql || h.Get("X-Client") != c.own || h.Get("Apollographql-Client-Name") != "" {
			t.Errorf("%s: the subgraph was told %v", c.what, h)
		}
		for _, s := range []*service{told, untold} {
			for name, values := range s.Last(t).Header {
				if strings.Contains(strings.ToLower(name), "client") && (s == untold || strings.Contains(name, "Version")) {
					t.Errorf("%s: a subgraph got %s %v without a rule", c.what, name, values)
				}
			}
		}
	}
	// However many names there are, there are as many series as before.
	series := func() []string {
		var names []string
		for line := range strings.Lines(r.Metrics(t)) {
			if name, _, _ := strings.Cut(line, " "); !strings.HasPrefix(name, "go_") && !strings.HasPrefix(name, "process_") {
				names = append(names, name)
			}
		}
		return names
	}
	before := series()
	for i := range 50 {
		ask("graphql-client-name", fmt.Sprint("program", i), "graphql-client-version", fmt.Sprint(i))
	}
	if after := series(); !slices.Equal(before, after) {
		t.Errorf("50 clients made %d series of %d", len(after), len(before))
	}
	if text := r.Metrics(t); strings.Contains(text, "program") || strings.Contains(text, "shop") {
		t.Error("metrics hold what clients call themselves")
	}
}

// TestRequestsAreToldApartByClient: where a number of clients is set, so many names stand in metrics, and never more.
func TestRequestsAreToldApartByClient(t *testing.T) {
	t.Parallel()
	service := subgraph(t, data(`{"a":1}`))
	r := start(t, options{
		Admin: true, Config: `telemetry: {metrics: {clients: 2}}`, Supergraph: supergraphOf(t, graph{"a", service.URL, `type Query { a: Int }`}),
	})
	ask := func(status int, query string, changes ...change) {
		t.Helper()
		if a := r.Post(t, query, changes...); a.Status != status {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
	}
	ask(http.StatusOK, `{ a }`)
	for i := range 20 {
		ask(http.StatusBadRequest, "", withHeader("graphql-client-name", fmt.Sprint("junk", i)))
	}
	for _, name := range []string{"web", "ios", "web"} {
		ask(http.StatusOK, `{ a }`, withHeader("apollographql-client-name", name))
	}
	for i := range 20 {
		ask(http.StatusOK, `{ a }`, withHeader("graphql-client-name", fmt.Sprint("more", i)))
	}
	text := r.Metrics(t)
	for status, clients := range map[int]map[string]int{200: {"unknown": 1, "web": 2, "ios": 1, "_other": 20}, 400: {"_other": 20}} {
		for client, n := range clients {
			line := fmt.Sprintf(`http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="%d",http_route="/graphql",tributary_client_name=%q} %d`, status, client, n)
			if !strings.Contains(text, line+"\n") {
				t.Errorf("missing: %s", line)
			}
		}
	}
	if strings.Contains(text, "junk") || strings.Contains(text, "more") {
		t.Error("metrics hold more names than they may")
	}
}

// requestLines are the access log's lines for GraphQL requests, in order.
func (r *router) requestLines() []map[string]any {
	var lines []map[string]any
	for _, line := range r.LogLines() {
		if line["msg"] == "request" && line["path"] == "/graphql" {
			lines = append(lines, line)
		}
	}
	return lines
}
