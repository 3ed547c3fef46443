package graphqlserver

import (
	"fmt"
	"strings"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func testSchema(t *testing.T) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: `
		directive @key(fields: String!) repeatable on OBJECT
		type Query { node: Node }
		type Node { id: ID node: Node }
		type User @key(fields: "id") @key(fields: "email tenant { id }") { id: ID email: String tenant: Tenant }
		type Tenant { id: ID }
	`})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func TestDepthLimit(t *testing.T) {
	t.Parallel()
	// Each fragment spreads the next one twice: 2^20 paths, which a limit that walks them all would not survive.
	var fragments strings.Builder
	for i := range 20 {
		fmt.Fprintf(&fragments, "fragment F%d on Node { node { ...F%d } other: node { ...F%d } }\n", i, i+1, i+1)
	}
	fragments.WriteString("fragment F20 on Node { id }")
	tests := []struct {
		name, query string
		depth       int
	}{
		{"one field", `{ node { id } }`, 2},
		{"an inline fragment adds nothing", `{ node { ... on Node { id } } }`, 2},
		{"the deepest branch counts", `{ a: node { id } b: node { node { id } } c: node { id } }`, 3},
		{"fragments are followed", `{ node { ...F } } fragment F on Node { node { node { id } } }`, 4},
		{"a fan of fragments is measured once each", `{ node { ...F0 } }` + fragments.String(), 22},
	}
	for _, test := range tests {
		document, err := gqlparser.LoadQueryWithRules(testSchema(t), test.query, nil)
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		operation := &graphql.OperationContext{Operation: document.Operations[0]}
		if err := (depthLimit{max: test.depth}).MutateOperationContext(t.Context(), operation); err != nil {
			t.Errorf("%s: at the limit: %v", test.name, err)
		}
		if err := (depthLimit{max: test.depth - 1}).MutateOperationContext(t.Context(), operation); err == nil || err.Extensions["code"] != codeDepth {
			t.Errorf("%s: over the limit: %v", test.name, err)
		}
	}
}

func TestRepresentations(t *testing.T) {
	t.Parallel()
	check := newRepresentationCheck(testSchema(t))
	type fields = map[string]any
	tests := []struct {
		representation any
		problem        string
	}{
		{fields{"__typename": "User", "id": "u-1"}, ""},
		{fields{"__typename": "User", "email": "a@x", "tenant": fields{"id": "t"}}, ""},
		{fields{"__typename": "User", "email": "a@x"}, "lacks its key: id, or email tenant"},
		{fields{"__typename": "User", "id": nil}, "lacks its key"},
		{fields{"__typename": "Tenant", "id": "t"}, `"Tenant" is not an entity`},
		{fields{"__typename": "Nothing"}, `"Nothing" is not an entity`},
		{fields{"__typename": 7}, "no __typename"},
		{fields{"id": "u-1"}, "no __typename"},
		{"User", "not an object"},
		{nil, "not an object"},
	}
	for _, test := range tests {
		problem := check.problemOf(test.representation)
		if (test.problem == "") != (problem == "") || !strings.Contains(problem, test.problem) {
			t.Errorf("%v: %q, want %q", test.representation, problem, test.problem)
		}
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"query":"{me{id}}","variables":{"n":1.50}}`))
	f.Add([]byte(`[{}]`))
	f.Add([]byte(`{"query":"x"}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		params, err := decode(body)
		if (params == nil) == (err == nil) {
			t.Errorf("%q is read as %+v, %v", body, params, err)
		}
		if err == nil && params.Query == "" {
			t.Errorf("%q is read as a request without a query", body)
		}
	})
}
