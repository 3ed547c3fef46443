package compose_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/schema/compose"
)

// generateGraph makes subgraphs of about 50 KB of SDL each: every one owns entities, extends its neighbours' entities, shares value
// types, enums, inputs and an interface with all others, and has query fields of its own.
func generateGraph(subgraphs int) []compose.Source {
	const entities, fields = 16, 30
	sources := make([]compose.Source, subgraphs)
	for i := range sources {
		var b strings.Builder
		b.WriteString("extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@key\", \"@shareable\", \"@external\", \"@requires\", \"@tag\"])\n")
		b.WriteString("type Query {\n")
		for e := range entities {
			fmt.Fprintf(&b, "  entity%d_%d(id: ID!, filter: Filter, order: Order = ASC): Entity%d_%d @tag(name: \"t%d\")\n", i, e, i, e, e%5)
		}
		b.WriteString("}\n\"What all nodes have.\"\ninterface Node { id: ID! }\n")
		b.WriteString("type Money @shareable { amount: Float! currency: Currency! }\n")
		b.WriteString("enum Currency { EUR USD GBP }\nenum Order { ASC DESC }\nscalar Time\n")
		b.WriteString("input Filter { text: String since: Time currency: Currency = EUR ids: [ID!] }\n")
		for e := range entities {
			fmt.Fprintf(&b, "\"Entity %d of subgraph %d.\"\ntype Entity%d_%d implements Node @key(fields: \"id\") {\n  id: ID!\n", e, i, i, e)
			for f := range fields {
				fmt.Fprintf(&b, "  \"Field %d.\"\n  field%d(first: Int = 10, after: String): [Money!] @deprecated(reason: \"old\")\n", f, f)
			}
			fmt.Fprintf(&b, "  next: Entity%d_%d\n}\n", (i+1)%subgraphs, e)
		}
		if next := (i + 1) % subgraphs; next != i {
			for e := range entities {
				fmt.Fprintf(&b, "type Entity%d_%d @key(fields: \"id\") {\n  id: ID!\n  field1(first: Int = 10, after: String): [Money!] @external\n  from%d: Money @requires(fields: \"field1 { amount }\")\n}\n", next, e, i)
			}
		}
		sources[i] = compose.Source{Name: fmt.Sprintf("subgraph%d", i), SDL: b.String()}
	}
	return sources
}

func BenchmarkCompose(b *testing.B) {
	for _, subgraphs := range []int{10, 100, 250, 500, 1000} {
		b.Run(fmt.Sprintf("subgraphs=%d", subgraphs), func(b *testing.B) {
			sources := generateGraph(subgraphs)
			size := 0
			for _, s := range sources {
				size += len(s.SDL)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				result := compose.Sources(sources...)
				if len(result.Errors) > 0 {
					b.Fatalf("%d errors, the first: %s: %s", len(result.Errors), result.Errors[0].Code, result.Errors[0].Message)
				}
			}
		})
	}
}

// TestCostGrowsWithTheGraph: twice the subgraphs are at most two and a half times the allocations.
func TestCostGrowsWithTheGraph(t *testing.T) {
	allocations := func(subgraphs int) float64 {
		sources := generateGraph(subgraphs)
		return testing.AllocsPerRun(1, func() {
			if result := compose.Sources(sources...); len(result.Errors) > 0 {
				t.Fatalf("%d errors, the first: %s", len(result.Errors), result.Errors[0].Message)
			}
		})
	}
	small, large := allocations(8), allocations(16)
	if large > 2.5*small {
		t.Errorf("8 subgraphs take %.0f allocations, 16 take %.0f", small, large)
	}
}
