package traffic

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"

	"github.com/tributary-gql/tributary/router/internal/exec"
)

// State is what a circuit breaker does at the moment.
type State int

// The states, ordered by how bad they are.
const (
	Closed   State = iota // every fetch is made
	HalfOpen              // some fetches are made, to see whether the subgraph is back
	Open                  // no fetch is made
)

// String implements fmt.Stringer.
func (s State) String() string { return [...]string{"closed", "half-open", "open"}[s] }

func stateOf(s gobreaker.State) State {
	switch s {
	case gobreaker.StateOpen:
		return Open
	case gobreaker.StateHalfOpen:
		return HalfOpen
	}
	return Closed
}

// breaker is the circuit breaker of one subgraph.
type breaker struct {
	lane    *lane
	circuit *gobreaker.CircuitBreaker[exec.Answer]
	calls   sync.Pool // of *call
}

// buckets divide the window, so that old fetches leave it little by little.
const buckets = 10

func newBreaker(l *lane, logger *slog.Logger) *breaker {
	s := l.settings.Breaker
	b := &breaker{lane: l}
	b.calls.New = func() any {
		c := &call{lane: l}
		c.run = c.fetch
		return c
	}
	b.circuit = gobreaker.NewCircuitBreaker[exec.Answer](gobreaker.Settings{
		Name: l.name, MaxRequests: uint32(max(1, s.Probes)), Interval: s.Window, BucketPeriod: s.Window / buckets, Timeout: s.Open,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			seen := c.TotalSuccesses + c.TotalFailures
			return int(seen) >= s.MinRequests && float64(c.TotalFailures) >= s.FailureRate*float64(seen)
		},
		OnStateChange: func(_ string, from, to gobreaker.State) { l.circuitChanged(logger, stateOf(from), stateOf(to)) },
		IsSuccessful:  func(err error) bool { return !isFailure(err) },
		IsExcluded:    isCallersOwn,
	})
	return b
}

func (l *lane) circuitChanged(logger *slog.Logger, from, to State) {
	level := slog.LevelInfo
	if from == Closed {
		level = slog.LevelWarn
	}
	l.note([...]Event{Closed: CircuitClosed, HalfOpen: CircuitProbed, Open: CircuitOpened}[to])
	logger.Log(context.Background(), level, "circuit breaker", "from", from.String(), "to", to.String())
}

// isOpen may be asked of no breaker.
func (b *breaker) isOpen() bool { return b != nil && b.circuit.State() == gobreaker.StateOpen }

// call is one fetch through the breaker; pooled, so that none costs a closure.
type call struct {
	lane    *lane
	ctx     context.Context
	request *exec.FetchRequest
	run     func() (exec.Answer, error)
}

func (b *breaker) fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	c := b.calls.Get().(*call)
	c.ctx, c.request = ctx, request
	answer, err := b.circuit.Execute(c.run)
	c.ctx, c.request = nil, nil
	b.calls.Put(c)
	switch {
	case err == nil || errors.Is(err, errUnavailable):
		return answer, nil
	case errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests):
		b.lane.note(CircuitRefused)
		return exec.Answer{}, b.lane.circuitOpen()
	}
	var cut *cutShort
	if errors.As(err, &cut) {
		return answer, cut.error
	}
	return answer, err
}

// errUnavailable is for the breaker alone: there is an answer, but a status that stands for "not now".
var errUnavailable = errors.New("the subgraph is not available")

// cutShort is for the breaker alone: the request's deadline ended a try that had had time enough.
type cutShort struct{ error }

// enoughTime is how long a try must have waited for its end by the request's deadline to count against the subgraph.
// Else a subgraph that hangs would never be left alone where requests have less time than single fetches.
const enoughTime = time.Second

func (c *call) fetch() (exec.Answer, error) {
	began := time.Now()
	answer, err := c.lane.ask(c.ctx, c.request)
	if err == nil && answer.Status >= 502 && answer.Status <= 504 {
		return answer, errUnavailable
	}
	if err != nil && codeOf(err) == exec.CodeRequestTimeout && time.Since(began) >= enoughTime {
		return answer, &cutShort{err}
	}
	return answer, err
}

// isFailure tells whether an outcome speaks against the subgraph. What it says itself, below status 500, does not.
func isFailure(err error) bool {
	if err == nil {
		return false
	}
	var failure *exec.FetchError
	if !errors.As(err, &failure) || errors.Is(err, errUnavailable) {
		return true
	}
	switch failure.Code {
	case exec.CodeHTTP:
		return failure.Status >= 500
	case exec.CodeTooLarge:
		return false
	}
	return true
}

// isCallersOwn tells whether a fetch ended for reasons of the client or of its request.
func isCallersOwn(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, context.Canceled) {
		return true
	}
	var cut *cutShort
	return codeOf(err) == exec.CodeRequestTimeout && !errors.As(err, &cut)
}

func codeOf(err error) string {
	var failure *exec.FetchError
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}
