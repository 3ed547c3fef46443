package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// guardedGraph has every kind of guard in two subgraphs.
type guardedGraph struct {
	users, money *service
	sdl          string
}

func newGuardedGraph(t *testing.T) *guardedGraph {
	t.Helper()
	g := &guardedGraph{}
	user := `{"__typename":"User","id":"u1","name":"Ada","email":"a@x","alias":"a@x","a":"Ada","first":"a@x","second":"a@x","mine":"a@x"}`
	g.users = subgraph(t, data(`{"me":`+user+`,"open":{"__typename":"User","id":"u1","name":"Ada","a":"Ada","email":"a@x"},
		"named":[{"__typename":"User","id":"u1","name":"Ada"},{"__typename":"Robot","id":"r1","name":"R2"}],
		"found":[{"__typename":"User","id":"u1","name":"Ada","email":"a@x"},{"__typename":"Vault","id":"v1","code":"1234"}],
		"vault":{"__typename":"Vault","id":"v1","code":"1234"},"seal":"S","grade":"TOP","rename":"done","ping":"pong","public":"p"}`))
	g.money = subgraph(t, entities(`{}`, func(user map[string]any) map[string]any {
		return map[string]any{"__typename": "User", "id": user["id"], "balance": 42, "invoice": fmt.Sprint("for ", user["email"]), "limit": 7}
	}))
	g.sdl = supergraphOf(t,
		graph{"users", g.users.URL, `
			type Query {
				me: User @authenticated
				open: User
				named: [Named!]
				found: [Found]
				vault: Vault
				seal: Seal
				grade: Grade
				public: String
			}
			type Mutation { rename: String @authenticated ping: String }
			interface Named { id: ID! name: String }
			type User implements Named @key(fields: "id") {
				id: ID!
				name: String
				email: String @requiresScopes(scopes: [["read:email"], ["staff", "support"]])
			}
			type Robot implements Named { id: ID! name: String @authenticated }
			type Vault @authenticated { id: ID! code: String! }
			union Found = User | Vault
			scalar Seal @requiresScopes(scopes: [["seal"]])
			enum Grade @policy(policies: [["grades"]]) { TOP LOW }`},
		graph{"money", g.money.URL, `
			type User @key(fields: "id") {
				id: ID!
				email: String @external
				balance: Int @policy(policies: [["finance"], ["auditor", "weekday"]])
				limit: Int
				invoice: String @requires(fields: "email") @requiresScopes(scopes: [["read:email"], ["staff", "support"]])
			}`},
	)
	return g
}

// sent tells whether a field was asked of a subgraph: it stands in a document, no guard around it is false, and it is not
// asked of an empty list of entities.
func sent(t *testing.T, s *service, field string) bool {
	t.Helper()
	for _, r := range s.Requests() {
		document, err := parser.ParseQuery(&ast.Source{Input: r.Query})
		if err != nil {
			t.Fatalf("a subgraph was sent %s: %v", r.Query, err)
		}
		for _, operation := range document.Operations {
			if asks(document, operation.SelectionSet, field, r.Variables) {
				return true
			}
		}
	}
	return false
}

func asks(document *ast.QueryDocument, set ast.SelectionSet, field string, variables map[string]any) bool {
	included := func(directives ast.DirectiveList) bool {
		include, skip := directives.ForName("include"), directives.ForName("skip")
		return (include == nil || variables[include.Arguments[0].Value.Raw] != false) && (skip == nil || variables[skip.Arguments[0].Value.Raw] != true)
	}
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			if s.Name == "_entities" && len(s.Arguments) > 0 {
				if list, _ := variables[s.Arguments[0].Value.Raw].([]any); len(list) == 0 {
					continue
				}
			}
			if included(s.Directives) && (s.Name == field || asks(document, s.SelectionSet, field, variables)) {
				return true
			}
		case *ast.InlineFragment:
			if included(s.Directives) && asks(document, s.SelectionSet, field, variables) {
				return true
			}
		case *ast.FragmentSpread:
			if included(s.Directives) && asks(document, document.Fragments.ForName(s.Name).SelectionSet, field, variables) {
				return true
			}
		}
	}
	return false
}

const denied = "UNAUTHORIZED_FIELD_OR_TYPE"

func TestUnauthorisedFieldsAreFiltered(t *testing.T) {
	t.Parallel()
	g := newGuardedGraph(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: g.sdl, Config: tokens.Config() + `
authorization:
  policies:
    finance: claims?.role == "accountant"
    auditor: '"audit" in scopes'
    weekday: header("x-day") != "sunday"
    grades: claims.level > 3
`})
	as := func(claims jwt.MapClaims) []change { return []change{withToken(tokens.Token(t, "ada", claims))} }
	none := jwt.MapClaims{}
	for _, c := range []struct {
		name    string
		query   string
		changes []change
		data    string
		errors  []string // paths
		users   []string // fields that the subgraph was asked for
		money   []string
		not     []string // fields that no subgraph was asked for
		silent  bool     // no fetch at all
	}{
		{name: "anonymous, a whole branch", query: `{ public me { name balance } }`, data: `{"me":null,"public":"p"}`,
			errors: []string{"me"}, users: []string{"public"}, not: []string{"me", "name", "balance"}},
		{name: "anonymous, nothing else asked", query: `{ me { name } }`, data: `{"me":null}`, errors: []string{"me"}, not: []string{"me"}, silent: true},
		{name: "an entity field that only they need", query: `{ open { name balance } }`, data: `{"open":{"balance":null,"name":"Ada"}}`,
			errors: []string{"open.balance"}, users: []string{"name"}, not: []string{"balance"}},
		{name: "beside one that others may see", query: `{ open { limit balance } }`, data: `{"open":{"balance":null,"limit":7}}`,
			errors: []string{"open.balance"}, money: []string{"limit"}, not: []string{"balance"}},
		{name: "what a required field needs", query: `{ open { invoice } }`, data: `{"open":{"invoice":null}}`,
			errors: []string{"open.invoice"}, not: []string{"invoice", "email"}},
		{name: "a required field with the scope", query: `{ open { invoice } }`, changes: as(jwt.MapClaims{"scope": "read:email"}),
			data: `{"open":{"invoice":"for a@x"}}`, money: []string{"invoice"}},
		{name: "an alias", query: `{ open { alias: email } }`, data: `{"open":{"alias":null}}`, errors: []string{"open.alias"}, not: []string{"email"}},
		{name: "an alias like another field", query: `{ open { name: email } }`, data: `{"open":{"name":null}}`, errors: []string{"open.name"}, not: []string{"email"}},
		{name: "through fragments", query: `{ open { ...a ... { ... on User { ...b } } } } fragment a on User { ...b name } fragment b on User { email }`,
			data: `{"open":{"email":null,"name":"Ada"}}`, errors: []string{"open.email"}, not: []string{"email"}},
		{name: "through a variable", query: `query($v: Boolean = true) { open { email @include(if: $v) name @skip(if: $v) } }`,
			data: `{"open":{"email":null}}`, errors: []string{"open.email"}, not: []string{"email"}},
		{name: "scope as text", query: `{ open { email } }`, changes: as(jwt.MapClaims{"scope": "x read:email"}), data: `{"open":{"email":"a@x"}}`},
		{name: "scp as a list", query: `{ open { email } }`, changes: as(jwt.MapClaims{"scp": []string{"read:email"}}), data: `{"open":{"email":"a@x"}}`},
		{name: "scp as text", query: `{ open { email } }`, changes: as(jwt.MapClaims{"scp": "read:email"}), data: `{"open":{"email":"a@x"}}`},
		{name: "scope as a list", query: `{ open { email } }`, changes: as(jwt.MapClaims{"scope": []string{"read:email"}}), data: `{"open":{"email":"a@x"}}`},
		{name: "both scopes of a row", query: `{ open { email } }`, changes: as(jwt.MapClaims{"scope": "support staff"}), data: `{"open":{"email":"a@x"}}`},
		{name: "one scope of a row", query: `{ open { email } }`, changes: as(jwt.MapClaims{"scope": "staff"}), data: `{"open":{"email":null}}`,
			errors: []string{"open.email"}, not: []string{"email"}},
		{name: "a part of a scope", query: `{ open { email } }`, changes: as(jwt.MapClaims{"scope": "read:emails read read:emai"}), data: `{"open":{"email":null}}`,
			errors: []string{"open.email"}, not: []string{"email"}},
		{name: "a policy by claim", query: `{ open { balance } }`, changes: as(jwt.MapClaims{"role": "accountant"}), data: `{"open":{"balance":42}}`},
		{name: "two policies of a row", query: `{ open { balance } }`, changes: as(jwt.MapClaims{"scope": "audit"}), data: `{"open":{"balance":42}}`},
		{name: "one policy of a row", query: `{ open { balance } }`, changes: append(as(jwt.MapClaims{"scope": "audit"}), withHeader("X-Day", "sunday")),
			data: `{"open":{"balance":null}}`, errors: []string{"open.balance"}, not: []string{"balance"}},
		{name: "an expression that fails", query: `{ grade }`, changes: as(none), data: `{"grade":null}`, errors: []string{"grade"}, not: []string{"grade"}, silent: true},
		{name: "an enum's policy", query: `{ grade }`, changes: as(jwt.MapClaims{"level": 4}), data: `{"grade":"TOP"}`},
		{name: "a scalar's scope", query: `{ seal public }`, changes: as(none), data: `{"public":"p","seal":null}`, errors: []string{"seal"}, not: []string{"seal"}},
		{name: "a type that nobody may see", query: `{ vault { __typename } }`, data: `{"vault":null}`, errors: []string{"vault"}, not: []string{"vault"}, silent: true},
		{name: "its fields through a union", query: `{ found { ... on Vault { code } ... on User { name } } }`, data: `{"found":[{"name":"Ada"},null]}`,
			errors: []string{"found.1.code"}, users: []string{"name"}, not: []string{"code"}},
		{name: "a union for those who may", query: `{ found { ... on Vault { code } } }`, changes: as(none), data: `{"found":[{},{"code":"1234"}]}`},
		{name: "an interface's field of one type", query: `{ open { ... on Named { name } } }`, data: `{"open":{"name":null}}`, errors: []string{"open.name"}, not: []string{"name"}},
		{name: "an interface asks what any of its types does", query: `{ named { name } }`, data: `{"named":[{"name":null},{"name":null}]}`,
			errors: []string{"named.0.name", "named.1.name"}, not: []string{"name"}},
		{name: "one of its types alone", query: `{ named { ... on User { name } ... on Robot { name } } }`, data: `{"named":[{"name":"Ada"},{"name":null}]}`,
			errors: []string{"named.1.name"}},
		{name: "an interface for those who may", query: `{ named { name } }`, changes: as(none), data: `{"named":[{"name":"Ada"},{"name":"R2"}]}`},
		{name: "a mutation that nobody may make", query: `mutation { rename ping }`, data: `{"ping":"pong","rename":null}`, errors: []string{"rename"},
			users: []string{"ping"}, not: []string{"rename"}},
		{name: "a mutation", query: `mutation { rename }`, changes: as(none), data: `{"rename":"done"}`},
	} {
		for _, s := range []*service{g.users, g.money} {
			s.Reset()
		}
		a := r.Post(t, c.query, c.changes...)
		var paths []string
		for _, e := range a.Errors {
			if e.Code() != denied {
				t.Errorf("%s: an error with the code %s", c.name, e.Code())
			}
			var path []string
			for _, p := range e.Path {
				path = append(path, fmt.Sprint(p))
			}
			paths = append(paths, strings.Join(path, "."))
		}
		if a.Status != http.StatusOK || a.DataJSON() != c.data || !slices.Equal(paths, c.errors) {
			t.Errorf("%s: got %d %s, want %s with errors at %v", c.name, a.Status, a.Body, c.data, c.errors)
		}
		for _, field := range c.users {
			if !sent(t, g.users, field) {
				t.Errorf("%s: users was not asked for %s: %s", c.name, field, g.users.Queries())
			}
		}
		for _, field := range c.money {
			if !sent(t, g.money, field) {
				t.Errorf("%s: money was not asked for %s: %s", c.name, field, g.money.Queries())
			}
		}
		for _, field := range c.not {
			if sent(t, g.users, field) || sent(t, g.money, field) {
				t.Errorf("%s: %s was asked for: %s%s", c.name, field, g.users.Queries(), g.money.Queries())
			}
		}
		if c.silent && g.users.Count()+g.money.Count() > 0 {
			t.Errorf("%s: a fetch was made although nothing of it may be seen: %s%s", c.name, g.users.Queries(), g.money.Queries())
		}
	}
}

// TestUnauthorisedOperationsAreRejected: in this mode one field is enough to refuse all, and to ask nothing of anybody; what
// else the supergraph guards does not matter.
func TestUnauthorisedOperationsAreRejected(t *testing.T) {
	t.Parallel()
	g := newGuardedGraph(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: g.sdl, Config: tokens.Config() + "authorization: {mode: reject}\n"})
	for _, query := range []string{`{ public open { balance } }`, `{ open { ... on Named { ... on User { a: email } } } }`, `mutation { ping rename }`} {
		wantRefusal(t, query, r.Post(t, query), http.StatusForbidden, denied, g.users, g.money)
	}
	if a := r.Post(t, `{ public open { name limit } }`); a.Status != http.StatusOK || len(a.Errors) > 0 || a.DataJSON() != `{"open":{"limit":7,"name":"Ada"},"public":"p"}` {
		t.Errorf("a public operation: %d %s", a.Status, a.Body)
	}
	if a := r.Post(t, `{ me { email } }`, withToken(tokens.Token(t, "ada", jwt.MapClaims{"scope": "read:email"}))); a.DataJSON() != `{"me":{"email":"a@x"}}` {
		t.Errorf("with the scope: %d %s", a.Status, a.Body)
	}
}

// TestWhatIsLeftOutDemandsNothing: @skip and @include take guarded fields out of an operation, so that nobody need be allowed
// to see them; what they leave in is guarded as ever.
func TestWhatIsLeftOutDemandsNothing(t *testing.T) {
	t.Parallel()
	g := newGuardedGraph(t)
	tokens := newIssuer(t)
	hook := subgraph(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, `{"granted":[]}`) })
	authorization := func(mode string) string {
		return tokens.Config() + "authorization: {mode: " + mode + ", hook: {url: \"" + hook.URL + "\"}}\n"
	}
	rejecting := start(t, options{Supergraph: g.sdl, Config: authorization("reject")})
	filtering := start(t, options{Supergraph: g.sdl, Config: authorization("filter")})
	given := func(v bool) map[string]any { return map[string]any{"v": v} }
	for _, c := range []struct {
		name, query string
		out         map[string]any // variables that leave the guarded field out; nil: it always is
		data        string         // without it
		in          map[string]any // variables that leave it in
		filtered    string         // data with it, for those who may not see it
		guarded     string
	}{
		{"a literal on the field", `{ public open { name limit @skip(if: true) email @include(if: false) } }`, nil, `{"open":{"name":"Ada"},"public":"p"}`, nil, "", "email"},
		{"a literal around it", `{ public open @skip(if: true) { email } me @include(if: false) { name } }`, nil, `{"public":"p"}`, nil, "", "me"},
		{"skipped by a variable", `query($v: Boolean!) { public open { name email @skip(if: $v) } }`, given(true), `{"open":{"name":"Ada"},"public":"p"}`,
			given(false), `{"open":{"email":null,"name":"Ada"},"public":"p"}`, "email"},
		{"not included by a default", `query($v: Boolean = false) { public open { name email @include(if: $v) } }`, map[string]any{}, `{"open":{"name":"Ada"},"public":"p"}`,
			given(true), `{"open":{"email":null,"name":"Ada"},"public":"p"}`, "email"},
		{"around it by a variable", `query($v: Boolean!) { public me @include(if: $v) { name } }`, given(false), `{"public":"p"}`, given(true), `{"me":null,"public":"p"}`, "me"},
		{"an entity field of another subgraph", `query($v: Boolean!) { open { limit balance @include(if: $v) } }`, given(false), `{"open":{"limit":7}}`,
			given(true), `{"open":{"balance":null,"limit":7}}`, "balance"},
		{"a fragment", `query($v: Boolean!) { public ...f @skip(if: $v) } fragment f on Query { open { ...g } } fragment g on User { email }`, given(true), `{"public":"p"}`,
			given(false), `{"open":{"email":null},"public":"p"}`, "email"},
		{"a type behind a union", `query($v: Boolean!) { found { ... on User { name } ... on Vault @include(if: $v) { code } } }`, given(false), `{"found":[{"name":"Ada"},{}]}`,
			given(true), `{"found":[{"name":"Ada"},null]}`, "code"},
		{"a mutation", `mutation($v: Boolean!) { ping rename @skip(if: $v) }`, given(true), `{"ping":"pong"}`, given(false), `{"ping":"pong","rename":null}`, "rename"},
		{"both ways at once", `query($v: Boolean!) { public open { name email @include(if: $v) @skip(if: $v) } }`, given(true), `{"open":{"name":"Ada"},"public":"p"}`, nil, "", "email"},
		{"left out at one place alone", `query($v: Boolean!) { public open { a: name ...f @include(if: $v) ...f } } fragment f on User { email }`, nil, "",
			given(false), `{"open":{"a":"Ada","email":null},"public":"p"}`, "email"},
	} {
		for _, r := range []*router{rejecting, filtering} {
			for _, s := range []*service{g.users, g.money, hook} {
				s.Reset()
			}
			if c.data != "" {
				if a := r.PostVariables(t, c.query, c.out); a.Status != http.StatusOK || len(a.Errors) > 0 || a.DataJSON() != c.data {
					t.Errorf("%s, left out: %d %s", c.name, a.Status, a.Body)
				}
				if sent(t, g.users, c.guarded) || sent(t, g.money, c.guarded) || hook.Count() > 0 {
					t.Errorf("%s, left out: asked %s%s and the hook %d times", c.name, g.users.Queries(), g.money.Queries(), hook.Count())
				}
			}
			if c.in == nil {
				continue
			}
			g.users.Reset()
			g.money.Reset()
			a := r.PostVariables(t, c.query, c.in)
			if r == rejecting {
				wantRefusal(t, c.name+", left in", a, http.StatusForbidden, denied, g.users, g.money)
			} else if a.Status != http.StatusOK || !slices.Equal(a.Codes(), []string{denied}) || a.DataJSON() != c.filtered || sent(t, g.users, c.guarded) || sent(t, g.money, c.guarded) {
				t.Errorf("%s, left in: %d %s; asked %s%s", c.name, a.Status, a.Body, g.users.Queries(), g.money.Queries())
			}
		}
	}
}

// TestPolicyHook: one call with all policies that matter, the caller as the router knows it, and nothing granted by accident.
func TestPolicyHook(t *testing.T) {
	t.Parallel()
	g := newGuardedGraph(t)
	tokens := newIssuer(t)
	var handler http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
		var question struct {
			Policies []string
			Claims   map[string]any
			Headers  map[string][]string
		}
		_ = json.NewDecoder(r.Body).Decode(&question)
		switch question.Claims["sub"] {
		case "ada":
			reply(w, `{"granted":["finance","grades"]}`)
		case "broken":
			reply(w, `{"granted":`)
		case "error":
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = io.WriteString(w, `{"granted":["finance","grades"]}`)
		case "slow":
			<-r.Context().Done()
		default:
			reply(w, `{"granted":[]}`)
		}
	}
	hook := subgraph(t, handler)
	r := start(t, options{Supergraph: g.sdl, Config: tokens.Config() + `
authorization:
  policies: {weekday: "true"}
  hook: {url: "` + hook.URL + `", timeout: 200ms, headers: [x-tenant]}
`})
	const query = `{ grade open { balance again: balance } }`
	if a := r.Post(t, query, withToken(tokens.Token(t, "ada")), withHeader("X-Tenant", "t1"), withHeader("Cookie", "c=1")); a.DataJSON() != `{"grade":"TOP","open":{"again":42,"balance":42}}` {
		t.Logf("aliases are not covered by the fake: %s", a.Body)
		if !strings.Contains(a.Body, `"grade":"TOP"`) || slices.Contains(a.Codes(), denied) {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	if hook.Count() != 1 {
		t.Errorf("%d calls for one operation", hook.Count())
	}
	asked := hook.Last(t).Body
	for _, want := range []string{`"policies":["auditor","finance","grades"]`, `"sub":"ada"`, `"X-Tenant":["t1"]`} {
		if !strings.Contains(asked, want) {
			t.Errorf("the hook was told %s, without %s", asked, want)
		}
	}
	if strings.Contains(asked, "Cookie") || strings.Contains(asked, "Bearer") {
		t.Errorf("the hook was told %s", asked)
	}
	for _, subject := range []string{"eve", "broken", "error", "slow"} {
		g.money.Reset()
		g.users.Reset()
		if a := r.Post(t, `{ grade open { balance } }`, withToken(tokens.Token(t, subject))); a.DataJSON() != `{"grade":null,"open":{"balance":null}}` || !slices.Equal(a.Codes(), []string{denied, denied}) {
			t.Errorf("%s: %d %s", subject, a.Status, a.Body)
		}
		if g.money.Count() != 0 || sent(t, g.users, "grade") {
			t.Errorf("%s: asked %s%s", subject, g.users.Queries(), g.money.Queries())
		}
	}
	before := hook.Count()
	if a := r.Post(t, `{ public me { name } }`, withToken(tokens.Token(t, "eve"))); len(a.Errors) > 0 || hook.Count() != before {
		t.Errorf("without policies: %s after %d calls", a.Body, hook.Count()-before)
	}
	if !strings.Contains(r.WaitLog(t, "policies cannot be decided"), "grades") {
		t.Error("the log does not name the policies")
	}
}

// TestPolicyHookAnswersAreKept for the caller that they are about.
func TestPolicyHookAnswersAreKept(t *testing.T) {
	t.Parallel()
	g := newGuardedGraph(t)
	tokens := newIssuer(t)
	hook := subgraph(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, `{"granted":["grades"]}`) })
	r := start(t, options{Supergraph: g.sdl, Config: tokens.Config() + "authorization:\n  hook: {url: \"" + hook.URL + "\", cache_time: 1h}\n"})
	ada, eve := tokens.Token(t, "ada"), tokens.Token(t, "eve")
	for i, c := range []struct {
		token string
		calls int
	}{{ada, 1}, {ada, 1}, {eve, 2}, {eve, 2}, {ada, 2}} {
		if a := r.Post(t, `{ grade }`, withToken(c.token)); a.DataJSON() != `{"grade":"TOP"}` || hook.Count() != c.calls {
			t.Errorf("request %d: %s after %d calls, want %d", i, a.Body, hook.Count(), c.calls)
		}
	}
}

// TestABatchAsksThePolicyHookOnce for what its operations need alike, also when nothing is kept between requests.
func TestABatchAsksThePolicyHookOnce(t *testing.T) {
	t.Parallel()
	g := newGuardedGraph(t)
	tokens := newIssuer(t)
	hook := subgraph(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, `{"granted":["grades"]}`) })
	r := start(t, options{Supergraph: g.sdl, Config: tokens.Config() + "authorization:\n  hook: {url: \"" + hook.URL + "\"}\n"})
	batch := func(queries ...string) []byte {
		var operations []map[string]string
		for _, query := range queries {
			operations = append(operations, map[string]string{"query": query})
		}
		text, err := json.Marshal(operations)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	grade, balance := `{ grade }`, `{ open { balance } }`
	const seen, hidden = `{"data":{"grade":"TOP"}}`, `{"data":{"open":{"balance":null}},"errors":`
	for _, c := range []struct {
		name  string
		body  []byte
		calls int
		seen  int
		null  int
	}{
		{"alike", batch(grade, grade, grade, grade, `{ public }`, grade), 1, 5, 0},
		{"two questions", batch(grade, balance, grade, balance), 2, 2, 2},
		{"again", batch(grade, grade), 1, 2, 0},
	} {
		for _, who := range []string{"ada", "eve"} {
			hook.Reset()
			a := r.PostBody(t, c.body, withToken(tokens.Token(t, who)))
			if a.Status != http.StatusOK || strings.Count(a.Body, seen) != c.seen || strings.Count(a.Body, hidden) != c.null {
				t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
			}
			if hook.Count() != c.calls || !strings.Contains(hook.Last(t).Body, `"sub":"`+who+`"`) {
				t.Errorf("%s: %d calls, want %d, the last with %s", c.name, hook.Count(), c.calls, hook.Last(t).Body)
			}
		}
	}
}
