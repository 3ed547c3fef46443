package demand

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// head links the specifications; COST is where the cost specification's link goes.
const head = `
schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION) COST {
  query: Query mutation: Mutation
}
directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE
scalar join__FieldSet
scalar link__Import
enum link__Purpose { SECURITY EXECUTION }
enum join__Graph { A @join__graph(name: "a", url: "http://a") }
`

const body = `
type Query @join__type(graph: A) {
  id: ID!
  one: Item
  many: [Item!]!
  assumed: [Item!] @listSize(assumedSize: 5)
  sliced(first: Int, last: Int = 3): [Item!] @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false)
  strict(first: Int, last: Int): [Item!] @listSize(assumedSize: 7, slicingArguments: ["first", "last"])
  nested(page: Page, also: Int): [Item!] @listSize(slicingArguments: ["page.limits.first"], requireOneSlicingArgument: false)
  connection(first: Int): Connection @listSize(slicingArguments: ["first"], sizedFields: ["edges", "nodes"])
  heavy: Item @cost(weight: 20)
  numbers: [Int!] @cost(weight: 2)
  cheap: Item @cost(weight: -3)
  costly: Costly
  point: Point
  points: [Point!]
  color: Color
  any: Any
  node: Node
  search(input: Search, text: String @cost(weight: 4), tags: [Tag!], ids: [ID!]): Item
}
type Mutation @join__type(graph: A) { change(input: Search): Item }
type Item implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") { id: ID! name: String child: Item many: [Item!] slow: Int @cost(weight: 6) }
type Costly implements Node @join__type(graph: A) @join__implements(graph: A, interface: "Node") @cost(weight: 9) { id: ID! name: String many: [Item!] @listSize(assumedSize: 2) }
union Any @join__type(graph: A) @join__unionMember(graph: A, member: "Item") @join__unionMember(graph: A, member: "Costly") = Item | Costly
interface Node @join__type(graph: A) { id: ID! name: String @cost(weight: 3) }
type Connection @join__type(graph: A) { edges: [Edge!] nodes: [Item!] others: [Item!] total: Int }
type Edge @join__type(graph: A) { node: Item }
scalar Point @join__type(graph: A) @cost(weight: 5)
enum Color @join__type(graph: A) @cost(weight: 2) { RED @join__enumValue(graph: A) }
input Page @join__type(graph: A) { limits: Limits }
input Limits @join__type(graph: A) { first: Int = 4 }
input Search @join__type(graph: A) { text: String at: Point sub: Search tags: [Tag!] rank: Int @cost(weight: 8) }
input Tag @join__type(graph: A) @cost(weight: 3) { name: String }
`

const costLink = `@link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@cost", "@listSize"])`

const costDirectives = `
directive @cost(weight: Int!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | OBJECT | SCALAR
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
`

type world struct {
	costs  *Costs
	schema *operation.Schema
}

func load(t testing.TB, sdl string, o Options) world {
	t.Helper()
	graph, err := supergraph.Read(sdl)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := operation.NewSchema(graph)
	if err != nil {
		t.Fatal(err)
	}
	return world{costs: New(graph, schema, o), schema: schema}
}

func standard(t testing.TB) world {
	t.Helper()
	return load(t, strings.Replace(head, "COST", costLink, 1)+costDirectives+body, Options{ListSize: 10, Actual: true})
}

func (w world) compile(t testing.TB, document string) (*Estimate, func(variables string) [][]byte) {
	t.Helper()
	o, literals, err := w.schema.Parse(document, "")
	if err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return w.costs.Compile(o, literals), func(variables string) [][]byte {
		values, err := o.CoerceVariables(nil, []byte(variables), literals)
		if err != nil {
			t.Fatalf("%s with %s: %v", document, variables, err)
		}
		return values
	}
}

func TestEstimate(t *testing.T) {
	t.Parallel()
	w := standard(t)
	for _, c := range []struct {
		document, variables string
		want                float64
	}{
		{`{ id }`, ``, 0},
		{`{ __typename __schema { types { name } } }`, ``, 0},
		{`{ one { id } }`, ``, 1},
		{`{ one { child { child { id } } } }`, ``, 3},
		{`{ a: one { id } b: one { id } }`, ``, 2},
		{`{ many { id } }`, ``, 10},
		{`{ many { child { id } } }`, ``, 20},
		{`{ many { many { id } } }`, ``, 110},
		{`mutation { change { id } }`, ``, 11},
		{`mutation { a: change { id } b: change { id } }`, ``, 12},
		// @cost on fields and types
		{`{ heavy { id child { id } } }`, ``, 21},
		{`{ one { slow } }`, ``, 7},
		{`{ many { slow } }`, ``, 70},
		{`{ numbers }`, ``, 20},
		{`{ costly { id } }`, ``, 9},
		{`{ point color }`, ``, 7},
		{`{ points }`, ``, 50},
		{`{ cheap { id } }`, ``, 0},
		{`{ cheap { id } heavy { id } }`, ``, 17},
		// @listSize
		{`{ assumed { id } }`, ``, 5},
		{`{ sliced(first: 50) { id } }`, ``, 50},
		{`{ sliced(first: 2) { id } }`, ``, 3}, // the default of last is more
		{`{ sliced { id } }`, ``, 3},
		{`{ sliced(last: null) { id } }`, ``, 10},
		{`{ sliced(first: 0, last: null) { id } }`, ``, 0},
		{`{ sliced(first: -5, last: 0) { id } }`, ``, 0},
		{`query($n: Int) { sliced(first: $n) { id } }`, `{"n": 100}`, 100},
		{`query($n: Int) { sliced(first: $n) { id } }`, `{}`, 3},
		{`query($n: Int = 9) { sliced(first: $n) { id } }`, ``, 9},
		{`query($n: Int) { sliced(last: $n) { id } }`, `{}`, 3},
		{`query($n: Int) { sliced(last: $n) { id } }`, `{"n": null}`, 10},
		{`query($n: Int) { sliced(first: $n) { child { id } slow } }`, `{"n": 4}`, 32},
		{`query($a: Int, $b: Int) { sliced(first: $a) { many { id } } strict(first: $b) { id } }`, `{"a": 4, "b": 6}`, 50},
		{`{ strict(first: 3) { id } }`, ``, 3},
		{`{ nested(page: {limits: {first: 8}}) { id } }`, ``, 9 + 1},
		{`{ nested(page: {limits: {}}) { id } }`, ``, 4 + 2},
		{`{ nested(page: {}) { id } }`, ``, 4 + 1},
		{`{ nested { id } }`, ``, 4},
		{`query($n: Int) { nested(page: {limits: {first: $n}}) { id } }`, `{"n": 6}`, 6 + 2},
		{`query($l: Limits) { nested(page: {limits: $l}) { id } }`, `{"l": {"first": 6}}`, 6 + 2},
		{`query($p: Page) { nested(page: $p) { id } }`, `{"p": {"limits": {"first": 6}}}`, 6 + 2},
		{`query($p: Page) { nested(page: $p) { id } }`, `{"p": {"limits": null}}`, 10 + 1},
		{`query($p: Page) { nested(page: $p) { id } }`, ``, 4},
		{`{ connection(first: 5) { total edges { node { id } } } }`, ``, 1 + 5*2},
		{`{ connection(first: 5) { nodes { id } others { id } } }`, ``, 1 + 5 + 10},
		{`query($n: Int) { connection(first: $n) { nodes { many { id } } } }`, `{"n": 2}`, 1 + 2*11},
		{`{ a: connection(first: 5) { nodes { id } } b: connection(first: 6) { nodes { id } } }`, ``, 13},
		// the most expensive of the types
		{`{ any { ... on Item { slow } ... on Costly { id } } }`, ``, 9},
		{`{ any { ... on Item { slow child { id } many { id } } ... on Costly { id } } }`, ``, 18},
		{`{ node { id } }`, ``, 9},
		{`{ node { name } }`, ``, 12},
		{`{ one { name } }`, ``, 1},
		{`{ node { ... on Costly { many { id } } ... on Item { id } } }`, ``, 11},
		{`query($n: Boolean!) { node { ... on Costly { many @include(if: $n) { id } } ... on Item { id } } }`, `{"n": true}`, 11},
		{`query($n: Boolean!) { node { ... on Costly { many @include(if: $n) { id } } ... on Item { id } } }`, `{"n": false}`, 9},
		// arguments
		{`{ search(text: "a") { id } }`, ``, 5},
		{`{ search(text: null) { id } }`, ``, 1},
		{`query($t: String) { search(text: $t) { id } }`, `{"t": "a"}`, 5},
		{`query($t: String) { search(text: $t) { id } }`, ``, 1},
		{`{ search(ids: ["1", "2"]) { id } }`, ``, 1},
		{`{ search(tags: [{name: "a"}, {name: "b"}]) { id } }`, ``, 7},
		{`{ search(tags: {name: "a"}) { id } }`, ``, 4},
		{`{ search(input: {text: "a"}) { id } }`, ``, 2},
		{`{ search(input: {rank: 1, at: 2, sub: {tags: [{name: "x"}]}}) { id } }`, ``, 1 + 1 + 8 + 5 + 1 + 3},
		{`query($s: Search) { search(input: $s) { id } }`, `{"s": {"rank": 1, "at": [1, 2], "sub": {"tags": [{}], "rank": null}}}`, 1 + 1 + 8 + 10 + 1 + 3},
		{`query($r: Int, $t: [Tag!]) { search(input: {rank: $r, tags: $t}) { id } }`, `{"r": 1, "t": [{}, {}]}`, 1 + 1 + 8 + 6},
		// conditions
		{`query($a: Boolean!) { one @include(if: $a) { child { id } } }`, `{"a": true}`, 2},
		{`query($a: Boolean!) { one @include(if: $a) { child { id } } }`, `{"a": false}`, 0},
		{`query($a: Boolean!) { one @skip(if: $a) { child { id } } }`, `{"a": true}`, 0},
		{`query($a: Boolean!, $b: Boolean!) { one @skip(if: $a) @include(if: $b) { id } }`, `{"a": false, "b": true}`, 1},
		{`query($a: Boolean!, $b: Boolean!) { one @skip(if: $a) { id } one @include(if: $b) { child { id } } }`, `{"a": true, "b": false}`, 0},
		{`query($a: Boolean!) { one @include(if: false) { id } heavy @skip(if: $a) { id } }`, `{"a": true}`, 0},
	} {
		estimate, coerce := w.compile(t, c.document)
		got, err := estimate.Cost(coerce(c.variables))
		if got != c.want || err != nil {
			t.Errorf("%s %s: got %v, %v, want %v", c.document, c.variables, got, err, c.want)
		}
		if static, ok := estimate.Static(); ok && static != c.want || ok == strings.Contains(c.document, "$") {
			t.Errorf("%s: static is %v, %v", c.document, static, ok)
		}
	}
}

func TestSlicingArgumentsThatAreNeeded(t *testing.T) {
	t.Parallel()
	w := standard(t)
	for _, c := range []struct {
		document, variables string
		cost                float64
		fails               bool
	}{
		{`{ strict { id } }`, ``, 7, true},
		{`{ strict(first: 1, last: 2) { id } }`, ``, 2, true},
		{`query($n: Int) { strict(first: $n) { id } }`, ``, 7, true},
		{`query($n: Int) { strict(first: $n) { id } }`, `{"n": 2}`, 2, false},
		{`query($n: Int, $m: Int) { strict(first: $n, last: $m) { id } }`, `{"n": 2, "m": 3}`, 3, true},
		{`query($n: Int, $m: Int) { strict(first: $n, last: $m) { id } }`, `{"n": 2}`, 2, false},
		{`query($n: Int, $a: Boolean!) { strict(first: $n) @include(if: $a) { id } }`, `{"a": false}`, 0, false},
		{`{ connection { total } }`, ``, 1, true},
	} {
		estimate, coerce := w.compile(t, c.document)
		got, err := estimate.Cost(coerce(c.variables))
		var refusal *gqlerr.Error
		if errors.As(err, &refusal) != c.fails || c.fails && refusal.Code != gqlerr.CostQueryParseFailure || got != c.cost {
			t.Errorf("%s %s: got %v, %v", c.document, c.variables, got, err)
		}
	}
}

// TestRenamedDirectives: the names in the supergraph are what its links say, and without a link they mean nothing.
func TestRenamedDirectives(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		link, cost, size string
		want             float64
	}{
		"imported":   {costLink, "cost", "listSize", 45},
		"renamed":    {`@link(url: "https://specs.apollo.dev/cost/v0.1", import: [{name: "@cost", as: "@price"}, {name: "@listSize", as: "@items"}])`, "price", "items", 45},
		"namespaced": {`@link(url: "https://specs.apollo.dev/cost/v0.1")`, "cost", "cost__listSize", 45},
		"not linked": {``, "cost", "listSize", 20},
	} {
		text := strings.Replace(head, "COST", c.link, 1) + costDirectives + body
		text = strings.NewReplacer("@cost(", "@"+c.cost+"(", "@listSize(", "@"+c.size+"(").Replace(text)
		w := load(t, text, Options{ListSize: 10})
		document := `{ assumed { slow child { id child { id } } } }`
		if name == "not linked" {
			document = `{ assumed { slow child { id } } }`
		}
		estimate, _ := w.compile(t, document)
		if got, _ := estimate.Static(); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestFragmentsThatExpand: a document whose fragments expand to 2^n fields is counted in n steps.
func TestFragmentsThatExpand(t *testing.T) {
	t.Parallel()
	w := standard(t)
	var document strings.Builder
	document.WriteString("query($n: Int) { sliced(first: $n) { ...F0 } }\n")
	const levels = 40
	for i := range levels {
		fmt.Fprintf(&document, "fragment F%d on Item { a: many { ...F%d } b: many { ...F%d } }\n", i, i+1, i+1)
	}
	fmt.Fprintf(&document, "fragment F%d on Item { id }\n", levels)
	estimate, coerce := w.compile(t, document.String())
	got, err := estimate.Cost(coerce(`{"n": 1}`))
	if err != nil || math.IsNaN(got) || got < math.Pow(20, levels-1) {
		t.Errorf("got %v, %v", got, err)
	}
	if len(estimate.nodes) > 3*levels {
		t.Errorf("%d nodes", len(estimate.nodes))
	}
}

func TestEstimateAllocatesNothing(t *testing.T) { // not in parallel: it counts
	w := standard(t)
	estimate, coerce := w.compile(t, `query($a: Int, $b: Boolean!) { sliced(first: $a) { many @include(if: $b) { id } } one { id } }`)
	values := coerce(`{"a": 40, "b": true}`)
	if allocated := testing.AllocsPerRun(100, func() { _, _ = estimate.Cost(values) }); allocated > 0 {
		t.Errorf("%v allocations", allocated)
	}
}

func TestActual(t *testing.T) {
	t.Parallel()
	w := standard(t)
	for _, c := range []struct {
		document, variables, data string
		want                      float64
	}{
		{`{ many { id } }`, ``, `{"many":[{"id":"1"},{"id":"2"}]}`, 2},
		{`{ many { id child { id } } }`, ``, `{"many":[{"id":"1","child":null},{"id":"}]","child":{"id":"\"}"}}]}`, 3},
		{`{ many { id } }`, ``, `null`, 0},
		{`{ one { id } }`, ``, `{"one":null}`, 0},
		{`{ one { slow } heavy { id } }`, ``, `{"one":{"slow":1},"heavy":{"id":"1"}}`, 27},
		{`{ one { slow } }`, ``, `{"one":{"slow":null}}`, 1},
		{`{ numbers points }`, ``, `{"numbers":[1,-2.5e3,3],"points":[{"x":[1,{}]},"p"]}`, 16},
		{`{ x: many { y: many { id } } }`, ``, `{"x":[{"y":[{"id":"1"}]},{"y":[]}]}`, 3},
		{`{ any { __typename ... on Item { slow } ... on Costly { id } } }`, ``, `{"any":{"__typename":"Item","slow":1}}`, 7},
		{`{ any { kind: __typename ... on Costly { id } } }`, ``, `{"any":{"kind":"Costly","id":"1"}}`, 9},
		{`{ any { ... on Item { id } } }`, ``, `{"any":{"id":"1"}}`, 9},
		{`query($t: String) { search(text: $t) { id } }`, `{"t": "a"}`, `{"search":{"id":"1"}}`, 5},
		{`query($t: String) { search(text: $t) { id } }`, ``, `{"search":{"id":"1"}}`, 1},
		{`mutation { change { id } }`, ``, `{"change":{"id":"1"}}`, 11},
		{`{ many { id } one { id } }`, ``, `{"many":[],"one":{"id":"1"}}`, 1},
	} {
		estimate, coerce := w.compile(t, c.document)
		if got := estimate.Actual([]byte(c.data), coerce(c.variables)); got != c.want {
			t.Errorf("%s on %s: got %v, want %v", c.document, c.data, got, c.want)
		}
	}
}

// FuzzActual: whatever the bytes are, counting them ends, and costs are numbers.
func FuzzActual(f *testing.F) {
	w := standard(f)
	estimate, _ := w.compile(f, `{ many { id child { slow } } any { __typename ... on Item { slow } } points }`)
	f.Add([]byte(`{"many":[{"id":"1","child":{"slow":1}}],"any":{"__typename":"Item","slow":2},"points":[1]}`))
	f.Add([]byte(`{"many":[[[`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if cost := estimate.Actual(data, nil); math.IsNaN(cost) || cost < 0 {
			t.Errorf("%v", cost)
		}
	})
}

func BenchmarkEstimate(b *testing.B) {
	w := standard(b)
	o, literals, err := w.schema.Parse(`query($a: Int) { sliced(first: $a) { many { id child { slow } } } one { id } }`, "")
	if err != nil {
		b.Fatal(err)
	}
	estimate := w.costs.Compile(o, literals)
	values, err := o.CoerceVariables(nil, []byte(`{"a": 40}`), literals)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := estimate.Cost(values); err != nil {
			b.Fatal(err)
		}
	}
}
