package e2e

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// tree is a graph in which fields nest as deep as one likes.
const tree = `type Query { node: Node a: Int } type Node { id: ID! node: Node nodes: [Node!] }`

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

// TestLimits: at the limit an operation is answered, one above it is refused with a code before it is planned.
func TestLimits(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"node":null,"a":1}`))
	r := start(t, options{
		Config:     `limits: {depth: 10, fields: 40, root_fields: 20, aliases: 15, directives: 5, variables: 4, tokens: 200, introspection_depth: 6, batch: 3, body: 4KiB}`,
		Supergraph: supergraphOf(t, graph{"a", s.URL, tree}),
	})
	variables := func(n int) string {
		return "query(" + repeated(n, "$v%d: Boolean = true") + ") { " + repeated(n, "f%[1]d: a @include(if: $v%[1]d)") + "}"
	}
	for name, c := range map[string]struct{ below, above string }{
		"depth":               {deep(10), deep(11)},
		"fields":              {"{ node { " + strings.Repeat("id ", 39) + "} }", "{ node { " + strings.Repeat("id ", 40) + "} }"},
		"fields in fragments": {"{ node { ...F ...F ...F } } fragment F on Node { " + strings.Repeat("id ", 13) + "}", "{ node { ...F ...F ...F } } fragment F on Node { " + strings.Repeat("id ", 14) + "}"},
		"root_fields":         {"{ " + strings.Repeat("a ", 20) + "}", "{ " + strings.Repeat("a ", 21) + "}"},
		"aliases":             {"{ " + repeated(15, "f%d: a") + "}", "{ " + repeated(16, "f%d: a") + "}"},
		"directives":          {"{ " + strings.Repeat("a @include(if: true) ", 5) + "}", "{ " + strings.Repeat("a @include(if: true) ", 6) + "}"},
		"variables":           {variables(4), variables(5)},
		"introspection_depth": {deepIntrospection(6), deepIntrospection(8)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a := r.Post(t, c.below); a.Status != 200 || len(a.Errors) > 0 {
				t.Errorf("below: %d %s", a.Status, a.Body)
			}
			for _, accept := range []string{"application/json", "application/graphql-response+json"} {
				a := r.Post(t, c.above, withHeader("Accept", accept))
				if key, _, _ := strings.Cut(name, " "); a.Status != 400 || a.Codes()[0] != "OPERATION_TOO_LARGE" || !strings.Contains(a.Body, "limits."+key) {
					t.Errorf("above: %d %s", a.Status, a.Body)
				}
			}
		})
	}
	t.Run("tokens", func(t *testing.T) {
		t.Parallel()
		check(t, "above", r.Post(t, "{ a(x: ["+strings.Repeat("1 ", 200)+"]) }"), 400, "OPERATION_TOO_LARGE", "")
	})
	t.Run("batch", func(t *testing.T) {
		t.Parallel()
		one := `{"query":"{ a }"}`
		if a := r.PostBody(t, []byte("["+one+","+one+","+one+"]")); a.Status != 200 || strings.Count(a.Body, `"a":1`) != 3 {
			t.Errorf("below: %d %s", a.Status, a.Body)
		}
		check(t, "above", r.PostBody(t, []byte("["+one+","+one+","+one+","+one+"]")), 400, "OPERATION_TOO_LARGE", "")
	})
	t.Run("body", func(t *testing.T) {
		t.Parallel()
		padded := func(size int) []byte {
			body := []byte(`{"query":"{ a }"`)
			return append(append(body, bytes.Repeat([]byte(" "), size-len(body)-1)...), '}')
		}
		check(t, "below", r.PostBody(t, padded(4<<10)), 200, "", `{"a":1}`)
		check(t, "above", r.PostBody(t, padded(4<<10+1)), 413, "REQUEST_TOO_LARGE", "")
		chunked := func(request *http.Request) { request.ContentLength = -1 }
		check(t, "above, without a length", r.PostBody(t, padded(4<<10+1), chunked), 413, "REQUEST_TOO_LARGE", "")
	})
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

// TestCompressedBombs: a small body that would grow to a gigabyte is refused after the first few megabytes of it.
func TestCompressedBombs(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"a":1}`))
	r := start(t, options{Supergraph: supergraphOf(t, graph{"a", s.URL, tree})})
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	block := bytes.Repeat([]byte(" "), 1<<20)
	for range 256 {
		if _, err := w.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for range 5 {
		check(t, "a bomb", r.PostBody(t, packed.Bytes(), withHeader("Content-Encoding", "gzip")), 413, "REQUEST_TOO_LARGE", "")
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
