package property

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"mime"
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/plancheck"
	"github.com/tributary-gql/tributary/router/internal/planner"
	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/generate"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// Router is the router's own way from a request to an answer, without a server around it.
type Router struct {
	schema  *operation.Schema
	planner *planner.Planner
	checker *plancheck.Checker
	// unchecked: plans run whatever plancheck would say.
	unchecked bool
}

// NewRouter makes a router for a supergraph.
func NewRouter(super *supergraph.Supergraph) (*Router, error) {
	schema, err := operation.NewSchema(super)
	if err != nil {
		return nil, fmt.Errorf("operation schema: %w", err)
	}
	p, err := planner.New(super)
	if err != nil {
		return nil, err
	}
	checker, err := plancheck.New(super)
	if err != nil {
		return nil, fmt.Errorf("plancheck: %w", err)
	}
	return &Router{schema: schema, planner: p, checker: checker}, nil
}

// StageError tells at which stage a request failed.
type StageError struct {
	Stage string // "parse", "plan", "plancheck", "compile", "variables", "execute"
	Err   error
}

// Error implements error.
func (e *StageError) Error() string { return e.Stage + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *StageError) Unwrap() error { return e.Err }

// Prepared is a request that is ready to run.
type Prepared struct {
	Operation *operation.Operation
	Plan      *plan.Plan
	program   *exec.Program
	variables [][]byte
}

// Prepare parses, plans and compiles a request.
func (r *Router) Prepare(ctx context.Context, request generate.Operation, labels map[string]bool, deferred bool) (*Prepared, error) {
	options := operation.DefaultOptions()
	options.Defer = deferred
	op, literals, err := r.schema.ParseWith(request.Document, request.Name, options)
	if err != nil {
		return nil, &StageError{"parse", err}
	}
	made, err := r.planner.Plan(ctx, op, planner.Options{Labels: labels, Defer: deferred})
	if err != nil {
		return nil, &StageError{"plan", err}
	}
	p := &Prepared{Operation: op, Plan: made}
	if r.unchecked {
		return p, r.compile(p, request, literals)
	}
	for _, finding := range r.checker.Check(op, made, plancheck.Options{Labels: labels}) {
		if finding.Rule != plancheck.RuleTooLarge {
			return p, &StageError{"plancheck", errors.New(finding.String())}
		}
	}
	return p, r.compile(p, request, literals)
}

// compile makes the program of a plan, and the variables that it runs with.
func (r *Router) compile(p *Prepared, request generate.Operation, literals operation.Literals) error {
	names := make([]string, len(p.Operation.Variables))
	for i, variable := range p.Operation.Variables {
		names[i] = variable.Name
	}
	var err error
	if p.program, err = exec.Compile(p.Plan, names); err != nil {
		return &StageError{"compile", err}
	}
	if p.variables, err = p.Operation.CoerceVariables(nil, request.Variables, literals); err != nil {
		return &StageError{"variables", err}
	}
	return nil
}

// Run executes the prepared request of a case and gives its payloads.
func (p *Prepared) Run(ctx context.Context, fetcher exec.Fetcher, c Case) ([][]byte, error) {
	authorizations := make([]bool, len(p.Plan.Authorizations))
	for i, a := range p.Plan.Authorizations {
		authorizations[i] = c.Caller == nil || c.Caller.Meets(a.Authenticated, a.Scopes, a.Policies)
	}
	var payloads collector
	input := exec.Input{Variables: p.variables, Authorizations: authorizations, Limits: exec.Limits{Errors: c.maxErrors()}}
	if c.Order != 0 {
		input.Turn = rand.New(rand.NewPCG(c.Order, 0)).IntN
	}
	alone := &mutationsAlone{}
	if p.Plan.Kind == plan.Mutation {
		input.Observer = alone
	}
	if err := p.program.Execute(ctx, input, fetcher, &payloads); err != nil {
		return payloads, &StageError{"execute", err}
	}
	if alone.violation != "" {
		return payloads, &StageError{"order", errors.New(alone.violation)}
	}
	return payloads, nil
}

// collector keeps payloads.
type collector [][]byte

// Emit implements exec.Sink.
func (c *collector) Emit(payload []byte, _ bool) error {
	*c = append(*c, bytes.Clone(payload))
	return nil
}

// fetcher asks fake subgraphs in process. What is no GraphQL response it reports as an HTTP client would; an answer that
// never comes is a time-out at once.
type fetcher struct {
	fleet  *fake.Fleet
	events int // of a subscription
}

// Fetch implements exec.Fetcher.
func (f *fetcher) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	if err := ctx.Err(); err != nil {
		return exec.Answer{}, err
	}
	response := f.fleet.Answer(request.Fetch.Subgraph, bytes.Clone(request.Body))
	if response.Hang {
		return exec.Answer{}, &exec.FetchError{Code: "SUBGRAPH_TIMEOUT", Message: "the subgraph did not answer in time", Err: context.DeadlineExceeded}
	}
	mediaType, _, err := mime.ParseMediaType(response.ContentType)
	if err != nil || mediaType != "application/json" || response.Status != http.StatusOK {
		return exec.Answer{}, &exec.FetchError{Code: "SUBGRAPH_HTTP_ERROR", Message: "the subgraph answered with an error", Status: response.Status}
	}
	return exec.Answer{Body: response.Body}, nil
}

// Stream implements exec.Streamer.
func (f *fetcher) Stream(_ context.Context, request *exec.FetchRequest, emit func(exec.Answer) error) error {
	responses, err := f.fleet.Events(request.Fetch.Subgraph, bytes.Clone(request.Body), f.events)
	if err != nil {
		return err
	}
	for _, response := range responses {
		if err := emit(exec.Answer{Body: response.Body}); err != nil {
			return err
		}
	}
	return nil
}
