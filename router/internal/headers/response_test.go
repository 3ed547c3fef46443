package headers_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/headers"
)

// returned gives the client's headers after answers of the subgraphs a, b, c …, one a text of header lines. They arrive in
// the opposite order of the plan's.
func returned(t *testing.T, rules []headers.ResponseRule, failed bool, answers ...string) string {
	t.Helper()
	compiled, err := headers.CompileResponses(rules, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := compiled.Collect()
	for i, lines := range slices.Backward(answers) {
		c.Arrived(i, string(rune('a'+i)), []byte(strings.ReplaceAll(lines, "\n", "\r\n")+"\r\n"))
	}
	if failed {
		c.Failed()
	}
	h := http.Header{"Vary": {"Accept"}}
	headers.Apply(h, c)
	var out strings.Builder
	if err := h.Write(&out); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(strings.ReplaceAll(strings.TrimPrefix(out.String(), "Vary: Accept\r\n"), "\r\n", "\n"), "\n")
}

func TestResponseHeadersAreMerged(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rules   []headers.ResponseRule
		answers []string
		want    string
	}{
		"nothing without a rule":     {[]headers.ResponseRule{{Propagate: "x-b"}}, []string{"X-A: 1"}, "Vary: Accept"},
		"the first in plan order":    {[]headers.ResponseRule{{Propagate: "x-a"}}, []string{"X-B: 0", "X-A: 1", "x-a: 2"}, "Vary: Accept\nX-A: 1"},
		"the last in plan order":     {[]headers.ResponseRule{{Propagate: "x-a", Merge: headers.MergeLast}}, []string{"X-A: 1", "x-a: 2"}, "Vary: Accept\nX-A: 2"},
		"all of them":                {[]headers.ResponseRule{{Propagate: "x-a", Merge: headers.MergeAppend}}, []string{"X-A: 1\nX-A: 2", "X-A: 3"}, "Vary: Accept\nX-A: 1\nX-A: 2\nX-A: 3"},
		"every cookie, whatever":     {[]headers.ResponseRule{{Propagate: "set-cookie", Merge: headers.MergeLast}}, []string{"Set-Cookie: a=1\nSet-Cookie: b=2", "Set-Cookie: c=3"}, "Set-Cookie: a=1\nSet-Cookie: b=2\nSet-Cookie: c=3\nVary: Accept"},
		"another name and a default": {[]headers.ResponseRule{{Propagate: "x-a", Rename: "x-z", Default: "d"}}, []string{"Date: x"}, "Vary: Accept\nX-Z: d"},
		"patterns spare what is about the connection or one answer": {[]headers.ResponseRule{{Propagate: "*"}},
			[]string{"X-A: 1\nX-Hop: 2\nConnection: x-hop\nContent-Type: text/plain\nTransfer-Encoding: chunked\nDate: now\nEtag: e\nAccess-Control-Allow-Origin: *"}, "Vary: Accept\nX-A: 1"},
		"removal and insertion":            {[]headers.ResponseRule{{Propagate: "x-*"}, {Remove: "x-a"}, {Insert: "x-c", Value: "c"}}, []string{"X-A: 1\nX-B: 2"}, "Vary: Accept\nX-B: 2\nX-C: c"},
		"insertion without any answer":     {[]headers.ResponseRule{{Insert: "x-c", Value: "c"}}, nil, "Vary: Accept\nX-C: c"},
		"Vary names everything once":       {[]headers.ResponseRule{{Propagate: "vary"}}, []string{"Vary: accept, X-Tenant", "Vary: X-Tenant, X-Other"}, "Vary: Accept, X-Tenant, X-Other"},
		"Vary on everything stays":         {[]headers.ResponseRule{{Propagate: "vary"}}, []string{"Vary: *"}, "Vary: *"},
		"hop-by-hop headers, though named": {[]headers.ResponseRule{{Propagate: "x-hop"}}, []string{"X-Hop: 2\nConnection: close, X-Hop"}, "Vary: Accept"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := returned(t, c.rules, false, c.answers...)
			if !strings.Contains(got, "Vary") {
				got = strings.TrimSuffix("Vary: Accept\n"+got, "\n")
			}
			if got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func TestCacheControlIsTheMostRestrictive(t *testing.T) {
	t.Parallel()
	rules := []headers.ResponseRule{{Propagate: "cache-control"}}
	for _, c := range []struct {
		answers []string
		want    string
	}{
		{[]string{"Cache-Control: private, no-store", "Cache-Control: public, max-age=300"}, "no-store"},
		{[]string{"Cache-Control: max-age=500", "Cache-Control: max-age=300"}, "max-age=300"},
		{[]string{"Cache-Control: public, max-age=60"}, "public, max-age=60"},
		{[]string{"Cache-Control: public, max-age=60", "Cache-Control: private, max-age=90"}, "private, max-age=60"},
		{[]string{"Cache-Control: public, max-age=60, s-maxage=600", "Cache-Control: public, max-age=90"}, "public, max-age=60, s-maxage=90"},
		{[]string{"Cache-Control: public, max-age=60", "X: no word of caching"}, "no-store"},
		{[]string{"Cache-Control: public", "Cache-Control: max-age=60"}, "max-age=0"},
		{[]string{"Cache-Control: max-age=60\nAge: 50", "Cache-Control: max-age=60\nAge: 10"}, "max-age=10"},
		{[]string{"Cache-Control: max-age=60\nAge: 70"}, "max-age=0"},
		{[]string{"Cache-Control: max-age=60, stale-while-revalidate=30, immutable", "Cache-Control: max-age=60, stale-if-error=9"}, "max-age=60"},
		{[]string{"Cache-Control: MAX-AGE=60, must-revalidate", "Cache-Control: max-age=\"50\", no-cache"}, "no-cache, must-revalidate, max-age=50"},
		{[]string{"Cache-Control: max-age=soon"}, "max-age=0"},
		{[]string{"Cache-Control: x-unknown"}, "no-store"},
	} {
		if got := returned(t, rules, false, c.answers...); got != "Cache-Control: "+c.want && got != "Cache-Control: "+c.want+"\nVary: Accept" {
			t.Errorf("%q: got %q, want %q", c.answers, got, c.want)
		}
		if got := returned(t, rules, true, c.answers...); !strings.Contains(got, "Cache-Control: no-store") {
			t.Errorf("%q with an error: got %q", c.answers, got)
		}
	}
	if got := returned(t, rules, false); strings.Contains(got, "Cache-Control") {
		t.Errorf("without answers: %q", got)
	}
	defaulted := []headers.ResponseRule{{Propagate: "cache-control", Default: "max-age=10"}}
	if got := returned(t, defaulted, false, "Cache-Control: max-age=60", "X: y"); !strings.Contains(got, "Cache-Control: max-age=10") {
		t.Errorf("with a default: %q", got)
	}
}

// TestCacheableResponsesVaryByWhatWasSent: a cache must not answer one caller with what depends on another's headers.
func TestCacheableResponsesVaryByWhatWasSent(t *testing.T) {
	t.Parallel()
	requests, err := headers.Compile([]headers.Rule{{Propagate: "x-tenant"}, {Insert: "x-user", Claim: "sub"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := headers.CompileResponses([]headers.ResponseRule{{Propagate: "cache-control"}}, nil, requests)
	if err != nil {
		t.Fatal(err)
	}
	for control, want := range map[string]string{"max-age=60": "Accept, Authorization, X-Tenant", "no-store": "Accept"} {
		c := compiled.Collect()
		c.Arrived(0, "users", []byte("Cache-Control: "+control+"\r\n"))
		h := http.Header{"Vary": {"Accept"}}
		headers.Apply(h, c)
		if h.Get("Vary") != want {
			t.Errorf("%s: Vary %q", control, h.Get("Vary"))
		}
	}
}

func TestBatchesMergeTheirOperations(t *testing.T) {
	t.Parallel()
	compiled, err := headers.CompileResponses([]headers.ResponseRule{{Propagate: "cache-control"}, {Propagate: "set-cookie"}, {Propagate: "x-a"}}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, second := compiled.Collect(), compiled.Collect()
	second.Arrived(0, "users", []byte("Cache-Control: max-age=5\r\nSet-Cookie: b=2\r\nX-A: 2\r\n"))
	first.Arrived(0, "users", []byte("Cache-Control: max-age=9\r\nSet-Cookie: a=1\r\nX-A: 1\r\n"))
	h := http.Header{}
	headers.Apply(h, first, nil, second)
	if got := h.Get("Cache-Control"); got != "max-age=5" || !slices.Equal(h["Set-Cookie"], []string{"a=1", "b=2"}) || !slices.Equal(h["X-A"], []string{"1"}) {
		t.Errorf("got %v", h)
	}
}

func TestResponseRulesPerSubgraph(t *testing.T) {
	t.Parallel()
	compiled, err := headers.CompileResponses(nil, map[string][]headers.ResponseRule{"users": {{Propagate: "x-a"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	c := compiled.Collect()
	c.Arrived(0, "payments", []byte("X-A: p\r\n"))
	c.Arrived(1, "users", []byte("X-A: u\r\n"))
	h := http.Header{}
	headers.Apply(h, c)
	if !slices.Equal(h["X-A"], []string{"u"}) {
		t.Errorf("got %v", h)
	}
}

func TestNoRulesCollectNothing(t *testing.T) {
	compiled, err := headers.CompileResponses(nil, map[string][]headers.ResponseRule{"users": {}}, nil)
	if err != nil || compiled != nil {
		t.Fatalf("%v, %v", compiled, err)
	}
	lines := []byte("X-A: 1\r\n")
	if n := testing.AllocsPerRun(100, func() {
		c := compiled.Collect()
		c.Arrived(0, "users", lines)
		c.Failed()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestCompileResponsesRefuses(t *testing.T) {
	t.Parallel()
	for _, rule := range []headers.ResponseRule{
		{Propagate: "connection"}, {Insert: "Content-Length", Value: "1"}, {Propagate: "x a"}, {Insert: "x", Value: "a\nb"},
		{Propagate: "x-*", Rename: "y"}, {Propagate: "x", Merge: headers.MergeStrictest}, {Propagate: "age"},
	} {
		if _, err := headers.CompileResponses([]headers.ResponseRule{rule}, nil, nil); err == nil {
			t.Errorf("%+v was accepted", rule)
		}
	}
}

func FuzzCacheControlNeverLoosens(f *testing.F) {
	f.Add("public, max-age=60", "private, s-maxage=5, no-cache")
	f.Fuzz(func(t *testing.T, one, other string) {
		if strings.ContainsAny(one+other, "\r\n") {
			return // no header value holds a line break
		}
		compiled, err := headers.CompileResponses([]headers.ResponseRule{{Propagate: "cache-control"}}, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		merge := func(values ...string) string {
			c := compiled.Collect()
			for i, v := range values {
				c.Arrived(i, "s", []byte("Cache-Control: "+v+"\r\n"))
			}
			h := http.Header{}
			headers.Apply(h, c)
			return h.Get("Cache-Control")
		}
		both := merge(one, other)
		if both != merge(other, one) {
			t.Errorf("%q and %q merge to %q, the other way round to %q", one, other, both, merge(other, one))
		}
		for _, alone := range []string{merge(one), merge(other)} {
			for _, strict := range []string{"no-store", "private", "no-cache", "must-revalidate"} {
				if has(alone, strict) && !has(both, strict) && both != "no-store" {
					t.Errorf("%q and %q merge to %q, without %s", one, other, both, strict)
				}
			}
		}
		if again := merge(both); again != both {
			t.Errorf("%q is read as %q", both, again)
		}
	})
}

func has(value, directive string) bool {
	return slices.Contains(strings.Split(value, ", "), directive)
}
