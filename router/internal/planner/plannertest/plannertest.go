// Package plannertest plans operations given as text: for tests of the packages around the planner.
package plannertest

import (
	"testing"

	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/plancheck"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Planner is a planner with everything that turns text into its input.
type Planner struct {
	Supergraph *supergraph.Supergraph
	Schema     *operation.Schema
	Planner    *planner.Planner
	checker    *plancheck.Checker
}

// New makes a planner for a supergraph's SDL; the test fails when it cannot.
func New(tb testing.TB, sdl string) *Planner {
	tb.Helper()
	s, err := supergraph.Read(sdl)
	if err != nil {
		tb.Fatalf("read the supergraph: %v", err)
	}
	schema, err := operation.NewSchema(s)
	if err != nil {
		tb.Fatalf("prepare the API schema: %v", err)
	}
	p, err := planner.New(s)
	if err != nil {
		tb.Fatalf("prepare the planner: %v", err)
	}
	checker, err := plancheck.New(s)
	if err != nil {
		tb.Fatalf("prepare the check: %v", err)
	}
	return &Planner{Supergraph: s, Schema: schema, Planner: p, checker: checker}
}

// Operation parses an operation; with deferring, @defer is kept.
func (p *Planner) Operation(tb testing.TB, document string, deferring bool) *operation.Operation {
	tb.Helper()
	options := operation.DefaultOptions()
	options.Defer = deferring
	op, _, err := p.Schema.ParseWith(document, "", options)
	if err != nil {
		tb.Fatalf("parse the operation: %v", err)
	}
	return op
}

// Plan plans an operation given as text. The test fails when the plan does not pass plancheck.
func (p *Planner) Plan(tb testing.TB, document string, options planner.Options) *plan.Plan {
	tb.Helper()
	op := p.Operation(tb, document, options.Defer)
	made, err := p.Planner.Plan(tb.Context(), op, options)
	if err != nil {
		tb.Fatalf("plan: %v", err)
	}
	for _, finding := range p.checker.Check(op, made, plancheck.Options{Labels: options.Labels}) {
		tb.Errorf("plancheck: %s\n%s", finding, made)
	}
	return made
}
