package e2e

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const headerRules = `
headers:
  all:
    request:
      - {propagate: "x-*"}
      - {propagate: authorization}
      - {remove: x-secret}
      - {propagate: x-old, rename: x-new}
      - {propagate: x-none, default: fallback}
      - {insert: x-user, claim: sub}
      - {insert: x-tenant, expression: 'header("x-org") + "/" + (authenticated ? "in" : "out")'}
    response:
      - {propagate: cache-control}
      - {propagate: set-cookie}
      - {propagate: x-first}
      - {propagate: x-all, merge: append}
      - {propagate: x-last, merge: last}
      - {insert: x-router, value: tributary}
`

// headerSubgraph answers like handler with headers beside.
func withHeaders(handler http.HandlerFunc, lines ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, line := range lines {
			name, value, _ := strings.Cut(line, ": ")
			w.Header().Add(name, value)
		}
		handler(w, r)
	}
}

func TestHeadersGoBothWays(t *testing.T) {
	t.Parallel()
	users := subgraph(t, withHeaders(data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`),
		"Cache-Control: public, max-age=300", "Set-Cookie: a=1", "Set-Cookie: b=2", "X-First: users", "X-All: users", "X-Last: users", "X-Private: no"))
	payments := subgraph(t, withHeaders(entities(`{}`, func(user map[string]any) map[string]any {
		return map[string]any{"__typename": "User", "id": user["id"], "balance": 42}
	}), "Cache-Control: max-age=500", "Set-Cookie: c=3", "X-First: payments", "X-All: payments", "X-Last: payments"))
	tokens := newIssuer(t)
	r := start(t, options{Config: tokens.Config() + headerRules, Supergraph: supergraphOf(t,
		graph{"users", users.URL, userSDL}, graph{"payments", payments.URL, balanceSDL})})

	a := r.Post(t, `{ me { name balance } }`, withToken(tokens.Token(t, "u1")), withHeader("X-Secret", "s"), withHeader("X-Old", "o"),
		withHeader("X-Org", "acme"), withHeader("X-User", "admin"), withHeader("Connection", "X-Hop"), withHeader("X-Hop", "h"))
	if a.Status != http.StatusOK || len(a.Errors) > 0 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}
	for _, s := range []*service{users, payments} {
		h := s.Last(t).Header
		for name, want := range map[string]string{
			"X-Secret": "", "X-New": "o", "X-None": "fallback", "X-User": "u1", "X-Tenant": "acme/in", "X-Hop": "", "Connection": "",
		} {
			if got := strings.Join(h[name], "|"); got != want {
				t.Errorf("%s went out as %q, want %q", name, got, want)
			}
		}
		if len(h["Content-Type"]) != 1 || !strings.HasPrefix(h.Get("Authorization"), "Bearer ") {
			t.Errorf("went out: %v", h)
		}
	}
	for name, want := range map[string]string{
		"Cache-Control": "max-age=300", "Set-Cookie": "a=1|b=2|c=3", "X-First": "users", "X-All": "users|payments", "X-Last": "payments",
		"X-Router": "tributary", "X-Private": "",
	} {
		if got := strings.Join(a.Header[name], "|"); got != want {
			t.Errorf("%s came back as %q, want %q", name, got, want)
		}
	}
	if vary := a.Header["Vary"]; len(vary) != 1 || vary[0] != "*" {
		t.Errorf("Vary %q: the rules send whatever headers a client has", vary)
	}
}

func TestErrorsAreNotCached(t *testing.T) {
	t.Parallel()
	users := subgraph(t, withHeaders(data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`), "Cache-Control: public, max-age=300", "Set-Cookie: a=1"))
	payments := subgraph(t, withHeaders(fieldError, "Cache-Control: public, max-age=300", "Set-Cookie: b=2"))
	r := start(t, options{Config: headerRules, Supergraph: supergraphOf(t, graph{"users", users.URL, userSDL}, graph{"payments", payments.URL, balanceSDL})})
	for query, want := range map[string]string{
		`{ me { name } }`: "public, max-age=300", `{ me { name balance } }`: "no-store", `{ nothing }`: "no-store", `{`: "no-store",
	} {
		if a := r.Post(t, query); a.Header.Get("Cache-Control") != want {
			t.Errorf("%s: Cache-Control %q, want %q", query, a.Header.Get("Cache-Control"), want)
		}
	}
	// A batch is as private as the most private of its operations.
	a := r.PostBody(t, []byte(`[{"query":"{ me { name } }"},{"query":"{ me { balance } }"}]`))
	if a.Header.Get("Cache-Control") != "no-store" || !slices.Equal(a.Header["Set-Cookie"], []string{"a=1", "a=1", "b=2"}) {
		t.Errorf("batch: %v", a.Header)
	}
}

// TestHeadersAreTheSameOverHTTP2: the client for HTTP/2 and TLS applies the same rules.
func TestHeadersAreTheSameOverHTTP2(t *testing.T) {
	t.Parallel()
	seen := make(chan http.Header, 2)
	handler := withHeaders(func(w http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Clone()
		reply(w, `{"data":{"me":{"__typename":"User","id":"u1","name":"Ada"}}}`)
	}, "Set-Cookie: a=1", "Set-Cookie: b=2", "X-All: 1", "Cache-Control: max-age=7")
	overHTTP2 := httptest.NewUnstartedServer(handler)
	overHTTP2.Config.Protocols = new(http.Protocols)
	overHTTP2.Config.Protocols.SetUnencryptedHTTP2(true)
	overHTTP2.Start()
	t.Cleanup(overHTTP2.Close)
	overHTTP1 := httptest.NewServer(handler)
	t.Cleanup(overHTTP1.Close)
	var sent, returned []string
	for i, url := range []string{overHTTP1.URL, overHTTP2.URL} {
		config := headerRules
		if i == 1 {
			config += "subgraphs: {users: {http2: true}}\n"
		}
		r := start(t, options{Config: config, Supergraph: supergraphOf(t, graph{"users", url, userSDL})})
		a := r.Post(t, `{ me { name } }`, withHeader("X-Old", "o"), withHeader("X-Secret", "s"), withHeader("X-Org", "acme"))
		h := <-seen
		h.Del("Content-Length")
		sent = append(sent, headerText(h))
		a.Header.Del("Date")
		returned = append(returned, headerText(a.Header))
	}
	if sent[0] != sent[1] {
		t.Errorf("HTTP/1.1 sent\n%s\nHTTP/2 sent\n%s", sent[0], sent[1])
	}
	if returned[0] != returned[1] || !strings.Contains(returned[0], "Set-Cookie: b=2") {
		t.Errorf("HTTP/1.1 returned\n%s\nHTTP/2 returned\n%s", returned[0], returned[1])
	}
}

func headerText(h http.Header) string {
	var b strings.Builder
	_ = h.Write(&b) // into memory, sorted
	return b.String()
}
