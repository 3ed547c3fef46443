package ratelimit

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// When the breaker opens, and how it closes again.
const (
	failuresInARow = 5
	failuresSample = 20 // calls before a share of failures counts
	failuresShare  = 5  // one call in so many
	countsWindow   = 10 * time.Second
	openFor        = 200 * time.Millisecond // less than probeInterval, so that each probe finds the breaker half open
	probeInterval  = 500 * time.Millisecond
)

// errUnavailable is given without asking while Redis is known to fail.
var errUnavailable = errors.New("redis is not available")

// guard keeps a failing Redis from costing requests any time: after a few failures it answers errUnavailable at once, and
// run, not a request, finds out when Redis is back.
type guard struct {
	store   *redisStore
	breaker *gobreaker.CircuitBreaker[[]grant]
	opened  chan struct{} // holds a signal when run has to probe
	onError OnError
	logger  *slog.Logger
	failure atomic.Value // of type failure: the latest, for the log
}

type failure struct{ err error }

func newGuard(store *redisStore, onError OnError, logger *slog.Logger) *guard {
	g := &guard{store: store, opened: make(chan struct{}, 1), onError: onError, logger: logger}
	g.breaker = gobreaker.NewCircuitBreaker[[]grant](gobreaker.Settings{
		Name: "rate limits", MaxRequests: 1, Interval: countsWindow, Timeout: openFor,
		ReadyToTrip: func(c gobreaker.Counts) bool {
			return c.ConsecutiveFailures >= failuresInARow || c.Requests >= failuresSample && c.TotalFailures*failuresShare >= c.Requests
		},
		OnStateChange: func(_ string, from, to gobreaker.State) { g.changed(from, to) },
	})
	return g
}

// take implements store.
func (g *guard) take(ctx context.Context, demands []demand) ([]grant, error) {
	if g.breaker.State() != gobreaker.StateClosed {
		return nil, errUnavailable
	}
	return g.execute(func() ([]grant, error) { return g.store.take(ctx, demands) })
}

func (g *guard) execute(call func() ([]grant, error)) ([]grant, error) {
	return g.breaker.Execute(func() ([]grant, error) {
		grants, err := call()
		if err != nil {
			g.failure.Store(failure{err})
		}
		return grants, err
	})
}

func (g *guard) changed(from, to gobreaker.State) {
	switch {
	case from == gobreaker.StateClosed:
		latest, _ := g.failure.Load().(failure)
		g.logger.Warn("rate limits cannot reach Redis", "on_error", string(g.onError), "error", latest.err)
		select {
		case g.opened <- struct{}{}:
		default:
		}
	case to == gobreaker.StateClosed:
		g.logger.Info("rate limits are on Redis again")
	}
}

// run probes Redis once at the start, and whenever the breaker is open, until ctx ends.
func (g *guard) run(ctx context.Context) {
	for range failuresInARow { // so that a router that starts without Redis knows before its first request
		if g.probe(ctx) == nil || ctx.Err() != nil {
			break
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-g.opened:
		}
		for g.breaker.State() != gobreaker.StateClosed {
			timer := time.NewTimer(probeInterval)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
			_ = g.probe(ctx) // the breaker counts it
		}
	}
}

func (g *guard) probe(ctx context.Context) error {
	_, err := g.execute(func() ([]grant, error) { return nil, g.store.check(ctx) })
	return err
}
