package planner_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/internal/planner/plannertest"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
	"github.com/tributary-gql/tributary/router/routertest/world"
)

const overriding = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@external", "@requires", "@override"])` + "\n"

// TestLabelsAreThoseOfTheOperation names the labels of operations: those of the fields that they ask.
func TestLabelsAreThoseOfTheOperation(t *testing.T) {
	t.Parallel()
	super, err := scenario.Compose([]generate.Subgraph{
		{Name: "a", SDL: link + `type Query { t: T u: U } type T @key(fields: "id") { id: ID! plain: Int moves: Int follows: Int } type U { t: T }`},
		{Name: "b", SDL: overriding + `type T @key(fields: "id") { id: ID!
			moves: Int @override(from: "a", label: "moves") follows: Int @override(from: "a", label: "follows") }`},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := plannertest.New(t, super.Print())
	for document, want := range map[string][]string{
		`{ t { plain } }`: nil,
		`{ __typename }`:  nil,
		`{ t { moves } }`: {"moves"},
		`{ u { t { ... on T { b: follows } } } t { moves } }`: {"follows", "moves"},
	} {
		if got := p.Planner.Labels(p.Operation(t, document, false)); !slices.Equal(got, want) {
			t.Errorf("%s depends on %v, want %v", document, got, want)
		}
	}
}

// TestOtherLabelsDoNotChangeThePlan flips, on random supergraphs, each label that an operation is not said to depend on.
func TestOtherLabelsDoNotChangeThePlan(t *testing.T) {
	t.Parallel()
	flipped := 0
	for seed := uint64(1); seed <= 60; seed++ {
		subgraphs := generate.RandomSubgraphs(seed, generate.SupergraphOptions{})
		super, err := scenario.Compose(subgraphs)
		if err != nil {
			t.Fatal(err)
		}
		p := plannertest.New(t, super.Print())
		all := p.Planner.Graph().Labels()
		if len(all) == 0 {
			continue
		}
		w, err := scenario.World(super, subgraphs, world.Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(seed, 0))
		for range 10 {
			request, err := generate.RandomOperation(w, random.Uint64(), generate.OperationOptions{})
			if err != nil {
				t.Fatal(err)
			}
			op, _, err := p.Schema.ParseWith(request.Document, request.Name, operation.DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			labels := map[string]bool{}
			for _, label := range all {
				labels[label] = random.IntN(2) == 0
			}
			before, err := p.Planner.Plan(t.Context(), op, planner.Options{Labels: labels})
			if err != nil {
				t.Fatal(err)
			}
			own := p.Planner.Labels(op)
			for _, label := range all {
				if !slices.Contains(own, label) {
					labels[label] = !labels[label]
					flipped++
				}
			}
			after, err := p.Planner.Plan(t.Context(), op, planner.Options{Labels: labels})
			if err != nil {
				t.Fatal(err)
			}
			if golden(before) != golden(after) {
				t.Errorf("seed %d: %s\ndepends on %v only, yet it is planned in two ways:\n%s\n%s", seed, request.Document, own, golden(before), golden(after))
			}
		}
	}
	if flipped < 20 {
		t.Errorf("only %d labels were flipped", flipped)
	}
}
