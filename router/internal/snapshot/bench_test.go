package snapshot

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/operation"
)

// load reads what router/bench measures with.
func load(t testing.TB) (*Snapshot, string) {
	t.Helper()
	sdl, err := os.ReadFile("../../bench/data/supergraph.graphql")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Build(string(sdl), Options{Operation: operation.DefaultOptions(), CacheBytes: 16 << 20, PlanTimeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile("../../bench/data/heavy.graphql")
	if err != nil {
		t.Fatal(err)
	}
	return s, string(document)
}

func find(t testing.TB, s *Snapshot, document string) {
	prepared, err := s.Prepare(context.Background(), document, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Program(context.Background(), prepared, nil); err != nil {
		t.Fatal(err)
	}
}

// TestLookupCost: what is known is found without allocating, whatever the operation's size.
func TestLookupCost(t *testing.T) { //nolint:paralleltest // it counts the process's allocations
	s, document := load(t)
	find(t, s, document)
	if got := testing.AllocsPerRun(100, func() { find(t, s, document) }); got != 0 {
		t.Errorf("finding an operation and its program took %v allocations", got)
	}
}

// BenchmarkLookup finds an operation that is known.
func BenchmarkLookup(b *testing.B) {
	s, document := load(b)
	find(b, s, document)
	b.ReportAllocs()
	for b.Loop() {
		find(b, s, document)
	}
}

// BenchmarkPrepare parses, validates and normalises an operation, which is done once for each document.
func BenchmarkPrepare(b *testing.B) {
	s, document := load(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.Schema.ParseWith(document, "", s.options.Operation); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlan plans an operation, which is done once for each operation and choice of labels.
func BenchmarkPlan(b *testing.B) {
	s, document := load(b)
	prepared, err := s.Prepare(b.Context(), document, "")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Plan(context.Background(), prepared.Operation, nil); err != nil {
			b.Fatal(err)
		}
	}
}
