package world_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/conformance"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

func TestEveryRecordedSupergraphHasAWorld(t *testing.T) {
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
			if _, err := world.New(super, world.Options{Seed: 1}); err != nil {
				t.Error(err)
			}
		})
	}
}
