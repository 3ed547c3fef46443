package subgraph

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/diag"
)

const fed2 = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@requires\", \"@external\", \"@context\", \"@fromContext\"])\n"

// repeat writes n pieces of text, each with its number.
func repeat(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return b.String()
}

// TestHostileInput reads schemas that are made to be expensive. Each ends with what it deserves; that the test ends at all shows that
// the work is bounded.
func TestHostileInput(t *testing.T) {
	t.Parallel()
	const (
		most = 100_000
		many = 20_000
	)
	deep := strings.Repeat("[", most)
	for _, c := range []struct {
		name string
		sdl  string
		want diag.Code // "" for a fine schema
	}{
		{"one type with many fields", "type Query {" + repeat(most, " f#: Int") + "}", ""},
		{"many types", "type Query { a: T0 }" + repeat(many/2, " type T# { a: Int }"), ""},
		{"a field with many arguments", "type Query { a(" + repeat(many, " a#: Int") + "): Int }", ""},
		{"repeated arguments", "type Query { a(" + repeat(many, " a: Int") + "): Int }", diag.InvalidGraphQL},
		{"repeated fields", "type Query {" + repeat(many, " a: Int") + "}", diag.InvalidGraphQL},
		{"repeated interfaces", "interface I { a: Int } type Query implements I" + repeat(many, " & I") + " { a: Int }", diag.InvalidGraphQL},
		{"repeated members", "type Query { a: U } union U = Query" + repeat(many, " | Query"), diag.InvalidGraphQL},
		{"unknown types with similar names", "type Query {" + repeat(many/10, " f#: Typ#") + "}" + repeat(many/10, " type Type# { a: Int }"), diag.InvalidGraphQL},
		{"unknown directives", "type Query {" + repeat(many, " f#: Int @d#") + "}", diag.InvalidGraphQL},
		{"deep list types", "type Query { a: " + deep + "Int" + strings.Repeat("]", most) + " }", diag.InvalidGraphQL},
		{"deep values", "type Query { a(b: Int = " + deep + "): Int }", diag.InvalidGraphQL},
		{"deep objects", "type Query { a(b: Int = " + strings.Repeat("{a:", most) + "): Int }", diag.InvalidGraphQL},
		{"deep field set", fed2 + "type Query { a: Query } type T @key(fields: \"" + strings.Repeat("a{", most) + "\") { a: T }", diag.KeyInvalidFields},
		{"wide field set", fed2 + "type Query { a: Int } type T @key(fields: \"" + strings.Repeat("a ", most) + "\") { a: T }", diag.KeyInvalidFields},
		{"a key on each field", fed2 + "type Query { a: Int } type T " + repeat(many/10, " @key(fields: \"f#\")") + " {" + repeat(many/10, " f#: ID") + "}", ""},
		{"a chain of required inputs", "type Query { a(b: I0): Int }" + repeat(many/2, " input I# { next: J# } input J# { x: I#! }"), ""},
		{"a long cycle of required inputs", "type Query { a: Int }" + inputRing(many/2), diag.InvalidGraphQL},
		{"a long cycle of default values", "type Query { a: Int }" + strings.ReplaceAll(inputRing(many), "! }", " = {} }"), diag.InvalidGraphQL},
		{"a ring of interfaces", "type Query { a: Int }" + ring(2000), diag.InvalidGraphQL},
		{"many implementations that lack many fields", "type Query { a: Int } interface I {" + repeat(1000, " f#: Int") + "}" + repeat(1000, " type T# implements I { a: Int }"), diag.InvalidGraphQL},
		{"many links", "extend schema" + repeat(2000, " @link(url: \"https://a.example/f#/v1.0\", import: [\"@a#\"])") + " type Query { a: Int }", ""},
		{"many bad links", "extend schema" + repeat(many, " @link(url: \"x\")") + " type Query { a: Int }", diag.InvalidLinkIdentifier},
		{"a long import list", "extend schema @link(url: \"https://a.example/f/v1.0\", import: [" + repeat(many, " \"@a#\"") + "]) type Query {" + repeat(1000, " f#: Int") + "}", ""},
		{"a long chain of unused externals", "extend type T @key(fields: \"id\") { id: ID " + repeat(many/10, " e#: Int @external @requires(fields: \"e#x\") e#x: Int @external") + "} type Query { a: T }", diag.ExtensionWithNoBase},
		{"many contexts", fed2 + "type Query { a: Int }" + repeat(300, " type T# @context(name: \"c\") { p: Int }") + " type U @key(fields: \"id\") { id: ID" + repeat(300, " f#(a: Int @fromContext(field: \"$c { p }\")): Int") + "}", ""},
		{"invalid UTF-8", "type Query { a: Int } # \xff", diag.InvalidGraphQL},
		{"zero bytes", "type Query { a: Int \x00 }", diag.InvalidGraphQL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, problems := ParseSDL("s", "", c.sdl)
			if s != nil {
				_, problems = UpgradeAll([]*Subgraph{s})
			}
			if len(problems) > maxProblems+1 {
				t.Errorf("there are %d problems", len(problems))
			}
			got := diag.Code("")
			if len(problems) > 0 {
				got = problems[0].Code
			}
			if got != c.want {
				t.Errorf("got %q, want %q (%d problems)", got, c.want, len(problems))
			}
		})
	}
}

func inputRing(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " input R%d { next: R%d! }", i, (i+1)%n)
	}
	return b.String()
}

// ring makes interfaces that each implement all others but one.
func ring(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " interface R%d implements R%d & R%d { a: Int }", i, (i+1)%n, (i+2)%n)
	}
	return b.String()
}

// TestTooLarge refuses texts beyond the limit before anything looks at them.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	_, problems := ParseSDL("s", "", strings.Repeat(" ", maxBytes+1))
	if len(problems) != 1 || problems[0].Code != diag.InvalidGraphQL {
		t.Errorf("got %+v", problems)
	}
}

// TestWorkIsBounded runs a stage with nothing left to spend.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	s := &Subgraph{Name: "s", work: maxWork}
	doc, problems := s.read("type Query implements I { a: Int, b: Unknown } interface I { a: Int }")
	if problems != nil {
		t.Fatal(problems)
	}
	b := newBuilder(s, doc)
	b.build()
	b.checkInterfaces()
	b.checkWork()
	if len(b.found) != 1 || b.found[0].Code != diag.UnsupportedFeature {
		t.Errorf("got %+v", b.found)
	}
}

// BenchmarkParse reads one large subgraph.
func BenchmarkParse(b *testing.B) {
	sdl := fed2 + "type Query { t0: T0 }" + repeat(5000, `
"""
What # is.
"""
type T# @key(fields: "id") {
  id: ID!
  name(locale: String = "en"): String
  parent: T0
  others: [T0!]!
  price: Float
  weight: Int @external
  shipping: Int @requires(fields: "weight")
}
`)
	b.SetBytes(int64(len(sdl)))
	b.ReportAllocs()
	for b.Loop() {
		if s, problems := ParseSDL("s", "", sdl); s == nil {
			b.Fatal(problems[0])
		}
	}
}
