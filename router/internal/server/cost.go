package server

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"sync"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/demand"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// ExposeCost says how clients learn what their operations cost.
type ExposeCost string

// How they may learn it.
const (
	ExposeNothing    ExposeCost = ""
	ExposeHeaders    ExposeCost = "headers"
	ExposeExtensions ExposeCost = "extensions"
)

// CostOptions bound what an operation may cost. Snapshots that estimate no costs switch all of it off.
type CostOptions struct {
	Enforce bool    // refuse what costs more than Max; else only measure it
	Max     float64 // 0: no limit
	Expose  ExposeCost
	// Observe is told of each operation that is estimated: result is COST_OK or the code with which it is, or would be,
	// refused. nil: nobody is told.
	Observe func(estimated float64, result string)
	// Counted is told of each response that is counted; nil: nobody is told.
	Counted func(actual float64)
}

// costOK is the result of an operation that is not too expensive.
const costOK = "COST_OK"

// maxCost is what costs without bounds are cut to: every smaller whole number can be told from its neighbours.
const maxCost = 1 << 53

// admission is what the operations of one HTTP request share while limits judge them: those of a batch run side by side.
type admission struct {
	mu        sync.Mutex
	header    http.Header // of the response, before it is written
	estimated float64     // of all operations so far
	refused   int         // operations that a rate limit has refused
}

// admit makes what the request's operations share, where a limit needs it.
func (s *Server) admit(w http.ResponseWriter, requests []*graphqlRequest) {
	limited := s.options.RateLimits != nil && s.options.RateLimits.Debits(ratelimit.ByCost)
	if !limited && s.options.Cost.Expose != ExposeHeaders {
		return
	}
	shared := &admission{header: w.Header()}
	for _, r := range requests {
		r.admission = shared
	}
}

// limitCost judges what an operation is estimated to cost, before anything is planned for it, and debits it from limits by
// cost. It gives the sink to answer through, and the estimate.
func (s *Server) limitCost(ctx context.Context, r *http.Request, identity *auth.Identity, request *graphqlRequest, prepared *snapshot.Prepared, variables [][]byte, sink exec.Sink, watched *telemetry.Operation) (exec.Sink, estimate, error) {
	if prepared.Cost == nil {
		return sink, estimate{}, nil
	}
	o := &s.options.Cost
	estimated, err := prepared.Cost.Cost(variables)
	estimated = min(estimated, maxCost)
	result := costOK
	switch {
	case err != nil:
		result = string(gqlerr.CostQueryParseFailure)
	case o.Max > 0 && estimated > o.Max:
		result = string(gqlerr.CostLimitExceeded)
		err = tooExpensive(estimated, o.Max)
	}
	noted := estimate{cost: estimated, result: result}
	s.noteCost(watched, noted)
	if o.Expose == ExposeHeaders {
		request.admission.expose(estimated, o.Max)
	}
	if err != nil && o.Enforce {
		return nil, noted, err
	}
	decision, err := s.debitCost(ctx, r, identity, request.admission, estimated)
	if err != nil {
		return nil, noted, err
	}
	if !prepared.Cost.Counts() && o.Expose != ExposeExtensions {
		return sink, noted, nil
	}
	return &costSink{
		next: sink, server: s, cost: prepared.Cost, variables: variables, estimated: estimated, decision: decision,
	}, noted, nil
}

// estimate is what an operation is estimated to cost, and what follows from that; the zero value when nobody estimates.
type estimate struct {
	cost   float64
	result string // costOK, or the code with which the operation is, or would be, refused
}

// noteCost tells those who observe costs.
func (s *Server) noteCost(watched *telemetry.Operation, e estimate) {
	if e.result == "" {
		return
	}
	watched.Cost(e.cost)
	if s.options.Cost.Observe != nil {
		s.options.Cost.Observe(e.cost, e.result)
	}
}

func tooExpensive(estimated, most float64) error {
	e := gqlerr.New(gqlerr.CostLimitExceeded, "The operation is estimated to cost %.0f; at most %.0f is accepted (demand_control.max).", estimated, most)
	e.Extensions = []gqlerr.Extension{
		{Name: "costEstimated", Value: appendCost(nil, estimated)}, {Name: "costMax", Value: appendCost(nil, most)},
	}
	return e
}

func appendCost(dst []byte, cost float64) []byte { return strconv.AppendFloat(dst, cost, 'f', -1, 64) }

// debitCost takes what an operation is estimated to cost from the caller's limits. Every operation costs a token at least:
// many that are free are work too.
func (s *Server) debitCost(ctx context.Context, r *http.Request, identity *auth.Identity, a *admission, estimated float64) (ratelimit.Decision, error) {
	if s.options.RateLimits == nil || !s.options.RateLimits.Debits(ratelimit.ByCost) {
		return ratelimit.Decision{}, nil
	}
	decision := s.options.RateLimits.Take(ctx, ratelimit.ByCost, callerOf(r, identity), tokensOf(estimated))
	a.mu.Lock()
	defer a.mu.Unlock()
	decision.WriteHeaders(a.header)
	if refusal, status := decision.Err(); refusal != nil {
		a.refused++
		return decision, &httpError{status: status, err: refusal}
	}
	return decision, nil
}

func tokensOf(cost float64) int64 { return max(int64(math.Ceil(cost)), 1) }

// expose tells the client what the operations of its request cost together.
func (a *admission) expose(estimated, most float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.estimated += estimated
	a.header["X-Cost-Estimated"] = []string{string(appendCost(nil, a.estimated))}
	if most > 0 {
		a.header["X-Cost-Max"] = []string{string(appendCost(nil, most))}
	}
}

// allRefused tells whether a rate limit has refused every one of a request's operations.
func (a *admission) allRefused(operations int) bool {
	if a == nil {
		return false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.refused == operations
}

// costSink counts what a response has really cost on its way to the client. Of a response in several parts the first is
// counted: estimates stand for the others.
type costSink struct {
	next      exec.Sink
	server    *Server
	cost      *demand.Estimate
	variables [][]byte
	estimated float64
	decision  ratelimit.Decision
	emitted   bool
}

// Emit implements exec.Sink.
func (c *costSink) Emit(payload []byte, hasNext bool) error {
	if c.emitted {
		return c.next.Emit(payload, hasNext)
	}
	c.emitted = true
	o := &c.server.options.Cost
	actual := math.NaN()
	if c.cost.Counts() && !hasNext {
		actual = min(c.cost.Actual(demand.Data(payload), c.variables), maxCost)
		if o.Counted != nil {
			o.Counted(actual)
		}
		if c.server.options.RateLimits != nil {
			c.server.options.RateLimits.Settle(context.Background(), c.decision, tokensOf(c.estimated), tokensOf(actual))
		}
	}
	if o.Expose != ExposeExtensions {
		return c.next.Emit(payload, hasNext)
	}
	extension := appendCost([]byte(`{"estimated":`), c.estimated)
	if !math.IsNaN(actual) {
		extension = appendCost(append(extension, `,"actual":`...), actual)
	}
	if o.Max > 0 {
		extension = appendCost(append(extension, `,"max":`...), o.Max)
	}
	return c.next.Emit(withExtension(payload, "cost", append(extension, '}')), hasNext)
}

// withExtension is a response, an object as the executor writes it, with one more extension.
func withExtension(payload []byte, name string, extension []byte) []byte {
	const member = `"extensions":{`
	out := make([]byte, 0, len(payload)+len(member)+len(name)+len(extension)+8)
	at, found := demand.Extensions(payload)
	out = append(out, payload[:at]...)
	if !found {
		out = append(out, ","+member...)
	}
	out = append(gqlerr.AppendString(out, name), ':')
	out = append(out, extension...)
	switch {
	case !found:
		out = append(out, '}')
	case payload[at] != '}':
		out = append(out, ',')
	}
	return append(out, payload[at:]...)
}
