package satisfiability_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/satisfiability"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// conformanceFiles are the recorded cases; the folder is not part of the repository. When CONFORMANCE_DIR names it, it must
// be there.
func conformanceFiles(t *testing.T) []string {
	t.Helper()
	dir, named := os.LookupEnv("CONFORMANCE_DIR")
	if !named {
		dir = "../../../shared/conformance"
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.json"))
	if err != nil || (named && len(files) == 0) {
		t.Fatalf("CONFORMANCE_DIR=%s has no cases: %v", dir, err)
	}
	return files
}

// TestComposedSupergraphsAreSatisfiable: what the reference composed can be answered, so nothing is to be found.
func TestComposedSupergraphsAreSatisfiable(t *testing.T) {
	t.Parallel()
	for _, file := range conformanceFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var recorded struct{ Supergraph string }
		if err := json.Unmarshal(text, &recorded); err != nil || recorded.Supergraph == "" {
			continue // an error case
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s, err := supergraph.Read(recorded.Supergraph)
			if err != nil {
				t.Fatal(err)
			}
			problems, err := satisfiability.Check(s, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range problems {
				if p.Severity == diag.Error {
					t.Errorf("%s: %s", p.Code, p.Message)
				}
			}
		})
	}
}
