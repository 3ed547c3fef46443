package compose_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/schematest"
	"github.com/tributary-gql/tributary/schema/subgraph"
)

// TestOrderOfSubgraphsMakesNoDifference composes every case with its subgraphs in reverse.
func TestOrderOfSubgraphsMakesNoDifference(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			c, err := schematest.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			sources := caseSources(c)
			forward := describe(compose.Sources(sources...))
			slices.Reverse(sources)
			if diff := cmp.Diff(forward, describe(compose.Sources(sources...))); diff != "" {
				t.Errorf("reversed, the result differs:\n%s", diff)
			}
		})
	}
}

// describe prints all of a result. Diagnostics of the first phase come in the order the subgraphs are given in.
func describe(r compose.Result) string {
	byText := func(a, b diag.Diagnostic) int {
		return strings.Compare(printDiagnostics([]diag.Diagnostic{a}), printDiagnostics([]diag.Diagnostic{b}))
	}
	slices.SortFunc(r.Errors, byText)
	slices.SortFunc(r.Hints, byText)
	text := printDiagnostics(r.Errors) + printDiagnostics(r.Hints)
	if r.Supergraph != nil {
		text += r.Supergraph.Print()
	}
	return text
}

func TestTwoSubgraphsOfOneName(t *testing.T) {
	t.Parallel()
	got := compose.Sources(
		compose.Source{Name: "a", SDL: "type Query { a: Int }"},
		compose.Source{Name: "a", SDL: "type Query { b: Int }"},
	)
	if len(got.Errors) != 1 || got.Errors[0].Code != diag.InvalidSubgraphName || got.Supergraph != nil {
		t.Errorf("got %v, want one %s", got.Errors, diag.InvalidSubgraphName)
	}
}

func TestNoSubgraphs(t *testing.T) {
	t.Parallel()
	got := compose.Compose(nil)
	if len(got.Errors) != 1 || got.Errors[0].Code != diag.NoQueries {
		t.Errorf("got %v, want one %s", got.Errors, diag.NoQueries)
	}
}

// TestSubgraphsCanBeSharedByCompositions runs compositions of the same subgraphs at once; the race detector watches.
func TestSubgraphsCanBeSharedByCompositions(t *testing.T) {
	t.Parallel()
	var subgraphs []*subgraph.Subgraph
	for _, source := range generateGraph(3) {
		parsed, found := subgraph.ParseSDL(source.Name, source.URL, source.SDL)
		if parsed == nil {
			t.Fatal(found)
		}
		subgraphs = append(subgraphs, parsed)
	}
	subgraphs, _ = subgraph.UpgradeAll(subgraphs)
	printed := make(chan string)
	const compositions = 4
	for range compositions {
		go func() {
			result := compose.Compose(subgraphs)
			if _, err := result.Supergraph.API(); err != nil {
				t.Error(err)
			}
			printed <- result.Supergraph.Print()
		}()
	}
	first := <-printed
	for range compositions - 1 {
		if <-printed != first {
			t.Error("two compositions of the same subgraphs differ")
		}
	}
}
