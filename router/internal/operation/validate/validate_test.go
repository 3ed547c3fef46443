package validate

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/tributary-gql/tributary/router/internal/gqlerr"
)

const schemaText = `
directive @onVariable(n: Int) on VARIABLE_DEFINITION
directive @many repeatable on FIELD
interface Node { id: ID! self: Node }
type User implements Node { id: ID! self: User name: String friends(first: Int, ids: [ID!], where: Where): [User!] }
type Post implements Node { id: ID! self: Post! title: String score: Float }
union Any = User | Post
input Where { name: String min: Float! = 0 deep: Where need: Int! }
input Pick @oneOf { a: Int b: Boolean }
enum Color { RED GREEN }
scalar JSON
type Query {
  node(id: ID!): Node any: Any user: User users: [User]
  f(i: Int, f: Float, id: ID, s: String, b: Boolean, c: Color, j: JSON, p: Pick, w: Where, l: [[Int!]], d: Int! = 3): Int
}
type Mutation { rename(to: String): User }
type Subscription { events: User ticks: Int }
`

func load(t testing.TB, text string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema", Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func parse(t testing.TB, text string) *ast.QueryDocument {
	t.Helper()
	document, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return document
}

var ample = Bounds{MaxErrors: 100, MaxWork: 1_000_000}

func TestDocumentsThatOthersJudgeOtherwise(t *testing.T) {
	t.Parallel()
	v := New(load(t, schemaText))
	cases := []struct {
		name, document string
		want           []string // "rule line:column message"
	}{
		{"integers beyond 64 bits where they are allowed", `{ f(id: 123456789012345678901234567890, f: 12345678901234567890123) }`, nil},
		{"an integer beyond 32 bits", `{ f(i: 2147483648) }`,
			[]string{`ValuesOfCorrectType 1:8 Int cannot represent non 32-bit signed integer value: 2147483648`}},
		{"a float that is not finite", `{ f(f: 1e999) }`, []string{`ValuesOfCorrectType 1:8 Float cannot represent non-finite value: 1e999`}},
		{"one subscription field under two names", `subscription { a: ticks b: ticks }`,
			[]string{`SingleFieldSubscriptions 1:25 Anonymous Subscription must select only one top level field.`}},
		{"one subscription field twice", `subscription { ticks ... { ticks } }`, nil},
		{"a subscription field that may be skipped", `subscription S($v: Boolean!) { ...F @skip(if: $v) } fragment F on Subscription { ticks }`,
			[]string{`SingleFieldSubscriptions 1:38 Subscription "S" must not use @skip on a top level field.`}},
		{"a fragment with variables", `{ ...F } fragment F($x: Int) on Query { f }`,
			[]string{`NoFragmentVariables 1:10 Fragment "F" declares variables; only operations can.`}},
		{"a variable where only constants may be", `query ($a: Int, $b: Int @onVariable(n: $a)) { f(i: $a, d: 1) user { friends(first: $b) { id } } }`,
			[]string{`ConstantValues 1:40 Unexpected variable "$a" in constant value.`}},
		{"a variable label", `query ($l: String) { user { ... @defer(label: $l) { id } } }`,
			[]string{`DeferDirectives 1:34 The label of @defer must be a string, not a variable.`}},
		{"a label twice", `{ user { ... @defer(label: "x") { id } ... @defer(label: "x") { name } } }`,
			[]string{`DeferDirectives 1:15 There can be only one @defer labelled "x".`}},
		{"a deferred mutation", `mutation { ... @defer { rename { id } } }`, []string{`DeferDirectives 1:17 @defer cannot be used at the root of a mutation.`}},
		{"null where the position has a default", `query ($v: Int) { f(d: $v) }`, nil},
		{"a nullable variable with a default", `query ($v: ID = 1) { node(id: $v) { id } }`, nil},
		{"a nullable variable with the default null", `query ($v: ID = null) { node(id: $v) { id } }`,
			[]string{`VariablesInAllowedPosition 1:8 Variable "$v" of type "ID" used in position expecting type "ID!".`}},
		{"a variable for one item of a list", `query ($v: Int!, $w: Int) { f(l: [[1, $v], null, $v]) a: f(l: [$w]) }`, []string{
			`VariablesInAllowedPosition 1:8 Variable "$v" of type "Int!" used in position expecting type "[Int!]".`,
			`VariablesInAllowedPosition 1:18 Variable "$w" of type "Int" used in position expecting type "[Int!]".`}},
		{"a variable in a custom scalar", `query ($v: Where) { f(j: {a: [$v]}) }`, nil},
		{"a nullable variable as the one field", `query ($v: Int) { f(p: {a: $v}) }`, []string{
			`VariablesInAllowedPosition 1:8 Variable "$v" is of type "Int" but must be non-nullable to be used for OneOf Input Object "Pick".`}},
		{"errors of a fragment that several use", `query A { ...F } query B { ...F } fragment F on Query { nope }`,
			[]string{`FieldsOnCorrectType 1:57 Cannot query field "nope" on type "Query". Did you mean "node"?`}},
		{"errors of several rules at once", `query ($u: Int, $t: User) { user { nme friends(firts: 1) { id } } ...None node @nope { id } }`, []string{
			`NoUnusedVariables 1:8 Variable "$u" is never used.`,
			`NoUnusedVariables 1:17 Variable "$t" is never used.`,
			`VariablesAreInputTypes 1:21 Variable "$t" cannot be non-input type "User".`,
			`FieldsOnCorrectType 1:36 Cannot query field "nme" on type "User". Did you mean "name"?`,
			`KnownArgumentNames 1:48 Unknown argument "firts" on field "User.friends". Did you mean "first" or "ids"?`,
			`KnownFragmentNames 1:70 Unknown fragment "None".`,
			`KnownDirectives 1:81 Unknown directive "@nope".`,
			`ProvidedRequiredArguments 1:75 Field "node" argument "id" of type "ID!" is required, but it was not provided.`,
		}},
		{"null for a list of lists with a non-null item", `{ f(l: [null, [null]]) }`, []string{`ValuesOfCorrectType 1:16 Expected value of type "Int!", found null.`}},
		{"a missing input field", `{ f(w: {min: null, deep: {need: 1, other: 2}}) }`, []string{
			`ValuesOfCorrectType 1:8 Field "Where.need" of required type "Int!" was not provided.`,
			`ValuesOfCorrectType 1:14 Expected value of type "Float!", found null.`,
			`ValuesOfCorrectType 1:36 Field "other" is not defined by type "Where".`}},
		{"fields of exclusive types that differ in shape", `{ any { ... on User { x: name } ... on Post { x: score } } }`, []string{
			`OverlappingFieldsCanBeMerged 1:23 Fields "x" conflict because they return conflicting types "String" and "Float". Use different aliases on the fields to fetch both if this was intentional.`}},
		{"fields of exclusive types that differ in arguments only", `{ any { ... on User { x: friends(first: 1) { id } } ... on Post { y: title } } user { x: friends(first: 2) { id } } }`, nil},
		{"objects below exclusive types that differ in shape", `{ node(id: 1) { ... on User { self { x: name } } ... on Post { self { x: score } } } }`, []string{
			`OverlappingFieldsCanBeMerged 1:31 Fields "self" conflict because they return conflicting types "User" and "Post!". Use different aliases on the fields to fetch both if this was intentional.`,
			`OverlappingFieldsCanBeMerged 1:38 Fields "x" conflict because they return conflicting types "String" and "Float". Use different aliases on the fields to fetch both if this was intentional.`}},
		{"a field on an interface against one on an object", `{ node(id: 1) { self { id } ... on User { self: friends { id } } } }`, []string{
			`OverlappingFieldsCanBeMerged 1:17 Fields "self" conflict because they return conflicting types "Node" and "[User!]". Use different aliases on the fields to fetch both if this was intentional.`}},
		{"arguments in another order", `{ f(i: 1, w: {need: 1, min: 2}) f(w: {min: 2, need: 1}, i: 1) }`, nil},
		{"arguments that differ deep inside", `{ f(w: {need: 1}) f(w: {need: 2}) }`, []string{
			`OverlappingFieldsCanBeMerged 1:3 Fields "f" conflict because they have differing arguments. Use different aliases on the fields to fetch both if this was intentional.`}},
		{"nested introspection", `{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }`,
			[]string{`MaxIntrospectionDepth 1:3 Maximum introspection depth exceeded`}},
		{"a repeatable directive", `{ user { id @many @many } }`, nil},
		{"a mutation in a schema that has it and one that it has not", `mutation { nope }`, []string{`FieldsOnCorrectType 1:12 Cannot query field "nope" on type "Mutation".`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range v.Validate(parse(t, c.document), ample) {
				got = append(got, fmt.Sprintf("%s %d:%d %s", e.Rule, e.Locations[0].Line, e.Locations[0].Column, e.Message))
			}
			slices.Sort(got)
			slices.Sort(c.want)
			if !slices.Equal(got, c.want) {
				t.Errorf("%s\ngot\n  %s\nwant\n  %s", c.document, strings.Join(got, "\n  "), strings.Join(c.want, "\n  "))
			}
		})
	}
}

// workFor is the work that a document takes.
func workFor(t *testing.T, v *Validator, document string) int {
	t.Helper()
	c := &check{
		Validator: v, document: parse(t, document), bounds: Bounds{MaxErrors: 100, MaxWork: 100_000_000},
		fragments: map[string]*ast.FragmentDefinition{}, facts: map[any]*facts{}, overlaps: map[[2]string]bool{},
	}
	c.run()
	if len(c.errors) > 0 {
		t.Fatalf("%v", c.errors[0])
	}
	return c.work
}

func TestWorkGrowsWithTheDocument(t *testing.T) {
	t.Parallel()
	v := New(load(t, schemaText))
	// Twice the document is at most this many times the work.
	factors := map[string]int{"fragments that double at every level": 5}
	shapes := map[string]func(n int) string{
		"fragments that spread the next one": func(n int) string {
			var d strings.Builder
			d.WriteString("{ user { ...F0 } }\n")
			for i := range n {
				fmt.Fprintf(&d, "fragment F%d on User { ...F%d id }\n", i, i+1)
			}
			fmt.Fprintf(&d, "fragment F%d on User { id }", n)
			return d.String()
		},
		"fragments that double at every level": func(n int) string {
			var d strings.Builder
			d.WriteString("{ user { ...F0 } }\n")
			for i := range n {
				fmt.Fprintf(&d, "fragment F%d on User { a: self { ...F%d } b: self { ...F%d } ...F%d }\n", i, i+1, i+1, i+1)
			}
			fmt.Fprintf(&d, "fragment F%d on User { id }", n)
			return d.String()
		},
		"one field again and again": func(n int) string {
			return "{ user { " + strings.Repeat("friends { id name } ", n) + "} }"
		},
		"one field again and again with other subfields": func(n int) string {
			var d strings.Builder
			d.WriteString("{ user { ")
			for i := range n {
				fmt.Fprintf(&d, "friends { a%d: id } ", i)
			}
			return d.String() + "} }"
		},
		"deep nesting": func(n int) string {
			return "{ user " + strings.Repeat("{ self ", n) + "{ id }" + strings.Repeat(" }", n) + " }"
		},
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			small, large := workFor(t, v, shape(200)), workFor(t, v, shape(400))
			if large > max(factors[name], 3)*small {
				t.Errorf("work: %d for 200, %d for 400", small, large)
			}
		})
	}
}

func TestDocumentsThatCostTooMuchAreRefused(t *testing.T) {
	t.Parallel()
	v := New(load(t, schemaText))
	var d strings.Builder // every operation reaches every fragment, so that variables are checked for each pair
	for i := range 300 {
		fmt.Fprintf(&d, "query Q%d($v: Int) { user { ...F0 } }\n", i)
	}
	for i := range 300 {
		fmt.Fprintf(&d, "fragment F%d on User { ...F%d a%d: friends(first: $v) { id } }\n", i, i+1, i)
	}
	d.WriteString("fragment F300 on User { id }")
	errors := v.Validate(parse(t, d.String()), Bounds{MaxErrors: 100, MaxWork: 50_000})
	if len(errors) != 1 || errors[0].Rule != Limits || errors[0].Code != gqlerr.QueryPlanLimit {
		t.Errorf("got %v", errors)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	t.Parallel()
	v := New(load(t, schemaText))
	errors := v.Validate(parse(t, "{ user { "+strings.Repeat("nme ", 5000)+"} }"), ample)
	if len(errors) != ample.MaxErrors+1 || errors[ample.MaxErrors].Rule != Limits {
		t.Fatalf("%d errors", len(errors))
	}
	suggestions := 0
	for _, e := range errors {
		if strings.Contains(e.Message, "Did you mean") {
			suggestions++
		}
	}
	if suggestions != maxSuggesting {
		t.Errorf("%d suggestions, want %d", suggestions, maxSuggesting)
	}
}

// FuzzVerdicts compares the verdict with gqlparser's, where they are meant to agree.
func FuzzVerdicts(f *testing.F) {
	for _, seed := range []string{
		`query Q($a: Int = 1, $b: [ID!]) { user { friends(first: $a, ids: $b) { ...F } } } fragment F on Node { id self { id } }`,
		`{ any { ... on User { name } ... on Post { title @skip(if: true) } __typename } }`,
		`mutation M($t: String) { rename(to: $t) { id } } query N { users { id: name id } }`,
		`{ f(w: {need: 1, deep: {need: 2}}, p: {a: 1}, c: RED, j: {a: [1, "x", $v]}, l: [[1]]) }`,
		`subscription { events { id ...F } } fragment F on User { ...G } fragment G on User { ...F }`,
		`{ node(id: 1) { self { id } ... on User { self { x: name } } ... on Post { self { x: id } } } }`,
		`query ($p: Pick!, $n: Int!) @skip(if: true) { f(p: $p) g: f(p: {a: $n, b: true}) f(p: {a: null}) }`,
	} {
		f.Add(seed)
	}
	schema := load(f, schemaText)
	v := New(schema)
	f.Fuzz(func(t *testing.T, text string) {
		document, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, 2000)
		if err != nil {
			return
		}
		var theirs []string
		for _, e := range validator.ValidateWithRules(schema, document, rules.NewDefaultRules()) {
			theirs = append(theirs, e.Rule+": "+e.Message)
		}
		var ours []string
		for _, e := range v.Validate(document, Bounds{MaxErrors: 1000, MaxWork: 1_000_000}) {
			switch e.Rule {
			case SingleFieldSubscriptions, NoFragmentVariables, ConstantValues, DeferDirectives, Limits:
				return // stricter here
			}
			if strings.Contains(e.Message, "32-bit") || strings.Contains(e.Message, "non-finite") {
				return // numbers that gqlparser lets pass
			}
			ours = append(ours, string(e.Rule)+": "+e.Message)
		}
		if len(ours) == 0 && len(theirs) > 0 && !slices.ContainsFunc(theirs, func(s string) bool {
			return !strings.HasPrefix(s, "ValuesOfCorrectType: ") // numbers that gqlparser does not let pass
		}) {
			return
		}
		if (len(ours) > 0) != (len(theirs) > 0) {
			t.Fatalf("%s\nours   %q\ntheirs %q", text, ours, theirs)
		}
	})
}
