package generate_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/conformance"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// supergraphs are all recorded supergraphs by file name.
func supergraphs(t *testing.T) map[string]string {
	t.Helper()
	plans, err := conformance.Plans()
	if err != nil {
		t.Fatal(err)
	}
	compositions, err := conformance.Compositions()
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, p := range plans {
		texts[p.File] = p.Supergraph
	}
	for _, c := range compositions {
		if c.Supergraph != "" {
			texts[c.File] = c.Supergraph
		}
	}
	return texts
}

func TestRandomOperationsAreValidAndHaveAnswersWithoutErrors(t *testing.T) {
	t.Parallel()
	for name, text := range supergraphs(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			super, err := supergraph.Read(text)
			if err != nil {
				t.Fatal(err)
			}
			w, err := world.New(super, world.Options{Seed: 1, Nulls: 120})
			if err != nil {
				t.Fatal(err)
			}
			for seed := range uint64(20) {
				operation, err := generate.RandomOperation(w, seed, generate.OperationOptions{})
				if err != nil {
					t.Fatal(err)
				}
				result, err := reference.Answer(w, reference.Request{Document: operation.Document, OperationName: operation.Name, Variables: operation.Variables})
				if err != nil {
					t.Fatalf("%v\n%s%s", err, operation.Document, operation.Variables)
				}
				if len(result.Errors) > 0 {
					t.Errorf("%v\n%s%s", result.Errors, operation.Document, operation.Variables)
				}
			}
		})
	}
}
