package document_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/document"
)

const schemaText = `
type Query { a: A i: I n(x: Int): Int m: String self: Query }
interface I { id: ID i: I }
type A implements I { id: ID i: I n: Int s: String }
type B implements I { id: ID i: I n: Int! s: String }
`

func schema() *ast.Schema { return gqlparser.MustLoadSchema(&ast.Source{Input: schemaText}) }

// TestConflictsAreThoseOfTheSpecification compares with gqlparser's own rule, which is slow and right.
func TestConflictsAreThoseOfTheSpecification(t *testing.T) {
	t.Parallel()
	s := schema()
	for _, test := range []struct {
		text  string
		valid bool
	}{
		{`{ n n }`, true},
		{`{ n(x: 1) n(x: 1) }`, true},
		{`{ n(x: 1) n(x: 2) }`, false},
		{`{ n n: m }`, false},
		{`{ i { ... on A { x: n } ... on B { x: n } } }`, false}, // Int and Int!
		{`{ i { ... on A { x: s } ... on B { x: id } } }`, false},
		{`{ i { ... on A { x: id } ... on B { x: id } } }`, true},
		{`{ i { ... on A { x: i { y: id } } ... on B { x: i { y: __typename } } } }`, false},
		{`{ i { ... on A { x: s } ... on B { x: s } x: s2 } }`, false},
		{`{ i { x: id ... on A { x: i { id } } } }`, false},
		{`{ i { ... on A { x: i { k: id } } ... on B { x: i { k: id } } } }`, true},
		{`{ i { i { x: id } ... on A { i { x: __typename } } } }`, false},
		{`{ ...F a { s } } fragment F on Query { a { s: id } }`, false},
		{`{ ...F a { s } } fragment F on Query { a { s } }`, true},
	} {
		_, err := document.Load(s, test.text)
		_, slow := gqlparser.LoadQueryWithRules(s, test.text, nil)
		if (err == nil) != test.valid || (len(slow) == 0) != test.valid {
			t.Errorf("%s: valid %t, want %t (gqlparser: %v): %v", test.text, err == nil, test.valid, slow, err)
		}
	}
}

// TestFragmentsUsedOftenAreCheckedOnce is a document whose fields, written out, would be 2^40.
func TestFragmentsUsedOftenAreCheckedOnce(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("{ self { ...F0 } }\n")
	const depth = 40
	for i := range depth {
		fmt.Fprintf(&text, "fragment F%d on Query { l: self { ...F%d } r: self { ...F%d } }\n", i, i+1, i+1)
	}
	fmt.Fprintf(&text, "fragment F%d on Query { m }\n", depth)
	if _, err := document.Load(schema(), text.String()); err != nil {
		t.Error(err)
	}
}
