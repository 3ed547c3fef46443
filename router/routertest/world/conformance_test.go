package world_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/conformance"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

func TestEveryRecordedSupergraphHasAWorld(t *testing.T) {
	t.Parallel()
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
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			super, err := supergraph.Read(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := world.New(super, world.Options{Seed: 1}); err != nil {
				t.Error(err)
			}
		})
	}
}
