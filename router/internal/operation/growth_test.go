package operation

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

const growthSchema = `
interface I { a: T b: T i: I id: ID }
interface J { j: J i: I }
type T { a: T b: T x: Int }
type Query { t: T i: I }
`

// nestedFragments is a document whose fragments expand to 2^n positions.
func nestedFragments(n int) string {
	var doc strings.Builder
	doc.WriteString("{ t { ...F0 } }\n")
	for i := range n {
		fmt.Fprintf(&doc, "fragment F%d on T { a { ...F%d } b { ...F%d } ...F%d }\n", i, i+1, i+1, i+1)
	}
	fmt.Fprintf(&doc, "fragment F%d on T { x }\n", n)
	return doc.String()
}

func workOf(t *testing.T, s *Schema, document string) (work, sets int) {
	t.Helper()
	options := DefaultOptions()
	parsed, err := parseDocument(document, options)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.validate(parsed, options); err != nil {
		t.Fatal(err)
	}
	n := newNormaliser(s, options)
	chosen := parsed.Operations[0]
	root := s.rootType(chosen.Operation)
	if _, err := n.selectionSet(root.Name, n.sets.possible(root.Name),
		[]part{{selections: chosen.SelectionSet, row: n.conditions.always}}, nil); err != nil {
		t.Fatal(err)
	}
	return n.work, len(n.consed)
}

func TestNestedFragmentsStayPolynomial(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, growthSchema)
	work40, sets40 := workOf(t, s, nestedFragments(40))
	work80, sets80 := workOf(t, s, nestedFragments(80))
	if sets40 > 2*40+3 || sets80 > 2*80+3 {
		t.Errorf("sets: %d for 40, %d for 80 fragments", sets40, sets80)
	}
	if work80 > 5*work40 {
		t.Errorf("work: %d for 40, %d for 80 fragments", work40, work80)
	}
}

// manyImplementations is a schema whose interface has n implementations, and a document that has a fragment for each
// of them at every one of depth levels.
func manyImplementations(n, depth int) (sdl, document string) {
	var schema, doc strings.Builder
	schema.WriteString("interface I { id: ID next: I }\ntype Query { i: I }\n")
	for i := range n {
		fmt.Fprintf(&schema, "type T%d implements I { id: ID next: I f%d: Int g: Int }\n", i, i)
	}
	doc.WriteString("{ i { ...L0 } }\n")
	for level := range depth {
		fmt.Fprintf(&doc, "fragment L%d on I { id ", level)
		for i := range n {
			fmt.Fprintf(&doc, "... on T%d { f%d g next { ...L%d } } ", i, i, level+1)
		}
		doc.WriteString("}\n")
	}
	fmt.Fprintf(&doc, "fragment L%d on I { id }\n", depth)
	return schema.String(), doc.String()
}

func TestInterfacesWithManyImplementationsStayPolynomial(t *testing.T) {
	t.Parallel()
	measure := func(types int) (int, int) {
		sdl, document := manyImplementations(types, 6)
		return workOf(t, loadSchema(t, sdl), document)
	}
	work35, sets35 := measure(35)
	work70, sets70 := measure(70)
	if sets35 != 8 || sets70 != 8 {
		t.Errorf("sets: %d for 35, %d for 70 types, want 8 for both", sets35, sets70)
	}
	if work70 > 5*work35 {
		t.Errorf("work: %d for 35, %d for 70 types", work35, work70)
	}
}

func TestDocumentsThatExplodeEndInQueryPlanLimit(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, growthSchema)
	cases := map[string]string{
		// Every level asks the next one under either of two variables of its own: 2^n combinations.
		"conditions": conditionalFragments(12),
		// Field "x" is asked by branch i only where the i-th step was "a": every path is another set of branches.
		"subsets": subsetFragments(18),
	}
	for name, document := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := s.Parse(document, "")
			var list gqlerr.List
			if !errors.As(err, &list) || list[0].Code != gqlerr.QueryPlanLimit {
				t.Errorf("got %v", err)
			}
		})
	}
}

func conditionalFragments(n int) string {
	var doc strings.Builder
	doc.WriteString("query (")
	for i := range n {
		fmt.Fprintf(&doc, "$a%d: Boolean! $b%d: Boolean! ", i, i)
	}
	doc.WriteString(") { t { ...F0 } }\n")
	for i := range n {
		fmt.Fprintf(&doc, "fragment F%d on T { ...F%d @include(if: $a%d) ...F%d @include(if: $b%d) }\n", i, i+1, i, i+1, i)
	}
	fmt.Fprintf(&doc, "fragment F%d on T { x }\n", n)
	return doc.String()
}

func subsetFragments(n int) string {
	var doc strings.Builder
	doc.WriteString("{ t { ")
	for i := range n {
		fmt.Fprintf(&doc, "...B%d_0 ", i)
	}
	doc.WriteString("} }\n")
	for branch := range n {
		for level := range n {
			if level == branch {
				fmt.Fprintf(&doc, "fragment B%d_%d on T { a { ...B%d_%d } }\n", branch, level, branch, level+1)
			} else {
				fmt.Fprintf(&doc, "fragment B%d_%d on T { a { ...B%d_%d } b { ...B%d_%d } }\n",
					branch, level, branch, level+1, branch, level+1)
			}
		}
		fmt.Fprintf(&doc, "fragment B%d_%d on T { x%d: x }\n", branch, n, branch)
	}
	return doc.String()
}

func TestDocumentsThatDifferOnlyInLiteralsAreOneOperation(t *testing.T) {
	t.Parallel()
	s := loadSchema(t, `type Query { f(i: Int, s: String, o: In): Query } input In { i: Int n: [Int] }`)
	hash := func(document string) [16]byte {
		o, _, err := s.Parse(document, "")
		if err != nil {
			t.Fatal(err)
		}
		return o.Hash
	}
	same := [][2]string{
		{`{ f(i: 1) { f(i: 1) { __typename } } }`, `{ f(i: 1) { f(i: 2) { __typename } } }`},
		{`{ f(i: 1) { ...F } g: f(i: 1) { ...F } } fragment F on Query { f(i: 7) { __typename } }`,
			`{ f(i: 3) { ...F } g: f(i: null) { ...F } } fragment F on Query { f(i: 8) { __typename } }`},
		{`query ($v: Int) { f(o: {i: $v, n: [1, 2]}) { __typename } }`, `query ($v: Int) { f(o: {i: $v, n: 5}) { __typename } }`},
		{`{ f(i: 1, s: "x") { __typename } }`, `{ f(s: "y", i: 3) { __typename } }`},
		{`{ __typename ...F } fragment F on Query { f { __typename } }`, `{ __typename f { __typename } }`},
	}
	for _, pair := range same {
		if hash(pair[0]) != hash(pair[1]) {
			t.Errorf("different hashes:\n%s\n%s", pair[0], pair[1])
		}
	}
	different := [][2]string{
		{`{ f(i: 1) { __typename } }`, `{ f(s: "1") { __typename } }`},
		{`{ f { __typename } }`, `query N { f { __typename } }`},
		{`query ($v: Int = 1) { f(i: $v) { __typename } }`, `query ($v: Int = 2) { f(i: $v) { __typename } }`},
		{`query ($v: Boolean!) { f @skip(if: $v) { __typename } }`, `query ($v: Boolean!) { f @include(if: $v) { __typename } }`},
		{`{ a: __typename b: __typename }`, `{ b: __typename a: __typename }`},
	}
	for _, pair := range different {
		if hash(pair[0]) == hash(pair[1]) {
			t.Errorf("equal hashes:\n%s\n%s", pair[0], pair[1])
		}
	}
}
