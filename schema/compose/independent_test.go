package compose_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/diag"
)

// TestIndependentFaultsAreAllTold makes the same fault at several places: each is an error of its own, at its own line.
func TestIndependentFaultsAreAllTold(t *testing.T) {
	t.Parallel()
	const (
		faults = 12
		head   = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@shareable\", \"@external\"])\n"
	)
	// repeat writes one line for each fault; %[1]d is its number.
	repeat := func(format string) string {
		var text strings.Builder
		for i := range faults {
			fmt.Fprintf(&text, format+"\n", i)
		}
		return text.String()
	}
	for name, c := range map[string]struct {
		code diag.Code
		a, b string
	}{
		"syntax":         {diag.InvalidGraphQL, "type Query { q: Int @shareable }\n" + repeat("type T%[1]d { a: }"), "type Query { q: Int @shareable }"},
		"subgraph":       {diag.KeyInvalidFields, "type Query { q: Int @shareable }\n" + repeat(`type T%[1]d @key(fields: "missing") { id: ID! }`), "type Query { q: Int @shareable }"},
		"merge":          {diag.FieldTypeMismatch, "type Query { q: Int @shareable }\n" + repeat("type T%[1]d { f: Int @shareable }"), "type Query { q: Int @shareable }\n" + repeat("type T%[1]d { f: String @shareable }")},
		"merged graph":   {diag.InvalidFieldSharing, "type Query { q: Int @shareable }\n" + repeat("type T%[1]d { f: Int @shareable }"), "type Query { q: Int @shareable }\n" + repeat("type T%[1]d { f: Int }")},
		"satisfiability": {diag.SatisfiabilityError, "type Query {\n" + repeat("q%[1]d: T%[1]d @shareable") + "}\n" + repeat("type T%[1]d { a: Int }"), "type Query { z: Int }\n" + repeat("type T%[1]d { b: Int }")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := compose.Sources(
				compose.Source{Name: "a", File: "a.graphql", SDL: head + c.a},
				compose.Source{Name: "b", File: "b.graphql", SDL: head + c.b},
			)
			places := map[string]bool{}
			for _, e := range got.Errors {
				if e.Code != c.code {
					t.Errorf("%s: %s", e.Code, e.Message)
				}
				places[fmt.Sprint(e.Locations)+e.Message] = true
			}
			if len(got.Errors) != faults || len(places) != faults {
				t.Errorf("%d faults gave %d errors at %d places", faults, len(got.Errors), len(places))
			}
		})
	}
}
