// Package snapshot is one supergraph made ready to serve: its schema for operations, its planner, and the cache of
// operations with their compiled plans, as one immutable value behind one pointer. A change of the supergraph builds the
// next snapshot beside the one that serves, warms it with the operations that are in use, and swaps the pointer; requests
// that run keep the snapshot they began with.
//
// Nothing that lives longer points into a snapshot, so an old one is collected with its last request.
package snapshot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/demand"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/operation/introspect"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Options configure snapshots.
type Options struct {
	Operation    operation.Options
	CacheBytes   int64         // memory for prepared operations
	PlanTimeout  time.Duration // longest time for one plan
	PlanWorkers  int           // plans made at the same time; 0: one for each processor
	DeferEnabled bool
	Observer     Observer // nil: nobody
	// Demand estimates what operations cost; nil: nobody asks.
	Demand *demand.Options
}

// Snapshot is one supergraph, ready to serve. It is safe for concurrent use.
type Snapshot struct {
	// Hash identifies the supergraph's SDL: equal SDL, equal hash.
	Hash       string
	Supergraph *supergraph.Supergraph
	Schema     *operation.Schema

	options    Options
	introspect *introspect.Introspector
	planner    *planner.Planner
	costs      *demand.Costs // nil: costs are not estimated
	operations *cache
	flight     flight[documentKey, *Prepared]
	planFlight flight[planKey, *Program]
	workers    chan struct{}
}

// Prepared is an operation that was parsed, validated and planned.
type Prepared struct {
	Operation *operation.Operation
	Literals  operation.Literals
	// Cost is what it is estimated to cost; nil without Options.Demand.
	Cost *demand.Estimate
	// Labels are the override labels that matter for it, sorted.
	Labels   []string
	programs programs
	asked    atomic.Bool
}

// Repeated tells whether the operation was asked for before.
func (p *Prepared) Repeated() bool {
	if p.asked.Load() {
		return true
	}
	p.asked.Store(true)
	return false
}

// Program is a compiled plan.
type Program struct {
	Plan *plan.Plan
	// Subgraphs are the names of those that the plan asks, sorted, each once.
	Subgraphs []string
	*exec.Program
}

// HashOf is the identity of a supergraph's SDL.
func HashOf(sdl string) string {
	sum := sha256.Sum256([]byte(sdl))
	return hex.EncodeToString(sum[:16])
}

// Build reads a supergraph and makes a snapshot with an empty cache. The error says what is wrong with the SDL.
func Build(sdl string, o Options) (*Snapshot, error) {
	graph, err := supergraph.Read(sdl)
	if err != nil {
		return nil, fmt.Errorf("the supergraph cannot be used: %w", err)
	}
	schema, err := operation.NewSchema(graph)
	if err != nil {
		return nil, fmt.Errorf("the supergraph's API schema cannot be used: %w", err)
	}
	p, err := planner.New(graph)
	if err != nil {
		return nil, fmt.Errorf("the supergraph cannot be planned: %w", err)
	}
	operations, err := newCache(o.CacheBytes)
	if err != nil {
		return nil, err
	}
	var costs *demand.Costs
	if o.Demand != nil {
		costs = demand.New(graph, schema, *o.Demand)
	}
	if o.PlanWorkers <= 0 {
		o.PlanWorkers = runtime.GOMAXPROCS(0)
	}
	return &Snapshot{
		Hash: HashOf(sdl), Supergraph: graph, Schema: schema, options: o, planner: p, costs: costs, introspect: introspect.New(schema),
		operations: operations, workers: make(chan struct{}, o.PlanWorkers),
	}, nil
}

// Prepare gives the operation of a document. Only the first request for a document parses, validates and normalises it;
// those that come meanwhile wait for it. document must not be changed afterwards. The error is for the client.
func (s *Snapshot) Prepare(ctx context.Context, document, operationName string) (*Prepared, error) {
	key := documentKey{document: document, operationName: operationName}
	if p, ok := s.operations.get(key); ok {
		s.lookedUp(true)
		return p, nil
	}
	s.lookedUp(false)
	key = documentKey{document: strings.Clone(document), operationName: strings.Clone(operationName)}
	p, _, err := s.flight.do(ctx, key, func(ctx context.Context) (*Prepared, error) {
		p, err := work(ctx, s, func() (*Prepared, error) {
			op, literals, err := s.Schema.ParseWith(key.document, key.operationName, s.options.Operation)
			if err != nil {
				return nil, err
			}
			prepared := &Prepared{Operation: op, Literals: literals, Labels: s.planner.Labels(op)}
			if s.costs != nil {
				prepared.Cost = s.costs.Compile(op, literals)
			}
			return prepared, nil
		})
		if err == nil {
			s.operations.add(key, p)
		}
		return p, err
	})
	return p, err
}

// Program gives the compiled plan of a prepared operation for a choice of override labels: active[i] tells whether
// Labels[i] is on.
func (s *Snapshot) Program(ctx context.Context, p *Prepared, active []bool) (*Program, error) {
	labels := labelBits(active)
	if program := p.programs.get(labels); program != nil {
		return program, nil
	}
	// Operations that differ only in literals share their plans.
	key := planKey{hash: p.Operation.Hash, labels: labels}
	if program, ok := s.operations.program(key); ok {
		p.programs.put(labels, program)
		return program, nil
	}
	program, _, err := s.planFlight.do(ctx, key, func(ctx context.Context) (*Program, error) {
		program, err := work(ctx, s, func() (*Program, error) { return s.planObserved(ctx, p, active) })
		if err == nil {
			s.operations.addProgram(key, program)
		}
		return program, err
	})
	if err != nil {
		return nil, err
	}
	p.programs.put(labels, program)
	return program, nil
}

// work runs f in one of the places for planning, so that a flood of new operations leaves the processors to the others.
func work[T any](ctx context.Context, s *Snapshot, f func() (T, error)) (result T, err error) {
	select {
	case s.workers <- struct{}{}:
	case <-ctx.Done():
		return result, context.Cause(ctx)
	}
	defer func() {
		<-s.workers
		if p := recover(); p != nil {
			// One operation that trips over a mistake of ours must not take the others with it.
			err = fmt.Errorf("panic while preparing an operation: %v\n%s", p, debug.Stack())
		}
	}()
	return f()
}

func (s *Snapshot) plan(ctx context.Context, p *Prepared, active []bool) (*Program, error) {
	labels := make(map[string]bool, len(p.Labels))
	for i, label := range p.Labels {
		labels[label] = active[i]
	}
	made, err := s.Plan(ctx, p.Operation, labels)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(p.Operation.Variables))
	for i, v := range p.Operation.Variables {
		names[i] = v.Name
	}
	compiled, err := exec.Compile(made, names)
	if err != nil {
		return nil, fmt.Errorf("compile plan: %w", err)
	}
	return &Program{Plan: made, Subgraphs: subgraphsOf(made), Program: compiled}, nil
}

func subgraphsOf(p *plan.Plan) []string {
	names := make([]string, 0, len(p.Fetches))
	for _, f := range p.Fetches {
		names = append(names, f.Subgraph)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Plan makes a plan without any cache: for people who look at plans.
func (s *Snapshot) Plan(ctx context.Context, op *operation.Operation, labels map[string]bool) (*plan.Plan, error) {
	if s.options.PlanTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.options.PlanTimeout, errPlanTimeout)
		defer cancel()
	}
	var tooComplex *planner.LimitError
	made, err := s.planner.Plan(ctx, op, planner.Options{Labels: labels, Defer: s.options.DeferEnabled})
	switch {
	case err == nil:
		return made, nil
	case errors.Is(context.Cause(ctx), errPlanTimeout):
		return nil, gqlerr.Wrap(err, gqlerr.QueryPlanLimit, "planning this operation took longer than %v; ask for less at once", s.options.PlanTimeout)
	case errors.As(err, &tooComplex):
		return nil, gqlerr.Wrap(err, gqlerr.QueryPlanLimit, "%s", tooComplex.Error())
	default:
		return nil, fmt.Errorf("plan: %w", err)
	}
}

var errPlanTimeout = errors.New("snapshot: planning took too long")

// Introspect answers the introspection field of an operation that has the name in its plan, as JSON that must not be
// changed.
func (s *Snapshot) Introspect(p *Prepared, variables [][]byte, name string) ([]byte, error) {
	return s.introspect.Answer(p.Operation, variables, name)
}

// Cached is how many documents are in the cache.
func (s *Snapshot) Cached() int { return s.operations.documentsByKey.EstimatedSize() }

// Documents gives up to n cached documents, the most used first, to warm the next snapshot with.
func (s *Snapshot) Documents(n int) []Document { return s.operations.documents(n) }

// Document is a document that clients have sent.
type Document struct{ Text, OperationName string }

// Warm prepares and plans documents, one after the other, so that it takes at most one place for planning. Documents
// that do not fit this supergraph are left out. It ends early with ctx.
func (s *Snapshot) Warm(ctx context.Context, documents []Document) (warmed int) {
	for _, d := range documents {
		if ctx.Err() != nil {
			break
		}
		p, err := s.Prepare(ctx, d.Text, d.OperationName)
		if err != nil {
			continue
		}
		if _, err := s.Program(ctx, p, make([]bool, len(p.Labels))); err == nil {
			warmed++
		}
	}
	return warmed
}
