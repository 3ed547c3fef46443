package planner_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/internal/planner/plannertest"
)

// TestHeavyBenchmarkOperation plans the public benchmark's operation: six requests in four stages are the least.
func TestHeavyBenchmarkOperation(t *testing.T) {
	t.Parallel()
	dir, required := os.LookupEnv("CONFORMANCE_DIR")
	if !required {
		dir = filepath.Join("..", "..", "..", "..", "shared", "conformance")
	}
	sdl, err := os.ReadFile(filepath.Join(dir, "..", "bench", "supergraph.graphql"))
	if err != nil {
		if required {
			t.Fatal(err)
		}
		t.Logf("the benchmark's data is not here: %v", err)
		return
	}
	operation, err := os.ReadFile(filepath.Join(dir, "..", "bench", "heavy.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	made := plannertest.New(t, string(sdl)).Plan(t, string(operation), planner.Options{})
	if len(made.Fetches) != 6 || depthOf(made) != 4 {
		t.Errorf("%d fetches in %d stages, want 6 in 4:\n%s", len(made.Fetches), depthOf(made), made)
	}
}
