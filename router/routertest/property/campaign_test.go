package property_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/routertest/conformance"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/property"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
)

var (
	seedFlag    = flag.Uint64("seed", 0, "seed of the fresh campaign; 0: a random one")
	firstFlag   = flag.Uint64("first", 1, "seed of the first random supergraph")
	graphsFlag  = flag.Int("graphs", 200, "random supergraphs of a campaign")
	opsFlag     = flag.Int("operations", 25, "operations on each supergraph")
	forFlag     = flag.Duration("for", 0, "how long the fresh campaign goes on; 0: for one set of supergraphs")
	shrinkFlag  = flag.Duration("shrink", 10*time.Second, "how long to shrink one failing case")
	failingFlag = flag.String("failing", "", "folder to write shrunk failing cases to")
)

// TestRouterEqualsReferenceOnRandomSupergraphs is the property, on supergraphs and operations from a fixed seed.
func TestRouterEqualsReferenceOnRandomSupergraphs(t *testing.T) {
	t.Parallel()
	report := property.NewReport()
	property.Campaign{Seed: 1, Operations: *opsFlag}.Random(context.Background(), *firstFlag, *graphsFlag, report)
	t.Log(report)
	judge(t, report)
	if len(report.Unusable) > 0 {
		t.Errorf("%d inputs are unusable:\n%s", len(report.Unusable), strings.Join(report.Unusable, "\n"))
	}
	if report.Supergraphs < *graphsFlag || report.Operations < *graphsFlag**opsFlag*9/10 {
		t.Errorf("only %d operations over %d supergraphs", report.Operations, report.Supergraphs)
	}
	if report.Median() < 3 {
		t.Errorf("the median operation has %d fetches, want at least 3", report.Median())
	}
	if rare := report.Coverage.Below(50); len(rare) > 0 {
		t.Errorf("too rare: %s", strings.Join(rare, ", "))
	}
}

// TestRouterEqualsReferenceOnFreshSeeds is the property on inputs that nobody has seen yet, on and on with -for. Each failure
// prints the seed of its supergraph, which brings it again with -seed: what a supergraph is asked is made of that seed alone.
func TestRouterEqualsReferenceOnFreshSeeds(t *testing.T) {
	t.Parallel()
	seed := *seedFlag
	if seed == 0 {
		seed = rand.Uint64N(1 << 40)
	}
	t.Logf("run again with: go test ./routertest/property -run FreshSeeds -seed %d", seed)
	total, end := property.NewReport(), time.Now().Add(*forFlag)
	for next := seed; next == seed || time.Now().Before(end); {
		report := property.NewReport()
		next = property.Campaign{Seed: 1, Operations: *opsFlag}.Random(context.Background(), next, max(1, *graphsFlag/5), report)
		judge(t, report)
		total.Add(report)
	}
	t.Log(total)
	if len(total.Unusable) > 0 {
		t.Errorf("%d inputs are unusable:\n%s", len(total.Unusable), strings.Join(total.Unusable, "\n"))
	}
}

// TestCampaignsComeAgain: two runs of one campaign ask and answer the same in the same order, whatever ran before.
func TestCampaignsComeAgain(t *testing.T) {
	t.Parallel()
	digest := func(first uint64, graphs int) uint64 {
		report := property.NewReport()
		property.Campaign{Seed: 1, Operations: 40}.Random(context.Background(), first, graphs, report)
		if report.Operations < graphs*30 {
			t.Errorf("only %d operations", report.Operations)
		}
		return report.Digest
	}
	if a, b := digest(1, 4), digest(1, 4); a != b {
		t.Errorf("the digests of two runs are %x and %x", a, b)
	}
	apart := property.NewReport()
	for seed := uint64(1); seed <= 4; seed++ {
		property.Campaign{Seed: 1, Operations: 40}.Random(context.Background(), seed, 1, apart)
		apart.Supergraphs = 0 // the count is what Random goes by
	}
	if a := digest(1, 4); a != apart.Digest {
		t.Errorf("the digest is %x in one run, %x with a run for each supergraph", a, apart.Digest)
	}
}

// TestRouterEqualsReferenceOnRecordedSupergraphs is the property on supergraphs that the reference implementation
// composed.
func TestRouterEqualsReferenceOnRecordedSupergraphs(t *testing.T) {
	t.Parallel()
	recorded, err := conformance.Supergraphs()
	if err != nil {
		t.Fatal(err)
	}
	report := property.NewReport()
	campaign := property.Campaign{Seed: 1, Operations: *opsFlag, Concurrent: true}
	for _, s := range recorded {
		campaign.Supergraph(context.Background(), s.File, s.SDL, report)
	}
	t.Log(report)
	judge(t, report)
}

// judge fails for what a campaign found. The first failures of each kind are shrunk, and written down where a folder is
// given.
func judge(t *testing.T, report *property.Report) {
	t.Helper()
	seen := map[string]int{}
	for _, f := range known(t, report.Failures) {
		signature := f.Signature()
		if seen[signature]++; seen[signature] > 1 {
			continue
		}
		ctx, cancel := context.WithTimeout(context.Background(), *shrinkFlag)
		small, outcome, failure := f.Input, (*property.Outcome)(nil), f.Failure
		if failure.Kind != "hang" {
			small = property.Shrink(ctx, f.Input)
			if outcome, failure = small.Run(context.Background()); failure == nil { // it does not fail alone
				small, failure = f.Input, f.Failure
			}
		}
		cancel()
		text, err := small.Scenario(title(failure)).Text()
		if err != nil {
			t.Fatal(err)
		}
		details := ""
		if outcome != nil {
			details = describe(outcome)
		}
		t.Errorf("%s\n%v\n%s\n%s", f.Name, failure, text, details)
		if seed, isSeed := strings.CutPrefix(f.Name, "seed "); isSeed {
			t.Logf("run it again with: go test ./routertest/property -run FreshSeeds -seed %s -graphs 5 -operations %d", seed, *opsFlag)
		}
		if *failingFlag != "" {
			name := fmt.Sprintf("%s-%s-%d.txtar", failure.Kind, strings.ReplaceAll(f.Name, " ", "-"), len(seen))
			if err := os.WriteFile(filepath.Join(*failingFlag, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(seen) > 0 {
		signatures := make([]string, 0, len(seen))
		for signature, n := range seen {
			signatures = append(signatures, fmt.Sprintf("%6d %s", n, signature))
		}
		slices.Sort(signatures)
		t.Errorf("failures by kind:\n%s", strings.Join(signatures, "\n"))
	}
}

// title is a sentence for a failing case.
func title(failure *property.Failure) string {
	line, _, _ := strings.Cut(failure.Detail, "\n")
	return "The router's answer fails with " + failure.Kind + ": " + line
}

// FuzzRouterEqualsReference explores seeds without end.
func FuzzRouterEqualsReference(f *testing.F) {
	f.Add(uint64(1), uint64(1), uint8(3), uint8(3))
	f.Add(uint64(77), uint64(5), uint8(2), uint8(5))
	f.Fuzz(func(t *testing.T, graphSeed, operationSeed uint64, subgraphs, entities uint8) {
		options := generate.SupergraphOptions{Subgraphs: 2 + int(subgraphs%5), Entities: 1 + int(entities%6)}
		in := property.Input{Subgraphs: generate.RandomSubgraphs(graphSeed, options)}
		super, err := scenario.Compose(in.Subgraphs)
		if err != nil {
			return // by chance, a set may not compose
		}
		report := property.NewReport()
		property.Campaign{Seed: operationSeed, Operations: 5}.Subgraphs(context.Background(), "fuzzed", in, super, report)
		judge(t, report)
	})
}
