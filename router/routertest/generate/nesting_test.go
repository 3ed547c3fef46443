package generate_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

// TestFragmentsDoNotNestWithoutEnd: where every abstract type fits in every other one, a fragment holds more than one other
// on average.
func TestFragmentsDoNotNestWithoutEnd(t *testing.T) {
	t.Parallel()
	const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Z { a: Int }
union U1 = Z
union U2 = Z
union U3 = Z
type Query { one: U1 }`
	subgraphs := []generate.Subgraph{{Name: "one", SDL: sdl}}
	super, err := scenario.Compose(subgraphs)
	if err != nil {
		t.Fatal(err)
	}
	w, err := scenario.World(super, subgraphs, world.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	deep := 0
	for seed := range uint64(300) {
		operation, err := generate.RandomOperation(w, seed, generate.OperationOptions{})
		if err != nil {
			t.Fatal(err)
		}
		switch depth := nesting(operation.Document); {
		case depth > 60:
			t.Errorf("seed %d: selections nest %d deep", seed, depth)
		case depth > 10:
			deep++
		}
	}
	if deep == 0 {
		t.Error("no operation has fragments that nest")
	}
}

// nesting is how deep braces stand in each other.
func nesting(text string) int {
	depth, deepest := 0, 0
	for _, c := range text {
		switch c {
		case '{':
			depth++
		case '}':
			depth--
		}
		deepest = max(deepest, depth)
	}
	return deepest
}
