package e2e

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// tree is a graph in which fields nest as deep as one likes.
const tree = `type Query { node: Node a: Int list(of: [Int!]): Int } type Node { id: ID! node: Node nodes: [Node!] }`

// deep nests fields: its depth is that of its deepest field.
func deep(depth int) string {
	return strings.Repeat("{ node ", depth-1) + "{ a: __typename }" + strings.Repeat(" }", depth-1)
}

func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format+" ", i)
	}
	return b.String()
}

// deepIntrospection nests introspection n fields below __schema.
func deepIntrospection(n int) string {
	return "{ __schema { types { " + strings.Repeat("fields { type { ", (n-2)/2) + "name" + strings.Repeat(" } }", (n-2)/2) + " } } }"
}

// TestLimits: at each limit a request is answered, one above it is refused with its status, its code and the limit's name, and
// nothing of it reaches the subgraph.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"node":null,"a":1,"list":1}`))
	r := start(t, options{
		Config:     `limits: {depth: 10, fields: 40, root_fields: 20, aliases: 15, directives: 5, variables: 4, tokens: 200, introspection_depth: 6, batch: 3, body: 4KiB}`,
		Supergraph: supergraphOf(t, graph{"a", s.URL, tree}),
	})
	operation := func(document string) string {
		text, err := json.Marshal(map[string]string{"query": document})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	variables := func(n int) string {
		return operation("query(" + repeated(n, "$v%d: Boolean = true") + ") { " + repeated(n, "f%[1]d: a @include(if: $v%[1]d)") + "}")
	}
	ids := func(n int) string { return operation("{ node { " + strings.Repeat("id ", n) + "} }") }
	spreads := func(n int) string {
		return operation("{ node { ...F ...F ...F } } fragment F on Node { " + strings.Repeat("id ", n) + "}")
	}
	tokens := func(n int) string { return operation("{ list(of: [" + strings.Repeat("1 ", n-9) + "]) }") }
	batch := func(operations ...string) string { return "[" + strings.Join(operations, ",") + "]" }
	one := operation("{ a }")
	padded := func(size int) string { return strings.TrimSuffix(one, "}") + strings.Repeat(" ", size-len(one)) + "}" }
	gzipped := func(text string) string {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(text)) // into memory
		_ = w.Close()
		return packed.String()
	}
	chunked := func(request *http.Request) { request.ContentLength = -1 }
	for _, c := range []struct {
		limit, what  string
		below, above string
		status       int
		code         string
		changes      []change
	}{
		{"depth", "", operation(deep(10)), operation(deep(11)), 400, "OPERATION_TOO_LARGE", nil},
		{"fields", "", ids(39), ids(40), 400, "OPERATION_TOO_LARGE", nil},
		{"fields", "in fragments", spreads(13), spreads(14), 400, "OPERATION_TOO_LARGE", nil},
		{"root_fields", "", operation("{ " + strings.Repeat("a ", 20) + "}"), operation("{ " + strings.Repeat("a ", 21) + "}"), 400, "OPERATION_TOO_LARGE", nil},
		{"aliases", "", operation("{ " + repeated(15, "f%d: a") + "}"), operation("{ " + repeated(16, "f%d: a") + "}"), 400, "OPERATION_TOO_LARGE", nil},
		{"directives", "", operation("{ " + strings.Repeat("a @include(if: true) ", 5) + "}"), operation("{ " + strings.Repeat("a @include(if: true) ", 6) + "}"), 400, "OPERATION_TOO_LARGE", nil},
		{"variables", "", variables(4), variables(5), 400, "OPERATION_TOO_LARGE", nil},
		{"tokens", "", tokens(200), tokens(201), 400, "OPERATION_TOO_LARGE", nil},
		{"introspection_depth", "", operation(deepIntrospection(6)), operation(deepIntrospection(8)), 400, "OPERATION_TOO_LARGE", nil},
		{"batch", "", batch(one, one, one), batch(one, one, one, one), 400, "OPERATION_TOO_LARGE", nil},
		{"body", "", padded(4 << 10), padded(4<<10 + 1), 413, "REQUEST_TOO_LARGE", nil},
		{"body", "without a length", padded(4 << 10), padded(4<<10 + 1), 413, "REQUEST_TOO_LARGE", []change{chunked}},
		{"body", "after decompression", gzipped(padded(4 << 10)), gzipped(padded(4<<10 + 1)), 413, "REQUEST_TOO_LARGE", []change{withHeader("Content-Encoding", "gzip")}},
	} {
		name := strings.TrimSpace(c.limit + " " + c.what)
		if a := r.PostBody(t, []byte(c.below), c.changes...); a.Status != 200 || strings.Contains(a.Body, `"errors"`) || !strings.Contains(a.Body, `"data"`) {
			t.Errorf("%s, below: %d %s", name, a.Status, a.Body)
		}
		s.Reset()
		for _, accept := range []string{"application/json", "application/graphql-response+json"} {
			a := r.PostBody(t, []byte(c.above), append([]change{withHeader("Accept", accept)}, c.changes...)...)
			wantRefusal(t, name+", above", a, c.status, c.code, s)
			if !strings.Contains(a.Body, "(limits."+c.limit+")") {
				t.Errorf("%s, above: the answer does not name the limit: %s", name, a.Body)
			}
		}
	}
	// The operations of a batch are measured one by one.
	if a := r.PostBody(t, []byte(batch(tokens(200), ids(40), one))); a.Status != 200 || strings.Count(a.Body, "limits.") != 1 || strings.Count(a.Body, `"data"`) != 2 {
		t.Errorf("one of a batch above: %d %s", a.Status, a.Body)
	}
}

// TestRecursiveFragments: fragments that hold themselves, and those that expand to 2^n fields.
func TestRecursiveFragments(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"node":null}`))
	r := start(t, options{Supergraph: supergraphOf(t, graph{"a", s.URL, tree})})
	for name, document := range map[string]string{
		"itself":      "{ node { ...F } } fragment F on Node { node { ...F } }",
		"in a circle": "{ node { ...F } } fragment F on Node { ...G } fragment G on Node { ...F }",
	} {
		if a := r.Post(t, document, withHeader("Accept", "application/graphql-response+json")); a.Status != 400 || len(a.Errors) == 0 {
			t.Errorf("%s: %d %s", name, a.Status, a.Body)
		}
	}
	var bomb strings.Builder
	bomb.WriteString("{ node { ...F0 } }")
	for i := range 40 {
		fmt.Fprintf(&bomb, " fragment F%d on Node { a: node { ...F%d } b: node { ...F%d } }", i, i+1, i+1)
	}
	bomb.WriteString(" fragment F40 on Node { id }")
	check(t, "2^40 fields", r.Post(t, bomb.String()), 400, "OPERATION_TOO_LARGE,OPERATION_TOO_LARGE", "")
	if s.Count() != 0 {
		t.Error("something reached the subgraph")
	}
}

// TestDefaultLimitsAdmitWhatPeopleAsk: operations with 500 fields, in every shape, pass under the default configuration.
func TestDefaultLimitsAdmitWhatPeopleAsk(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"node":null,"a":1}`))
	r := start(t, options{Supergraph: supergraphOf(t, graph{"a", s.URL, tree})})
	for name, document := range map[string]string{
		"500 fields":                "{ node { " + strings.Repeat("id ", 499) + "} }",
		"500 fields under aliases":  "{ node { " + repeated(499, "f%d: id") + "} }",
		"500 fields in fragments":   "{ node { ...F ...F ...F ...F ...F } } fragment F on Node { " + repeated(99, "f%d: id") + "}",
		"250 fields at the root":    "{ " + repeated(250, "f%d: a") + "}",
		"fifty levels":              deep(50),
		"five lists in one another": "{ node { " + strings.Repeat("nodes { ", 5) + "id" + strings.Repeat(" }", 5) + " } }",
		"what tools ask":            introspectionQuery,
	} {
		if a := r.Post(t, document); a.Status != 200 || len(a.Errors) > 0 {
			t.Errorf("%s: %d %.500s", name, a.Status, a.Body)
		}
	}
}

// introspectionQuery is as deep as that of GraphiQL and code generators.
const introspectionQuery = `query IntrospectionQuery { __schema { queryType { name } mutationType { name } subscriptionType { name }
  types { ...FullType } directives { name description locations args { ...InputValue } } } }
fragment FullType on __Type { kind name description fields(includeDeprecated: true) { name description args { ...InputValue }
  type { ...TypeRef } isDeprecated deprecationReason } inputFields { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
  kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`
