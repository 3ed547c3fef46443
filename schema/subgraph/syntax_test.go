package subgraph_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/subgraph"
)

// TestSyntaxErrors: each definition tells its first syntax error, with its place in the whole text.
func TestSyntaxErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sdl  string
		want []string // line:column
	}{
		"one for each definition": {"type Query { a: }\n\n\"\"\"\ntype of thing\n\"\"\"\ntype A { b: Int }\ntype B { c Int }\nscalar s 3\n", []string{"1:17", "7:12", "8:10"}},
		"an unclosed brace":       {"type Query { a: Int\n\ntype A { b: Int }\ntype B { c: ! }\n", []string{"3:1", "4:13"}},
		"indented":                {"  type Query { a: }\n  extend type A { b: }\n  input C { d: Int }\n", []string{"1:19", "2:22"}},
		"not a token":             {"type Query { a: % }\ntype A { b: Int ? }\nenum E { }\n", []string{"1:17", "2:17", "3:10"}},
		"names that are keywords": {"type Query {\n  type: Int\n  input(\n    enum: Int\n  ): Int\n  scalar: }\n", []string{"6:11"}},
		"an unclosed string":      {"type Query { a: Int }\n\"\"\" open\ntype A { b: Int }\n", []string{"3:1"}},
		"before all definitions":  {"oops\ntype Query { a: Int }\n", []string{"1:1"}},
		"text in other alphabets": {"\"größer\" type Query { a: }\n\"größer\" type A { ü: Int }\n", []string{"1:26", "2:19"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, found := subgraph.ParseSDL("a", "", c.sdl)
			var got []string
			for _, d := range found {
				got = append(got, fmt.Sprintf("%d:%d", d.Locations[0].Line, d.Locations[0].Column))
			}
			if strings.Join(got, " ") != strings.Join(c.want, " ") {
				t.Errorf("errors at %v, want %v: %v", got, c.want, found)
			}
		})
	}
}

// TestSyntaxErrorsAreBounded: text that is no SDL does not drown its reader.
func TestSyntaxErrorsAreBounded(t *testing.T) {
	t.Parallel()
	_, found := subgraph.ParseSDL("a", "", strings.Repeat("type A {\n", 100_000))
	if len(found) == 0 || len(found) > 20 {
		t.Errorf("%d errors", len(found))
	}
}
