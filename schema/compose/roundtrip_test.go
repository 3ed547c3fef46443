package compose_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// TestExtractedSubgraphsComposeToTheSameSupergraph takes recorded supergraphs apart and composes the parts.
func TestExtractedSubgraphsComposeToTheSameSupergraph(t *testing.T) {
	t.Parallel()
	dir, required := os.LookupEnv("CONFORMANCE_DIR")
	if !required {
		dir = filepath.Join("..", "..", "..", "shared", "conformance")
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || required && len(paths) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c struct{ Supergraph *string }
		if err := json.Unmarshal(data, &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if c.Supergraph == nil {
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			s, err := supergraph.Read(*c.Supergraph)
			if err != nil {
				t.Fatal(err)
			}
			var sources []compose.Source
			for _, e := range s.Subgraphs() {
				sources = append(sources, compose.Source{Name: e.Name, URL: e.URL, SDL: e.SDL})
			}
			got := compose.Sources(sources...)
			if len(got.Errors) > 0 {
				for _, e := range got.Errors {
					t.Errorf("%s: %s %v", e.Code, e.Message, e.Locations)
				}
				for _, source := range sources {
					t.Logf("%s:\n%s", source.Name, source.SDL)
				}
				return
			}
			if diff := cmp.Diff(lines(t, s.Print()), lines(t, got.Supergraph.Print())); diff != "" {
				t.Errorf("the supergraph differs (-recorded +recomposed):\n%s", diff)
			}
		})
	}
}
