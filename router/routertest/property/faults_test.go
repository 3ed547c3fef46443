//go:build faults

package property_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/fault"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/property"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// enough is within how many operations a fault must be noticed.
const enough = 5000

// The campaign of the fixed seed must fail under each deliberate fault. Only one can be switched on at a time, so these
// tests are not parallel.

func TestExecutorFaultsAreNoticed(t *testing.T) {
	noticeAll(t, fault.OfExecutor(), property.Campaign{Seed: 1})
}

func TestPlannerFaultsAreNoticedByPlancheck(t *testing.T) {
	noticeAll(t, fault.OfPlanner(), property.Campaign{Seed: 1})
}

// TestPlannerFaultsAreNoticedInAnswers runs the wrong plans: what plancheck does not see must not slip through either.
func TestPlannerFaultsAreNoticedInAnswers(t *testing.T) {
	noticeAll(t, fault.OfPlanner(), property.Campaign{Seed: 1, Unchecked: true})
}

func noticeAll(t *testing.T, faults []fault.Fault, campaign property.Campaign) {
	t.Helper()
	defer fault.Select(fault.None)
	campaign.Operations, campaign.Limit = 25, 1
	graphs := randomGraphs(enough / campaign.Operations)
	for _, f := range faults {
		found, operations := notice(f, campaign, graphs)
		if found == nil {
			t.Errorf("%s: not noticed in %d operations", f, operations)
			continue
		}
		line, _, _ := strings.Cut(found.Failure.Error(), "\n")
		t.Logf("%s: noticed after %d operations: %.150s", f, operations, line)
	}
}

// composed is a random supergraph that all faults meet.
type composed struct {
	name  string
	in    property.Input
	super *supergraph.Supergraph
}

func randomGraphs(n int) []composed {
	var graphs []composed
	for seed := uint64(1); len(graphs) < n; seed++ {
		in := property.Input{Subgraphs: generate.RandomSubgraphs(seed, generate.SupergraphOptions{})}
		if super, err := scenario.Compose(in.Subgraphs); err == nil {
			graphs = append(graphs, composed{fmt.Sprintf("seed %d", seed), in, super})
		}
	}
	return graphs
}

// notice runs operations under a fault until one fails that holds without the fault.
func notice(f fault.Fault, campaign property.Campaign, graphs []composed) (found *property.Found, operations int) {
	for _, g := range graphs {
		report := property.NewReport()
		fault.Select(f)
		campaign.Subgraphs(context.Background(), g.name, g.in, g.super, report)
		fault.Select(fault.None)
		operations += report.Operations
		if operations > enough {
			break
		}
		if len(report.Failures) == 0 {
			continue
		}
		if _, failure := report.Failures[0].Input.Run(context.Background()); failure == nil {
			return &report.Failures[0], operations
		}
	}
	return nil, operations
}
