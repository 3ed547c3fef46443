package compose_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/schematest"
)

// TestCases runs testdata: each NAME.graphql is the subgraph of that name; errors.txt and hints.txt hold all diagnostics, and
// supergraph.graphql, where a case has it, the supergraph without the machinery that is always the same.
func TestCases(t *testing.T) {
	t.Parallel()
	schematest.Run(t, "testdata/*/*.txtar", func(t *testing.T, c *schematest.Case) {
		got := compose.Sources(caseSources(c)...)
		if (got.Supergraph == nil) != (len(got.Errors) > 0) {
			t.Errorf("a supergraph and %d errors", len(got.Errors))
		}
		c.Golden(t, "errors.txt", printDiagnostics(got.Errors))
		c.Golden(t, "hints.txt", printDiagnostics(got.Hints))
		if _, wanted := c.Section("supergraph.graphql"); wanted && got.Supergraph != nil {
			c.Golden(t, "supergraph.graphql", withoutMachinery(got.Supergraph.Print()))
		}
	})
}

// TestEveryCodeHasACase looks for each code of merging, of the merged graph and of hints in the golden sections.
func TestEveryCodeHasACase(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, path := range paths {
		c, err := schematest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range []string{"errors.txt", "hints.txt"} {
			text, _ := c.Section(section)
			for line := range strings.Lines(text) {
				code, _, _ := strings.Cut(strings.TrimSpace(line), " ")
				found[section+code] = true
			}
		}
	}
	// Federation's own directives have one definition everywhere and custom ones take the latest, so type system directives
	// are never inconsistent. The names are kept for tools that know them.
	unused := []diag.Code{diag.InconsistentTypeSystemDirectiveRepeatable, diag.InconsistentTypeSystemDirectiveLocations}
	for _, e := range diag.Registry() {
		section := "hints.txt"
		if e.IsError() {
			section = "errors.txt"
		}
		covered := !e.IsError() || e.Phase == diag.PhaseMerge || e.Phase == diag.PhaseMerged
		if covered && !found[section+string(e.Code)] && !slices.Contains(unused, e.Code) {
			t.Errorf("no case has %s in %s", e.Code, section)
		}
	}
}

func caseSources(c *schematest.Case) []compose.Source {
	var sources []compose.Source
	for _, section := range c.Sections(".graphql") {
		if section == "supergraph.graphql" {
			continue
		}
		sdl, _ := c.Section(section)
		sources = append(sources, compose.Source{Name: strings.TrimSuffix(section, ".graphql"), SDL: sdl})
	}
	return sources
}

// printDiagnostics prints each diagnostic as its code and places, its message and its fix.
func printDiagnostics(list []diag.Diagnostic) string {
	var b strings.Builder
	for _, d := range list {
		b.WriteString(string(d.Code))
		for _, l := range d.Locations {
			fmt.Fprintf(&b, " %s:%d:%d", l.Subgraph, l.Line, l.Column)
		}
		fmt.Fprintf(&b, "\n  %s\n", strings.ReplaceAll(d.Message, "\n", "\n  "))
		if d.Fix != "" {
			fmt.Fprintf(&b, "  > %s\n", d.Fix)
		}
	}
	return b.String()
}

// withoutMachinery drops what every supergraph defines.
func withoutMachinery(sdl string) string {
	var kept []string
	for _, block := range strings.Split(sdl, "\n\n") {
		isMachinery := false
		for _, start := range []string{
			"directive @join__", "directive @link(", "scalar join__", "scalar link__", "input join__", "enum join__", "enum link__",
			"  \"\"\"\n  `EXECUTION`",
		} {
			isMachinery = isMachinery || strings.HasPrefix(block, start)
		}
		if !isMachinery {
			kept = append(kept, block)
		}
	}
	return strings.TrimRight(strings.Join(kept, "\n\n"), "\n") + "\n"
}
