package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestRequestsThatAreNoGraphQL: whatever is wrong with a request, the answer says what by status and code, in a GraphQL
// response (GraphQL over HTTP, "Status Codes").
func TestRequestsThatAreNoGraphQL(t *testing.T) {
	t.Parallel()
	r, s := hello(t, options{})
	for _, c := range []struct {
		name, contentType, body string
		status                  int
		code                    string
	}{
		{"an empty body", "application/json", ``, 400, "BAD_REQUEST"},
		{"white space", "application/json", "  \n", 400, "BAD_REQUEST"},
		{"no JSON", "application/json", `{ hello }`, 400, "BAD_REQUEST"},
		{"JSON that breaks off", "application/json", `{"query": "{ hello }"`, 400, "BAD_REQUEST"},
		{"something behind the JSON", "application/json", `{"query": "{ hello }"} {}`, 400, "BAD_REQUEST"},
		{"a list", "application/json", `[]`, 400, "BAD_REQUEST"},
		{"a list of other things", "application/json", `[1]`, 400, "BAD_REQUEST"},
		{"a string", "application/json", `"{ hello }"`, 400, "BAD_REQUEST"},
		{"null", "application/json", `null`, 400, "BAD_REQUEST"},
		{"no query", "application/json", `{}`, 400, "BAD_REQUEST"},
		{"query null", "application/json", `{"query": null}`, 400, "BAD_REQUEST"},
		{"query empty", "application/json", `{"query": ""}`, 400, "BAD_REQUEST"},
		{"query a number", "application/json", `{"query": 1}`, 400, "BAD_REQUEST"},
		{"query an object", "application/json", `{"query": {}}`, 400, "BAD_REQUEST"},
		{"operationName a number", "application/json", `{"query": "{ hello }", "operationName": 1}`, 400, "BAD_REQUEST"},
		{"variables a list", "application/json", `{"query": "{ hello }", "variables": []}`, 400, "BAD_REQUEST"},
		{"variables a string", "application/json", `{"query": "{ hello }", "variables": "{}"}`, 400, "BAD_REQUEST"},
		{"extensions a string", "application/json", `{"query": "{ hello }", "extensions": "x"}`, 400, "BAD_REQUEST"},
		{"bytes that are not UTF-8", "application/json", "{\"query\": \"{ hello } #\xff\"}", 400, "BAD_REQUEST"},
		{"no content type", "", `{"query": "{ hello }"}`, 415, "BAD_REQUEST"},
		{"a form", "application/x-www-form-urlencoded", `query={hello}`, 415, "BAD_REQUEST"},
		{"text", "text/plain", `{"query": "{ hello }"}`, 415, "BAD_REQUEST"},
		{"another charset", "application/json; charset=latin1", `{"query": "{ hello }"}`, 415, "BAD_REQUEST"},
		{"utf-8", "application/json; charset=UTF-8", `{"query": "{ hello }"}`, 200, ""},
		{"a broken content type", "application/json; charset", `{"query": "{ hello }"}`, 415, "BAD_REQUEST"},
		{"unknown members", "application/json", `{"query": "{ hello }", "id": 1, "more": {"a": [1e400, -0, 1.5E+3]}}`, 200, ""},
		{"query twice", "application/json", `{"query": "{ hello }", "query": "{ other }"}`, 400, "BAD_REQUEST"},
		{"variables twice", "application/json", `{"query": "{ hello }", "variables": {}, "variables": null}`, 400, "BAD_REQUEST"},
		{"a variable twice", "application/json", `{"query": "query($a: Boolean!) { hello @skip(if: $a) }", "variables": {"a": true, "a": false}}`, 200, "BAD_USER_INPUT"},
		{"a number that no type holds", "application/json", `{"query": "query($a: Boolean!) { hello @skip(if: $a) }", "variables": {"a": 1e999}}`, 200, "BAD_USER_INPUT"},
	} {
		request, err := http.NewRequest(http.MethodPost, r.URL+"/graphql", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.contentType != "" {
			request.Header.Set("Content-Type", c.contentType)
		}
		a := r.Do(t, request)
		if a.Status != c.status || strings.Join(a.Codes(), ",") != c.code {
			t.Errorf("%s: %d %s", c.name, a.Status, a.Body)
		}
		if !strings.HasPrefix(a.Header.Get("Content-Type"), "application/json") {
			t.Errorf("%s: content type %q", c.name, a.Header.Get("Content-Type"))
		}
	}
	if n := s.Count(); n != 2 {
		t.Errorf("%d requests reached the subgraph", n)
	}
}

// TestMethods: what each method may do.
func TestMethods(t *testing.T) {
	t.Parallel()
	r, s := hello(t, options{})
	get := func(query string) *answer { return r.Get(t, "/graphql?query="+url.QueryEscape(query)) }
	check(t, "a query by GET", get(`{ hello }`), 200, "", `{"hello":"world"}`)
	refused := get(`mutation { set }`)
	check(t, "a mutation by GET", refused, 405, "METHOD_NOT_ALLOWED", "")
	if refused.Header.Get("Allow") != "POST" {
		t.Errorf("%v", refused.Header)
	}
	check(t, "GET without a query", r.Get(t, "/graphql"), 400, "BAD_REQUEST", "")
	check(t, "GET with broken variables", r.Get(t, "/graphql?query={hello}&variables={"), 400, "BAD_REQUEST", "")
	check(t, "GET with a broken escape", r.Get(t, "/graphql?query=%zz"), 400, "BAD_REQUEST", "")
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
		request, err := http.NewRequest(method, r.URL+"/graphql", strings.NewReader(`{"query":"{ hello }"}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/json")
		a := r.Do(t, request)
		check(t, method, a, 405, "METHOD_NOT_ALLOWED", "")
		if a.Header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %v", method, a.Header)
		}
	}
	if n := s.Count(); n != 1 {
		t.Errorf("%d requests reached the subgraph", n)
	}
}

// TestNegotiation: the media type, and the status that goes with it for what is wrong with a document.
func TestNegotiation(t *testing.T) {
	t.Parallel()
	r, _ := hello(t, options{})
	const (
		plain    = "application/json; charset=utf-8"
		response = "application/graphql-response+json; charset=utf-8"
	)
	for _, c := range []struct {
		accept, contentType string
		invalid             int // status for an invalid document
	}{
		{"", plain, 200},
		{"*/*", plain, 200},
		{"application/json", plain, 200},
		{"application/graphql-response+json", response, 400},
		{"application/graphql-response+json, application/json;q=0.9", response, 400},
		{"application/graphql-response+json;q=0.8, application/json;q=0.9", plain, 200},
		{"APPLICATION/GRAPHQL-RESPONSE+JSON; charset=UTF-8", response, 400},
		{"text/html, */*;q=0.1", plain, 200},
		{"application/json;q=0, */*", response, 400},
	} {
		var changes []change
		if c.accept != "" {
			changes = append(changes, withHeader("Accept", c.accept))
		}
		valid, invalid := r.Post(t, `{ hello }`, changes...), r.Post(t, `{ nothing }`, changes...)
		if valid.Status != 200 || valid.Header.Get("Content-Type") != c.contentType {
			t.Errorf("%q: %d %v", c.accept, valid.Status, valid.Header)
		}
		if invalid.Status != c.invalid || invalid.Header.Get("Content-Type") != c.contentType || invalid.Codes()[0] != "GRAPHQL_VALIDATION_FAILED" {
			t.Errorf("%q: %d %v %s", c.accept, invalid.Status, invalid.Header, invalid.Body)
		}
	}
	for _, accept := range []string{"text/html", "application/json;q=0", "image/*"} {
		check(t, accept, r.Post(t, `{ hello }`, withHeader("Accept", accept)), 406, "BAD_REQUEST", "")
	}
}
