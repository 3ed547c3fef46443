package property

import (
	"context"
	"maps"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/routertest/coerce"
	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/scenario"
	"github.com/tributary-gql/tributary/router/routertest/shrink"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Input is a case as text, so that it can be shrunk and written down.
type Input struct {
	Subgraphs  []generate.Subgraph
	Supergraph string // where there are no subgraphs
	World      world.Options
	Request    generate.Operation
	Faults     []fake.Fault
	Caller     *reference.Caller
	Defer      bool
	Events     int    // of a subscription
	Order      uint64 // of what happens at once, see Case
	MaxErrors  int    // in a payload, see Case
	// Through replaces how subgraphs are reached; nil: in process.
	Through func(*fake.Fleet) exec.Fetcher
}

// on is the input as a case in a world.
func (in Input) on(w *world.World) Case {
	return Case{
		World: w, Request: in.Request, Faults: in.Faults, Caller: in.Caller, Defer: in.Defer, Order: in.Order, MaxErrors: in.MaxErrors,
		Through: in.Through,
	}
}

// world is the input's world. Subgraphs are what their own SDL says, so that composition is put to the test as well.
func (in Input) world(super *supergraph.Supergraph) (*world.World, error) {
	if len(in.Subgraphs) > 0 {
		return scenario.World(super, in.Subgraphs, in.World)
	}
	return world.New(super, in.World)
}

// Run checks an input from scratch. The failure's kind is "unusable" where the input makes no world at all.
func (in Input) Run(ctx context.Context) (*Outcome, *Failure) {
	var super *supergraph.Supergraph
	var err error
	if len(in.Subgraphs) > 0 {
		super, err = scenario.Compose(in.Subgraphs)
	} else {
		super, err = supergraph.Read(in.Supergraph)
	}
	if err != nil {
		return nil, &Failure{"unusable", err.Error()}
	}
	w, err := in.world(super)
	if err != nil {
		return nil, &Failure{"unusable", err.Error()}
	}
	bench, err := NewBench(super)
	if err != nil {
		return nil, &Failure{"router", err.Error()}
	}
	if in.Events > 0 {
		return bench.CheckEvents(ctx, in.on(w), in.Events)
	}
	return bench.Check(ctx, in.on(w))
}

// Shrink makes a failing input small while a failure of the same kind stays.
func Shrink(ctx context.Context, in Input) Input {
	_, first := in.Run(ctx)
	if first == nil || first.Kind == "hang" { // each try would leave a goroutine behind
		return in
	}
	fails := func(candidate Input) bool {
		if ctx.Err() != nil {
			return false
		}
		_, failure := candidate.Run(ctx)
		return failure != nil && failure.Kind == first.Kind
	}
	in = shrinkRequest(in, fails, 400)
	in = shrinkWorld(in, fails)
	in = shrinkGraph(in, fails, 1500)
	in.Subgraphs = shrink.List(in.Subgraphs, func(subgraphs []generate.Subgraph) bool {
		candidate := in
		candidate.Subgraphs = subgraphs
		return len(subgraphs) > 0 && fails(candidate)
	})
	in = shrinkRequest(in, fails, 200)
	return shrinkWorld(in, fails)
}

func shrinkRequest(in Input, fails func(Input) bool, tries int) Input {
	with := func(document string) Input {
		candidate := in
		candidate.Request.Document = document
		return candidate
	}
	in = with(shrink.Document(in.Request.Document, func(document string) bool { return fails(with(document)) }, tries))
	bare := in
	bare.Request.Name, bare.Request.Variables = "", []byte("{}")
	if fails(bare) {
		return bare
	}
	return shrinkVariables(in, fails)
}

// shrinkVariables drops the values of variables one by one.
func shrinkVariables(in Input, fails func(Input) bool) Input {
	values, err := coerce.Parse(in.Request.Variables)
	fields, isObject := values.(map[string]any)
	if err != nil || !isObject {
		return in
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		fewer := maps.Clone(fields)
		delete(fewer, name)
		candidate := in
		candidate.Request.Variables = []byte(coerce.Canonical(fewer))
		if fails(candidate) {
			in, fields = candidate, fewer
		}
	}
	return in
}

func shrinkWorld(in Input, fails func(Input) bool) Input {
	for _, change := range []func(*world.Options){
		func(o *world.Options) { o.Nulls, o.NullKeys, o.Failures = 0, 0, 0 },
		func(o *world.Options) { o.Nulls = 0 },
		func(o *world.Options) { o.NullKeys = 0 },
		func(o *world.Options) { o.Failures = 0 },
		func(o *world.Options) { o.Labels = nil },
		func(o *world.Options) { o.PoolSize = 1 },
		func(o *world.Options) { o.PoolSize = 2 },
		func(o *world.Options) { o.Seed = 1 },
	} {
		candidate := in
		change(&candidate.World)
		if fails(candidate) {
			in = candidate
		}
	}
	for _, change := range []func(*Input){
		func(i *Input) { i.Caller = nil },
		func(i *Input) { i.Defer = false },
		func(i *Input) { i.Order = 1 },
		func(i *Input) { i.MaxErrors = 0 },
		func(i *Input) { i.Events = min(1, i.Events) },
	} {
		candidate := in
		change(&candidate)
		if fails(candidate) {
			in = candidate
		}
	}
	in.Faults = shrink.List(in.Faults, func(faults []fake.Fault) bool {
		candidate := in
		candidate.Faults = faults
		return fails(candidate)
	})
	return in
}

// shrinkGraph shrinks subgraphs one after the other, or the supergraph.
func shrinkGraph(in Input, fails func(Input) bool, tries int) Input {
	if len(in.Subgraphs) == 0 {
		with := func(sdl string) Input {
			candidate := in
			candidate.Supergraph = sdl
			return candidate
		}
		return with(shrink.Schema(in.Supergraph, func(sdl string) bool { return fails(with(sdl)) }, tries))
	}
	in.Subgraphs = shrink.List(in.Subgraphs, func(subgraphs []generate.Subgraph) bool {
		candidate := in
		candidate.Subgraphs = subgraphs
		return len(subgraphs) > 0 && fails(candidate)
	})
	with := func(sdls []string) Input {
		candidate := in
		candidate.Subgraphs = slices.Clone(in.Subgraphs)
		for i, sdl := range sdls {
			candidate.Subgraphs[i].SDL = sdl
		}
		return candidate
	}
	sdls := make([]string, len(in.Subgraphs))
	for i, g := range in.Subgraphs {
		sdls[i] = g.SDL
	}
	return with(shrink.Schemas(sdls, func(sdls []string) bool { return fails(with(sdls)) }, tries))
}

// Scenario writes an input down as a scenario with a title.
func (in Input) Scenario(title string) *scenario.Scenario {
	s := &scenario.Scenario{
		Title: title, Subgraphs: in.Subgraphs, Supergraph: in.Supergraph,
		Settings: scenario.SettingsOf(in.World), Operation: in.Request,
	}
	s.Settings.Caller, s.Settings.Defer, s.Settings.Events, s.Settings.Order = in.Caller, in.Defer, in.Events, in.Order
	s.Settings.MaxErrors = in.MaxErrors
	for _, f := range in.Faults {
		s.Settings.Faults = append(s.Settings.Faults, scenario.Fault{
			Kind: f.Kind.String(), Subgraph: f.Subgraph, Skip: f.Skip, Times: f.Times, Index: f.Index, Size: f.Size,
		})
	}
	return s
}

// InputOf is a scenario as an input.
func InputOf(s *scenario.Scenario) (Input, error) {
	faults, err := s.Settings.FakeFaults()
	if err != nil {
		return Input{}, err
	}
	in := Input{
		Subgraphs: s.Subgraphs, World: s.Settings.Options(), Request: s.Operation, Faults: faults,
		Caller: s.Settings.Caller, Defer: s.Settings.Defer, Events: s.Settings.Events, Order: s.Settings.Order,
		MaxErrors: s.Settings.MaxErrors,
	}
	if len(s.Subgraphs) == 0 {
		in.Supergraph = s.Supergraph
	}
	return in, nil
}
