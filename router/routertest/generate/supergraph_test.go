package generate_test

import (
	"testing"

	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/schema/compose"
)

func composed(subgraphs []generate.Subgraph) compose.Result {
	var sources []compose.Source
	for _, s := range subgraphs {
		sources = append(sources, compose.Source{Name: s.Name, URL: "http://" + s.Name, SDL: s.SDL})
	}
	return compose.Sources(sources...)
}

func TestRandomSubgraphsCompose(t *testing.T) {
	t.Parallel()
	const n = 200
	rejected := 0
	for seed := range uint64(n) {
		result := composed(generate.RandomSubgraphs(seed, generate.SupergraphOptions{}))
		if result.Supergraph == nil {
			rejected++
			for _, d := range result.Errors {
				t.Log(seed, d.Code, d.Message)
			}
		}
	}
	if rejected > 0 {
		t.Errorf("%d of %d sets of subgraphs do not compose", rejected, n)
	}
}
