package generate_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/conformance"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

func TestRandomOperationsAreValidAndHaveAnswersWithoutErrors(t *testing.T) {
	t.Parallel()
	recorded, err := conformance.Supergraphs()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range recorded {
		t.Run(s.File, func(t *testing.T) {
			t.Parallel()
			super, err := supergraph.Read(s.SDL)
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
