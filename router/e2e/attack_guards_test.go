package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// nestedGraph has its root type in the middle of operations, and what clients must not know of.
func nestedGraph(t *testing.T) (*service, string) {
	t.Helper()
	root := `{"__typename":"Query","public":"p","secret":"s","me":{"__typename":"User","id":"u1","name":"Ada","hidden":"h","grade":"SECRET"}}`
	for range 3 {
		root = strings.TrimSuffix(root, "}") + `,"self":` + root + "}"
	}
	s := subgraph(t, data(strings.TrimSuffix(root, "}")+`,"change":{"ok":true,"query":`+root+`}}`))
	return s, supergraphOf(t, graph{"one", s.URL, `
		type Query { public: String secret: String @authenticated self: Query me: User find(by: Filter): String }
		type Mutation { change: Change }
		type Change { ok: Boolean query: Query }
		type User @key(fields: "id") { id: ID! name: String hidden: String @inaccessible internal: Internal @inaccessible grade: Grade }
		type Internal @inaccessible { key: String }
		enum Grade { OPEN SECRET @inaccessible }
		input Filter { name: String backdoor: String @inaccessible }`})
}

// TestAttackRootInTheMiddle: a field whose type is Query is no way around what guards the root.
func TestAttackRootInTheMiddle(t *testing.T) {
	t.Parallel()
	s, sdl := nestedGraph(t)
	tokens := newIssuer(t)
	filtering := start(t, options{Supergraph: sdl, Config: tokens.Config() + "introspection: {enabled: false}\n"})
	rejecting := start(t, options{Supergraph: sdl, Config: tokens.Config() + "authorization: {mode: reject}\n"})
	for query, want := range map[string]string{
		`{ self { public secret } }`:                                                     `{"self":{"public":"p","secret":null}}`,
		`{ self { self { self { a: secret } } } }`:                                       `{"self":{"self":{"self":{"a":null}}}}`,
		`mutation { change { ok query { secret } } }`:                                    `{"change":{"ok":true,"query":{"secret":null}}}`,
		`mutation { change { query { self { ...q } } } } fragment q on Query { secret }`: `{"change":{"query":{"self":{"secret":null}}}}`,
		`{ ...q self { ...q } } fragment q on Query { secret }`:                          `{"secret":null,"self":{"secret":null}}`,
	} {
		s.Reset()
		a := filtering.Post(t, query)
		if a.DataJSON() != want || sent(t, s, "secret") || !slices.Contains(a.Codes(), denied) {
			t.Errorf("%s: %d %s, want %s; asked %s", query, a.Status, a.Body, want, s.Queries())
		}
		s.Reset()
		wantRefusal(t, query, rejecting.Post(t, query), http.StatusForbidden, denied, s)
	}
	for _, query := range []string{
		`mutation { change { ok query { __schema { queryType { name } } } } }`, `{ self { self { __type(name: "User") { name } } } }`,
		`mutation { change { ok query { ...q } } } fragment q on Query { self { x: __schema { types { name } } } }`,
	} {
		s.Reset()
		wantRefusal(t, query, filtering.Post(t, query, withHeader("Accept", "application/graphql-response+json")), http.StatusBadRequest, "INTROSPECTION_DISABLED", s)
	}
	for _, field := range []string{`_entities(representations: [{__typename: "User", id: "u1"}]) { ... on User { name } }`, `_service { sdl }`} {
		for _, query := range []string{"{ " + field + " }", "{ self { " + field + " } }", "mutation { change { query { " + field + " } } }", "{ ... on Query { x: " + field + " } }"} {
			s.Reset()
			wantRefusal(t, query, filtering.Post(t, query, withHeader("Accept", "application/graphql-response+json")), http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED", s)
		}
	}
}

// TestAttackInaccessible: what is not of the API can neither be asked nor found out, and a subgraph's answer does not show it.
func TestAttackInaccessible(t *testing.T) {
	t.Parallel()
	s, sdl := nestedGraph(t)
	r := start(t, options{Supergraph: sdl})
	for _, query := range []string{
		`{ me { hidden } }`, `{ me { x: hidden } }`, `{ me { ... on User { hidden } } }`, `{ me { internal { key } } }`, `{ me { ... on Internal { key } } }`,
		`{ find(by: {backdoor: "x"}) }`, `{ me { hiden } }`, `{ me { interna { key } } }`, `{ find(by: {backdor: "x"}) }`, `query($v: Internal) { public }`, `query($v: Interna) { public }`,
		`fragment f on Internal { key } { public }`, `{ me @key { name } }`, `{ me { name @inaccessible } }`, `{ public @join__field(graph: ONE) }`,
	} {
		s.Reset()
		a := r.Post(t, query, withHeader("Accept", "application/graphql-response+json"))
		wantRefusal(t, query, a, http.StatusBadRequest, "GRAPHQL_VALIDATION_FAILED", s)
		for _, name := range []string{"hidden", "internal", "Internal", "backdoor"} {
			if !strings.Contains(query, name) && strings.Contains(a.Body, name) {
				t.Errorf("%s: the answer tells %s: %s", query, name, a.Body)
			}
		}
	}
	s.Reset()
	if a := r.PostVariables(t, `query($f: Filter) { find(by: $f) }`, map[string]any{"f": map[string]any{"backdoor": "x"}}); len(a.Errors) == 0 || s.Count() != 0 {
		t.Errorf("by a variable: %d %s", a.Status, a.Body)
	}
	a := r.Post(t, `{ me { name grade } }`)
	if a.DataJSON() != `{"me":{"grade":null,"name":"Ada"}}` || len(a.Errors) != 1 || strings.Contains(a.Body, "SECRET") {
		t.Errorf("an enum's value: %s", a.Body)
	}
	a = r.Post(t, introspectionQuery)
	for _, name := range []string{"hidden", "internal", "Internal", "backdoor", "SECRET", "join__", "link__", "_entities", "_Service", "_Any", "FieldSet", "inaccessible"} {
		if a.Data == nil || strings.Contains(a.Body, name) {
			t.Errorf("introspection tells %s", name)
		}
	}
	for _, name := range []string{"Internal", "_Service", "_Any", "_Entity", "join__Graph", "link__Import"} {
		if a := r.Post(t, `{ __type(name: "`+name+`") { name fields { name } } }`); a.DataJSON() != `{"__type":null}` {
			t.Errorf("__type of %s: %s", name, a.Body)
		}
	}
}

// TestAttackSharedGuards: callers who ask the same at the same moment, some of whom may see a field and some not, each get
// their own answer, whatever requests share and whatever is kept of policies and tokens.
func TestAttackSharedGuards(t *testing.T) {
	t.Parallel()
	tokens := newIssuer(t)
	s := subgraph(t, data(`{"public":"p","salary":"100","plan":"secret"}`))
	hook := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		var question struct{ Claims map[string]any }
		_ = json.NewDecoder(r.Body).Decode(&question)
		if question.Claims["sub"] == "boss" {
			reply(w, `{"granted":["board"]}`)
			return
		}
		reply(w, `{"granted":[]}`)
	})
	r := start(t, options{
		Config: tokens.Config() + "sharing: {requests: all}\nauthorization:\n  hook: {url: \"" + hook.URL + "\", cache_time: 1h}\n",
		Supergraph: supergraphOf(t, graph{"one", s.URL, `type Query {
			public: String salary: String @requiresScopes(scopes: [["hr"]]) plan: String @policy(policies: [["board"]]) }`}),
	})
	type caller struct{ name, token, want string }
	callers := []caller{
		{"nobody", "", `{"plan":null,"public":"p","salary":null}`},
		{"clerk", tokens.Token(t, "clerk", jwt.MapClaims{"scope": "hr"}), `{"plan":null,"public":"p","salary":"100"}`},
		{"boss", tokens.Token(t, "boss"), `{"plan":"secret","public":"p","salary":null}`},
		{"guest", tokens.Token(t, "guest"), `{"plan":null,"public":"p","salary":null}`},
	}
	var all sync.WaitGroup
	for worker := range 8 {
		all.Go(func() {
			for i := range 60 {
				c := callers[(worker+i)%len(callers)]
				request, err := http.NewRequest(http.MethodPost, r.URL+"/graphql", strings.NewReader(`{"query":"{ public salary plan }"}`))
				if err != nil {
					t.Error(err)
					return
				}
				request.Header.Set("Content-Type", "application/json")
				if c.token != "" {
					request.Header.Set("Authorization", "Bearer "+c.token)
				}
				if a, err := r.Try(request); err != nil || a.DataJSON() != c.want {
					t.Errorf("%s got %v, %v", c.name, a, err)
					return
				}
			}
		})
	}
	all.Wait()
	if asked := hook.Count(); asked < 4 || asked > 4*8 {
		t.Errorf("the hook was asked %d times for 4 callers", asked)
	}
}
