package snapshot_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

// TestOperationsThatDifferInLiteralsShareOnePlan prepares documents that differ in literals, layout and comments only, and
// some that differ in more.
func TestOperationsThatDifferInLiteralsShareOnePlan(t *testing.T) {
	t.Parallel()
	super, err := scenario.Compose([]generate.Subgraph{{Name: "a", SDL: `
		type Query { find(id: ID!, first: Int = 10, where: Where, tags: [String!]): String }
		input Where { name: String deep: Where }`}})
	if err != nil {
		t.Fatal(err)
	}
	snap, err := snapshot.Build(super.Print(), snapshot.Options{Operation: operation.DefaultOptions(), CacheBytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	program := func(document string) *snapshot.Program {
		prepared, err := snap.Prepare(t.Context(), document, "")
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		made, err := snap.Program(t.Context(), prepared, nil)
		if err != nil {
			t.Fatalf("%s: %v", document, err)
		}
		return made
	}
	first := program(`{ find(id: 1, first: 2, where: {name: "x"}, tags: ["a", "b"]) }`)
	for _, alike := range []string{
		`{ find(id: "2", first: 3, where: {name: "y", deep: {name: null}}, tags: []) }`,
		"query # with a comment\n{ find(tags: \"one\", where: null, first: null, id: \"\") }",
	} {
		if program(alike) != first {
			t.Errorf("%s has a plan of its own", alike)
		}
	}
	for _, other := range []string{
		`{ find(id: 1, first: 2, where: {name: "x"}) }`,
		`{ a: find(id: 1, first: 2, where: {name: "x"}, tags: ["a", "b"]) }`,
		`query Named { find(id: 1, first: 2, where: {name: "x"}, tags: ["a", "b"]) }`,
		`query($n: Int) { find(id: 1, first: $n, where: {name: "x"}, tags: ["a", "b"]) }`,
	} {
		if program(other) == first {
			t.Errorf("%s has the plan of another operation", other)
		}
	}
}
