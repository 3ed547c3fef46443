package compose_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
)

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.14", import: ["@key", "@shareable", "@external", "@requires", "@inaccessible", "@authenticated"])
`

// repeat writes n lines made by line.
func repeat(n int, line func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(line(i))
		b.WriteByte('\n')
	}
	return b.String()
}

// TestLargeInputs composes subgraphs that are large in one dimension each. A step that takes quadratic time would not end
// within the test's time limit.
func TestLargeInputs(t *testing.T) {
	t.Parallel()
	const n = 30_000
	field := func(i int) string { return fmt.Sprintf("f%d: Int", i) }
	for name, sdl := range map[string]string{
		"fields":       "type Query { t: T }\ntype T @shareable {\n" + repeat(n, field) + "}",
		"input fields": "type Query { t(x: T): Int @shareable }\ninput T {\n" + repeat(n, field) + "}",
		"arguments":    "type Query { t(\n" + repeat(n, field) + "): Int @shareable }",
		"enum values":  "type Query { t(e: E): E @shareable }\nenum E {\n" + repeat(n, func(i int) string { return fmt.Sprintf("V%d", i) }) + "}",
		"descriptions": "type Query { q: Int @shareable }\ntype T @shareable {\n" + repeat(n/10, func(i int) string { return fmt.Sprintf("\"%s\" f%d: Int", strings.Repeat("x", 100), i) }) + "}",
		"types":        "type Query { q: Int @shareable }\n" + repeat(n/5, func(i int) string { return fmt.Sprintf("type T%d @shareable { x: Int }", i) }),
		"chain of inputs": "type Query { t(x: T0): Int @shareable }\n" + repeat(n/5, func(i int) string { return fmt.Sprintf("input T%d { next: T%d! }", i, i+1) }) +
			fmt.Sprintf("input T%d { x: Int }", n/5),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			result := compose.Sources(
				compose.Source{Name: "a", SDL: federation + strings.ReplaceAll(sdl, "type Query { t: T }", "type Query { t: T @shareable }")},
				compose.Source{Name: "b", SDL: federation + strings.ReplaceAll(sdl, "type Query { t: T }", "type Query { t: T @shareable }")},
			)
			for _, e := range result.Errors {
				t.Fatalf("%s: %s", e.Code, e.Message)
			}
		})
	}
}
