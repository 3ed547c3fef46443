package headers_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/headers"
)

func apply(t *testing.T, rules []headers.Rule, client http.Header, claims map[string]any) string {
	t.Helper()
	compiled, err := headers.Compile(rules, nil, "Traceparent")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	compiled.Apply("users", &headers.Caller{Header: client, Claims: claims, Scopes: []string{"read", "write"}, Authenticated: claims != nil}, func(name, value string) { lines = append(lines, name+": "+value) })
	return strings.Join(lines, "\n")
}

func TestApply(t *testing.T) {
	t.Parallel()
	client := http.Header{
		"Authorization": {"Bearer t"}, "X-User-Id": {"admin"}, "X-A": {"1", "2"}, "X-B": {"b"}, "Connection": {"x-b, close"},
		"Traceparent": {"00-1-2-01"}, "Content-Length": {"12"}, "Transfer-Encoding": {"chunked"},
	}
	claims := map[string]any{"sub": "bob", "roles": []any{"A", "B"}, "level": 3.0, "bad": "a\r\nb"}
	for name, c := range map[string]struct {
		rules []headers.Rule
		want  string
	}{
		"nothing without rules":         {nil, ""},
		"a name":                        {[]headers.Rule{{Propagate: "authorization"}}, "Authorization: Bearer t"},
		"every value of a header":       {[]headers.Rule{{Propagate: "x-a"}}, "X-A: 1\nX-A: 2"},
		"a rename":                      {[]headers.Rule{{Propagate: "x-user-id", Rename: "x-c"}}, "X-C: admin"},
		"nothing that Connection names": {[]headers.Rule{{Propagate: "x-b"}, {Propagate: "x-user-id"}}, "X-User-Id: admin"},
		"nothing that is reserved":      {[]headers.Rule{{Propagate: "traceparent"}, {Insert: "traceparent", Value: "x"}, {Propagate: "x-user-id", Rename: "traceparent"}}, ""},
		"expressions": {[]headers.Rule{
			{Insert: "x-tenant", Expression: `claims.sub + "@" + header("x-a")`}, {Insert: "x-n", Expression: `len(scopes)`}, {Insert: "x-s", Expression: `scopes`},
			{Insert: "x-user-id", Expression: `authenticated ? nil : "?"`}, {Insert: "x-fails", Expression: `claims.none.none`}, {Insert: "x-bad", Expression: `claims.bad`},
		}, "X-N: 2\nX-S: read,write\nX-Tenant: bob@1"},
		"a default":                              {[]headers.Rule{{Propagate: "x-none", Default: "d"}}, "X-None: d"},
		"a pattern, but nothing hop-by-hop":      {[]headers.Rule{{Propagate: "*"}}, "Authorization: Bearer t\nX-A: 1\nX-A: 2\nX-User-Id: admin"},
		"a claim overwrites the client's header": {[]headers.Rule{{Propagate: "x-*"}, {Insert: "x-user-id", Claim: "sub"}}, "X-A: 1\nX-A: 2\nX-User-Id: bob"},
		"a missing claim removes the header":     {[]headers.Rule{{Propagate: "x-user-id"}, {Insert: "x-user-id", Claim: "none"}}, ""},
		"a claim with a line break is not sent":  {[]headers.Rule{{Insert: "x-user-id", Claim: "bad"}}, ""},
		"lists and numbers":                      {[]headers.Rule{{Insert: "x-r", Claim: "roles"}, {Insert: "x-l", Claim: "level"}}, "X-L: 3\nX-R: A,B"},
		"removal comes in order":                 {[]headers.Rule{{Propagate: "x-*"}, {Remove: "x-user*"}, {Insert: "x-z", Value: "z"}}, "X-A: 1\nX-A: 2\nX-Z: z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := apply(t, c.rules, client, claims); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	for _, rule := range []headers.Rule{
		{Propagate: "connection"}, {Insert: "Content-Length", Value: "1"}, {Propagate: "x a"}, {Insert: "x", Value: "a\nb"}, {Propagate: "x", Rename: "host"},
		{Insert: "x", Expression: "clams.sub"}, {Insert: "x", Expression: "1 +"},
	} {
		if _, err := headers.Compile([]headers.Rule{rule}, nil); err == nil {
			t.Errorf("%+v was accepted", rule)
		}
	}
}

func TestSubgraphRulesFollowThoseOfAll(t *testing.T) {
	t.Parallel()
	compiled, err := headers.Compile([]headers.Rule{{Propagate: "x-a"}}, map[string][]headers.Rule{"payments": {{Remove: "x-a"}}})
	if err != nil {
		t.Fatal(err)
	}
	count := func(subgraph string) (n int) {
		compiled.Apply(subgraph, &headers.Caller{Header: http.Header{"X-A": {"1"}}}, func(string, string) { n++ })
		return n
	}
	if count("users") != 1 || count("payments") != 0 {
		t.Errorf("users %d, payments %d", count("users"), count("payments"))
	}
}
