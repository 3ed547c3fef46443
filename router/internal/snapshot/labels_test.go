package snapshot_test

import (
	"slices"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

const overriding = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"])` + "\n"

// TestOperationsHaveTheirOwnLabelsOnly prepares operations on a supergraph with two labels: each is planned, and cached,
// for the choices of the labels that matter to it.
func TestOperationsHaveTheirOwnLabelsOnly(t *testing.T) {
	t.Parallel()
	super, err := scenario.Compose([]generate.Subgraph{
		{Name: "a", SDL: overriding + `type Query { t: T } type T @key(fields: "id") { id: ID! x: Int y: Int z: Int }`},
		{Name: "b", SDL: overriding + `type T @key(fields: "id") { id: ID!
			x: Int @override(from: "a", label: "x-moves") y: Int @override(from: "a", label: "percent(5)") }`},
	})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Build(super.Print(), snapshot.Options{Operation: operation.DefaultOptions(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		document string
		labels   []string
		active   []bool
		fetches  int
	}{
		{`{ t { z } }`, nil, nil, 1},
		{`{ t { x } }`, []string{"x-moves"}, []bool{false}, 1},
		{`{ t { x } }`, []string{"x-moves"}, []bool{true}, 2},
		{`{ t { x y z } }`, []string{"percent(5)", "x-moves"}, []bool{false, false}, 1},
		{`{ t { x y z } }`, []string{"percent(5)", "x-moves"}, []bool{true, false}, 2},
	} {
		prepared, err := snap.Prepare(t.Context(), c.document, "")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(prepared.Labels, c.labels) {
			t.Fatalf("%s has the labels %v, want %v", c.document, prepared.Labels, c.labels)
		}
		program, err := snap.Program(t.Context(), prepared, c.active)
		if err != nil {
			t.Fatal(err)
		}
		if len(program.Plan.Fetches) != c.fetches {
			t.Errorf("%s with %v takes %d fetches, want %d", c.document, c.active, len(program.Plan.Fetches), c.fetches)
		}
	}
}
