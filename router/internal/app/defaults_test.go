package app

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

// admits fails the test when an operation is over a default limit, or near the one of costs. It tells whether the operation
// is one: some that were recorded elsewhere are not valid as a client's.
func admits(t *testing.T, c *config.Config, name, supergraph, operation string) (valid bool) {
	t.Helper()
	snap, err := snapshot.Build(supergraph, snapshotOptions(c))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return false
	}
	prepared, err := snap.Prepare(t.Context(), operation, "")
	if err != nil {
		if list, ok := gqlerr.From(err); !ok || list[0].Code != gqlerr.ValidationFailed {
			t.Errorf("%s: %v", name, err)
		}
		return false
	}
	cost, err := prepared.Cost.Cost(make([][]byte, len(prepared.Operation.Variables)))
	if err != nil || cost > float64(c.Demand.Max)/10 {
		t.Errorf("%s: it costs %v, %v", name, cost, err)
	}
	return true
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestDefaultsAdmitTheCorpus: no operation of the end-to-end corpus and of the benchmark is over a default limit.
func TestDefaultsAdmitTheCorpus(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/scenarios/*.txtar")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	for _, file := range files {
		s, err := scenario.Load(file)
		if err != nil {
			t.Fatal(err)
		}
		super, err := s.Super()
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if !admits(t, config.Default(), filepath.Base(file), super.Print(), s.Operation.Document) {
			t.Errorf("%s is not valid", file)
		}
	}
	for _, name := range []string{"tiny", "medium", "heavy"} {
		if !admits(t, config.Default(), name, read(t, "../../bench/data/supergraph.graphql"), read(t, "../../bench/data/"+name+".graphql")) {
			t.Errorf("%s is not valid", name)
		}
	}
}

// TestDefaultsAdmitTheConformancePlans: the operations that the reference implementation plans, where they are at hand.
func TestDefaultsAdmitTheConformancePlans(t *testing.T) {
	t.Parallel()
	dir, expected := os.LookupEnv("CONFORMANCE_DIR")
	if !expected {
		dir = "../../../../shared/conformance"
	}
	files, err := filepath.Glob(filepath.Join(dir, "plans", "*.json"))
	if err != nil || expected && len(files) == 0 {
		t.Fatalf("no plans in %s: %v", dir, err)
	}
	valid := 0
	for _, file := range files {
		var plan struct{ Supergraph, Operation string }
		if err := json.Unmarshal([]byte(read(t, file)), &plan); err != nil {
			t.Fatal(err)
		}
		if admits(t, config.Default(), filepath.Base(file), plan.Supergraph, plan.Operation) {
			valid++
		}
	}
	if valid < len(files)*8/10 {
		t.Errorf("only %d of %d operations are valid", valid, len(files))
	}
}
