package property

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Campaign runs many random operations. All that a supergraph is asked, and in which order things happen that are under way
// together, is made of the seed and the supergraph's name: it does not depend on what ran before, on time or on the scheduler.
type Campaign struct {
	Seed uint64
	// Operations is how many run on each supergraph.
	Operations int
	// Limit ends the run after so many failures; 0 means never.
	Limit int
	// Concurrent leaves the order of what is under way together to the scheduler, as in production: then a failure may not
	// come again.
	Concurrent bool
	// Unchecked runs plans without plancheck: what is wrong with them must then show in the answers.
	Unchecked bool
}

// Report is what a campaign found.
type Report struct {
	Supergraphs int
	Operations  int // run and compared
	Faulty      int // runs in which something failed on purpose
	Fetches     []int
	Coverage    *Coverage
	Failures    []Found
	// Digest sums up what was asked and answered: it is the same for two runs of one campaign.
	Digest uint64
	// Unusable are supergraphs that gave no world or router, by name.
	Unusable []string
}

// Found is one failing input.
type Found struct {
	Name    string // of the supergraph
	Input   Input
	Failure *Failure
}

// Signature groups failures: the kind and the first line without what differs by chance.
func (f Found) Signature() string {
	line, _, _ := strings.Cut(f.Failure.Detail, "\n")
	var out strings.Builder
	for _, word := range strings.Fields(line) {
		if strings.ContainsAny(word, `{}[]0123456789"`) {
			word = "_"
		}
		out.WriteString(" " + word)
	}
	text := out.String()
	return f.Failure.Kind + ":" + text[:min(len(text), 120)]
}

// NewReport is an empty report.
func NewReport() *Report { return &Report{Coverage: NewCoverage()} }

// Add takes the counts of another report over, and its failures.
func (r *Report) Add(other *Report) {
	r.Supergraphs += other.Supergraphs
	r.Operations += other.Operations
	r.Faulty += other.Faulty
	r.Digest ^= other.Digest
	r.Fetches = append(r.Fetches, other.Fetches...)
	r.Failures = append(r.Failures, other.Failures...)
	r.Unusable = append(r.Unusable, other.Unusable...)
	for name, n := range other.Coverage.counts {
		r.Coverage.counts[name] += n
	}
}

// Median is the number of fetches of the median operation.
func (r *Report) Median() int {
	if len(r.Fetches) == 0 {
		return 0
	}
	sorted := slices.Clone(r.Fetches)
	slices.Sort(sorted)
	return sorted[len(sorted)/2]
}

// String sums the report up.
func (r *Report) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d operations (and %d runs with failures) over %d supergraphs, median %d fetches, %d failures\n",
		r.Operations, r.Faulty, r.Supergraphs, r.Median(), len(r.Failures))
	out.WriteString(r.Coverage.String())
	counts := map[string]int{}
	for _, f := range r.Failures {
		counts[f.Signature()]++
	}
	signatures := slices.Sorted(maps.Keys(counts))
	slices.SortStableFunc(signatures, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	for _, signature := range signatures {
		fmt.Fprintf(&out, "%8d  %s\n", counts[signature], signature)
	}
	return out.String()
}

// Random runs the campaign on a number of random supergraphs, made of the seeds from the first on. It gives the seed that
// comes next.
func (c Campaign) Random(ctx context.Context, first uint64, supergraphs int, report *Report) (next uint64) {
	seed := first
	for ; report.Supergraphs < supergraphs && seed < first+2*uint64(supergraphs) && ctx.Err() == nil; seed++ {
		in := Input{Subgraphs: generate.RandomSubgraphs(seed, generate.SupergraphOptions{})}
		name := fmt.Sprintf("seed %d", seed)
		super, err := scenario.Compose(in.Subgraphs)
		if err != nil {
			report.Unusable = append(report.Unusable, name+": "+err.Error())
			continue
		}
		if c.Subgraphs(ctx, name, in, super, report) {
			return seed + 1
		}
	}
	return seed
}

// Supergraph runs the campaign on one composed supergraph.
func (c Campaign) Supergraph(ctx context.Context, name, sdl string, report *Report) {
	super, err := supergraph.Read(sdl)
	if err != nil {
		report.Unusable = append(report.Unusable, name+": "+err.Error())
		return
	}
	c.Subgraphs(ctx, name, Input{Supergraph: sdl}, super, report)
}

// Subgraphs runs operations on one supergraph that was composed from the input. It returns true when the campaign's
// limit is reached.
func (c Campaign) Subgraphs(ctx context.Context, name string, in Input, super *supergraph.Supergraph, report *Report) bool {
	random := rand.New(rand.NewPCG(c.Seed, digest(name)))
	bench, err := newBenchSafely(super)
	if err != nil {
		report.Failures = append(report.Failures, Found{name, in, &Failure{"router", err.Error()}})
		return false
	}
	bench.router.unchecked = c.Unchecked
	report.Supergraphs++
	options := world.Options{Nulls: 100, Labels: randomLabels(super, random)}
	in.World = options
	first, err := in.world(super)
	if err != nil {
		report.Unusable = append(report.Unusable, name+": "+err.Error())
		return false
	}
	worlds := worlds{}
	for range c.Operations {
		if ctx.Err() != nil {
			return true
		}
		in.World, in.Faults, in.Caller, in.Defer, in.Events, in.MaxErrors = options, nil, nil, false, 0, 0
		in.World.Seed = uint64(1 + random.IntN(3))
		if order := 1 + random.Uint64N(1<<32); !c.Concurrent {
			in.Order = order
		}
		kind := ast.Query
		switch random.IntN(32) {
		case 0, 1, 2, 3:
			in.World.Failures = 80
		case 4:
			in.World.NullKeys = 400
		case 5, 6, 7, 18, 19, 20:
			in.Caller = randomCaller(random)
		case 8, 9, 10:
			in.Defer = true
		case 11, 12, 13, 14, 15:
			kind = ast.Mutation
		case 16, 17:
			kind = ast.Subscription
		}
		if few := 1 + random.IntN(6); few <= 3 && !in.Defer {
			in.MaxErrors = few
		}
		w := worlds.of(first, in.World)
		if (kind == ast.Mutation && w.API.Mutation == nil) || (kind == ast.Subscription && w.API.Subscription == nil) {
			kind = ast.Query
		}
		if kind == ast.Subscription {
			in.Events = 2
		}
		in.Request, err = generate.RandomOperation(w, random.Uint64(), generate.OperationOptions{Kind: kind, Defer: in.Defer})
		if err != nil {
			report.Unusable = append(report.Unusable, name+": "+err.Error())
			continue
		}
		if c.one(ctx, name, in, bench, w, report) {
			return true
		}
		if in.World.Failures+in.World.NullKeys > 0 || in.Caller != nil || in.Defer || in.Events > 0 || random.IntN(5) < 1 {
			continue
		}
		kinds := fake.FaultKinds()
		in.Faults = []fake.Fault{{
			Kind: kinds[random.IntN(len(kinds))], Skip: random.IntN(3), Times: random.IntN(2), Index: random.IntN(3),
		}}
		if c.one(ctx, name, in, bench, w, report) {
			return true
		}
	}
	return false
}

// worlds keeps the worlds of one supergraph, which differ in what is in the key alone.
type worlds map[worldKey]*world.World

type worldKey struct {
	seed               uint64
	failures, nullKeys int
}

func (made worlds) of(first *world.World, options world.Options) *world.World {
	key := worldKey{options.Seed, options.Failures, options.NullKeys}
	if made[key] == nil {
		made[key] = first.With(options)
	}
	return made[key]
}

// randomCaller may see a part of what is protected.
func randomCaller(random *rand.Rand) *reference.Caller {
	caller := &reference.Caller{Authenticated: random.IntN(2) == 0}
	for _, scope := range []string{"read", "admin", "all"} {
		if random.IntN(2) == 0 {
			caller.Scopes = append(caller.Scopes, scope)
		}
	}
	if random.IntN(2) == 0 {
		caller.Policies = []string{"p1"}
	}
	return caller
}

// one runs one operation.
func (c Campaign) one(ctx context.Context, name string, in Input, bench *Bench, w *world.World, report *Report) bool {
	if len(in.Faults) == 0 {
		report.Operations++
	}
	var outcome *Outcome
	var failure *Failure
	if in.Events > 0 {
		outcome, failure = bench.CheckEvents(ctx, in.on(w), in.Events)
	} else {
		outcome, failure = bench.Check(ctx, in.on(w))
	}
	report.digest(name, outcome, failure)
	switch {
	case failure != nil:
		report.Failures = append(report.Failures, Found{name, in, failure})
		return c.Limit > 0 && len(report.Failures) >= c.Limit
	case in.Events > 0:
		report.Coverage.Add(subscribed)
		return false
	}
	report.Fetches = append(report.Fetches, len(outcome.Prepared.Plan.Fetches))
	report.Coverage.countPlan(outcome.Prepared.Plan)
	report.Coverage.countSchema(in)
	for feature := range outcome.Fleet.Covered() {
		report.Coverage.Add(feature)
	}
	if len(in.Faults) > 0 || in.World.Failures > 0 {
		report.Faulty++
	}
	report.Coverage.countErrors(in, outcome)
	if len(outcome.Prepared.Plan.Deferred) > 0 {
		report.Coverage.Add(deferredPart)
	}
	if strings.Contains(in.Request.Document, generate.OneOfArgument+": ") {
		report.Coverage.Add(oneOfInput)
	}
	return false
}

// digest takes a case into the report's digest.
func (r *Report) digest(name string, outcome *Outcome, failure *Failure) {
	h := fnv.New64a()
	fmt.Fprintln(h, r.Digest, name) // writing to a hash never fails
	for _, request := range outcome.Fleet.InOrder() {
		fmt.Fprintln(h, request)
	}
	fmt.Fprintln(h, string(outcome.Payload))
	if failure != nil {
		fmt.Fprintln(h, failure.Kind)
	}
	r.Digest = h.Sum64()
}

// countErrors counts the ways in which things went wrong.
func (c *Coverage) countErrors(in Input, o *Outcome) {
	hit := slices.ContainsFunc(o.Fleet.InOrder(), func(r fake.Request) bool { return r.Faulty })
	for _, fault := range in.Faults {
		if hit {
			c.Add(faultName(fault.Kind))
		}
	}
	if in.World.NullKeys > 0 {
		c.Add(nullKeys)
	}
	if len(o.Expected.Errors) == 0 {
		return
	}
	if in.Caller != nil {
		c.Add(deniedField)
	} else {
		c.Add(failedField)
	}
	if slices.ContainsFunc(o.Expected.Errors, func(e executeError) bool { return goesUp(o, e) }) {
		c.Add(nulledParent)
	}
	if len(o.Expected.Errors) > o.maxErrors {
		c.Add(cutErrors)
	}
}

func newBenchSafely(super *supergraph.Supergraph) (bench *Bench, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	return NewBench(super)
}

// randomLabels chooses which override labels hold.
func randomLabels(super *supergraph.Supergraph, random *rand.Rand) map[string]bool {
	labels := map[string]bool{}
	for _, t := range super.Types {
		for _, f := range t.Fields {
			for _, join := range f.Joins {
				if _, known := labels[join.OverrideLabel]; join.OverrideLabel != "" && !known {
					labels[join.OverrideLabel] = random.IntN(2) == 0
				}
			}
		}
	}
	if len(labels) == 0 {
		return nil
	}
	return labels
}
