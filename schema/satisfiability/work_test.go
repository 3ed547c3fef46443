package satisfiability_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/satisfiability"
)

// TestWorkGrowsWithTheGraph: twice the subgraphs are at most two and a half times the work, also where all of them share a
// value type, so that there are as many ways to it as there are entities.
func TestWorkGrowsWithTheGraph(t *testing.T) {
	t.Parallel()
	small, smallCompared := work(t, 50)
	large, largeCompared := work(t, 100)
	if 2*large > 5*small {
		t.Errorf("50 subgraphs take %d states, 100 take %d", small, large)
	}
	if 2*largeCompared > 5*smallCompared {
		t.Errorf("50 subgraphs take %d comparisons, 100 take %d", smallCompared, largeCompared)
	}
}

// work counts the work on a ring of subgraphs, each with entities that lead to the next subgraph's.
func work(t *testing.T, subgraphs int) (states, comparisons int) {
	t.Helper()
	sources := make([]compose.Source, subgraphs)
	for i := range sources {
		var b strings.Builder
		b.WriteString("extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@shareable\"])\n")
		fmt.Fprintf(&b, "type Query { entity%d: Entity%d }\ninterface Node { id: ID! }\n", i, i)
		b.WriteString("type Money @shareable { amount: Float! currency: String! }\n")
		fmt.Fprintf(&b, "type Entity%d implements Node @key(fields: \"id\") { id: ID! price: Money cost: Money next: Entity%d }\n", i, (i+1)%subgraphs)
		fmt.Fprintf(&b, "type Entity%d @key(fields: \"id\", resolvable: false) { id: ID! }\n", (i+1)%subgraphs)
		sources[i] = compose.Source{Name: fmt.Sprintf("s%d", i), SDL: b.String()}
	}
	result := compose.Sources(sources...)
	if result.Supergraph == nil {
		t.Fatalf("%d subgraphs do not compose: %v", subgraphs, result.Errors)
	}
	states, comparisons, err := satisfiability.Work(result.Supergraph)
	if err != nil {
		t.Fatal(err)
	}
	return states, comparisons
}
