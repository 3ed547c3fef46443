package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// question is what a coprocessor is asked.
type question struct {
	Stage         string
	Headers       map[string][]string
	Context       map[string]any
	OperationName string
	Subgraph      string
	Status        int
	Claims        map[string]any
	Body          any
}

// TestACoprocessorTakesPart at all points: it sees what is configured, changes headers on both sides, and refuses.
func TestACoprocessorTakesPart(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"public":"p","secret":"s"}`))
	tokens := newIssuer(t)
	helper := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		var q question
		_ = json.NewDecoder(r.Body).Decode(&q)
		switch {
		case q.Stage == "request" && slices.Contains(q.Headers["X-Tenant"], "banned"):
			reply(w, `{"reject":{"status":451,"errors":[{"message":"no","extensions":{"code":"BANNED"}}],"headers":{"x-why":["law"]}}}`)
		case q.Stage == "request":
			reply(w, `{"headers":{"set":{"x-tenant":["acme"]},"remove":["x-evil"]},"context":{"seen":1}}`)
		case q.Stage == "operation" && q.OperationName == "Forbidden":
			reply(w, `{"reject":{"status":403,"errors":[{"message":"not this one","extensions":{"code":"NOT_ALLOWED"}}]}}`)
		case q.Stage == "fetch":
			reply(w, `{"headers":{"set":{"x-signed-for":["`+q.Subgraph+`"]}}}`)
		case q.Stage == "response":
			reply(w, `{"headers":{"set":{"x-answered":["yes"]}}}`)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	r := start(t, options{Supergraph: supergraphOf(t, graph{"one", s.URL, `type Query { public: String secret: String @authenticated }`}), Config: tokens.Config() + `
headers:
  all:
    request: [{propagate: "x-*"}]
coprocessor:
  url: ` + helper.URL + `
  stages:
    - {on: request, headers: [X-Tenant]}
    - {on: operation, operation: true, claims: true, context: true}
    - {on: fetch, body: true}
    - {on: response}
`})
	a := r.Post(t, `query Fine { public }`, withHeader("X-Tenant", "other"), withHeader("X-Evil", "1"), withToken(tokens.Token(t, "ada")))
	if a.Status != http.StatusOK || a.DataJSON() != `{"public":"p"}` || a.Header.Get("X-Answered") != "yes" {
		t.Errorf("%d %v %s", a.Status, a.Header, a.Body)
	}
	if h := s.Last(t).Header; h.Get("X-Tenant") != "acme" || h.Get("X-Evil") != "" || h.Get("X-Signed-For") != "one" {
		t.Errorf("the subgraph got %v", h)
	}
	var stages []string
	for _, asked := range helper.Requests() {
		var q question
		if err := json.Unmarshal([]byte(asked.Body), &q); err != nil {
			t.Fatal(err)
		}
		stages = append(stages, q.Stage)
		if q.Stage == "operation" && (q.OperationName != "Fine" || q.Claims["sub"] != "ada" || q.Context["seen"] != 1.0 || q.Headers != nil) {
			t.Errorf("asked %s", asked.Body)
		}
		if q.Stage == "fetch" && !strings.Contains(asked.Body, `"query":"`) {
			t.Errorf("asked %s", asked.Body)
		}
	}
	if !slices.Equal(stages, []string{"request", "operation", "fetch", "response"}) {
		t.Errorf("asked at %v", stages)
	}
	s.Reset()
	refused := r.Post(t, `{public}`, withHeader("X-Tenant", "banned"))
	wantRefusal(t, "a request", refused, http.StatusUnavailableForLegalReasons, "BANNED", s)
	if refused.Header.Get("X-Why") != "law" {
		t.Errorf("headers of the refusal: %v", refused.Header)
	}
	wantRefusal(t, "an operation", r.Post(t, `query Forbidden { public }`), http.StatusForbidden, "NOT_ALLOWED", s)
}

// TestACoprocessorThatFails: requests are refused, or go on, as configured.
func TestACoprocessorThatFails(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"public":"p"}`))
	sdl := supergraphOf(t, graph{"one", s.URL, `type Query { public: String }`})
	hangs := subgraph(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	for _, stage := range []string{"request", "operation", "response"} {
		config := "coprocessor:\n  url: " + hangs.URL + "\n  timeout: 50ms\n  stages: [{on: " + stage + "}]\n"
		closed := start(t, options{Supergraph: sdl, Config: config})
		s.Reset()
		a := closed.Post(t, `{public}`)
		if a.Status != http.StatusServiceUnavailable || !slices.Equal(a.Codes(), []string{"COPROCESSOR_UNAVAILABLE"}) || a.Data != nil || stage != "response" && s.Count() != 0 {
			t.Errorf("%s, closed: %d %s", stage, a.Status, a.Body)
		}
		open := start(t, options{Supergraph: sdl, Config: config + "  on_error: allow\n"})
		if a := open.Post(t, `{public}`); a.DataJSON() != `{"public":"p"}` {
			t.Errorf("%s, open: %d %s", stage, a.Status, a.Body)
		}
	}
	config := "coprocessor:\n  url: " + hangs.URL + "\n  timeout: 50ms\n  stages: [{on: fetch}]\n"
	closed := start(t, options{Supergraph: sdl, Config: config})
	s.Reset()
	if a := closed.Post(t, `{public}`); a.DataJSON() != `{"public":null}` || !slices.Equal(a.Codes(), []string{"COPROCESSOR_UNAVAILABLE"}) || s.Count() != 0 {
		t.Errorf("fetch, closed: %d %s", a.Status, a.Body)
	}
}
