package planner

import (
	"context"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/schema/querygraph"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Planner plans operations against one supergraph. It is immutable and safe for concurrent use.
type Planner struct {
	graph  *querygraph.Graph
	super  *supergraph.Supergraph
	auth   *authorizations
	facts  *facts
	values *leaves
}

// New prepares a planner for a supergraph.
func New(s *supergraph.Supergraph) (*Planner, error) {
	graph, err := querygraph.New(s)
	if err != nil {
		return nil, fmt.Errorf("planner: %w", err)
	}
	return &Planner{
		graph: graph, super: s, auth: newAuthorizations(s), facts: newFacts(graph), values: newLeaves(s),
	}, nil
}

// Options are what one plan depends on besides the operation, and what it may cost.
type Options struct {
	// Labels says which side of each override label the request is on: true where the overriding subgraph answers.
	// Labels that are missing are false.
	Labels map[string]bool
	// Defer plans @defer as later payloads, and makes requests of their own for these; without it deferred fields are in
	// the initial response.
	Defer bool
	// Budget is how many units of work planning may take: fields, ways between subgraphs and choices looked at.
	Budget int
	// MaxPaths is how many paths to entities a plan may have, MaxBytes how much operation text.
	MaxPaths, MaxBytes int
}

// DefaultOptions are limits that ordinary operations never come near.
func DefaultOptions() Options {
	return Options{Budget: 3_000_000, MaxPaths: 10_000, MaxBytes: 8 << 20}
}

// withDefaults fills the limits that are zero.
func (o Options) withDefaults() Options {
	defaults := DefaultOptions()
	if o.Budget == 0 {
		o.Budget = defaults.Budget
	}
	if o.MaxPaths == 0 {
		o.MaxPaths = defaults.MaxPaths
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = defaults.MaxBytes
	}
	return o
}

// Plan plans an operation. The same operation and options always give the same plan, byte for byte. Errors are a
// *LimitError, an *UnplannableError, or the context's.
func (p *Planner) Plan(ctx context.Context, op *operation.Operation, options Options) (*plan.Plan, error) {
	made, _, err := p.PlanWithStats(ctx, op, options)
	return made, err
}

// Stats are counts of what planning looked at: for tests that bound it.
type Stats struct {
	Work      int // units spent of Options.Budget
	Positions int // positions solved
	Shapes    int
}

// PlanWithStats is Plan that also tells what it took.
func (p *Planner) PlanWithStats(ctx context.Context, op *operation.Operation, options Options) (*plan.Plan, Stats, error) {
	r := newRun(ctx, p, op, options.withDefaults())
	for _, phase := range phases {
		if err := ctx.Err(); err != nil {
			return nil, r.stats(), err
		}
		if err := phase.run(r); err != nil {
			return nil, r.stats(), err
		}
	}
	return r.plan, r.stats(), nil
}

// Graph is the query graph the planner plans on.
func (p *Planner) Graph() *querygraph.Graph { return p.graph }

// run is the planning of one operation: what the phases read and write.
type run struct {
	*Planner
	ctx     context.Context
	op      *operation.Operation
	options Options
	spent   int
	asked   int // spent when the context was last asked

	guards     *guards
	shapes     *shapes
	solver     *solver
	rootShapes []*shape
	roots      []*position
	draft      *draft
	askings    [][]*asking // by fetch
	selects    *selections
	plan       *plan.Plan
}

func newRun(ctx context.Context, p *Planner, op *operation.Operation, options Options) *run {
	r := &run{Planner: p, ctx: ctx, op: op, options: options, guards: newGuards()}
	r.shapes = newShapes(r)
	r.solver = newSolver(r)
	r.selects = newSelections(r)
	return r
}

// contextInterval is how many units of work pass between two looks at the context.
const contextInterval = 1000

// spend counts work, and says when there is too much of it or nobody waits for it any more.
func (r *run) spend(units int) error {
	r.spent += units
	if r.spent > r.options.Budget {
		return &LimitError{What: "work", Limit: r.options.Budget}
	}
	if r.spent-r.asked >= contextInterval {
		r.asked = r.spent
		return r.ctx.Err()
	}
	return nil
}

func (r *run) stats() Stats {
	return Stats{Work: r.spent, Positions: len(r.solver.positions), Shapes: len(r.shapes.byKey)}
}

// kind is the plan's kind.
func (r *run) kind() plan.Kind {
	switch r.op.Kind {
	case ast.Mutation:
		return plan.Mutation
	case ast.Subscription:
		return plan.Subscription
	default:
		return plan.Query
	}
}
