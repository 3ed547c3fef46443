package traffic

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// Codes of fetches that were not made: extensions.code.
const (
	// CodeCircuitOpen: the subgraph has failed so often that it is left alone for a while.
	CodeCircuitOpen = "SUBGRAPH_CIRCUIT_OPEN"
	// CodeOverloaded: too many fetches to the subgraph are under way, and too many wait.
	CodeOverloaded = "SUBGRAPH_OVERLOADED"
)

// Event is something that a Controller does about a subgraph.
type Event int

// The events.
const (
	Retried        Event = iota // a fetch is made again
	Hedged                      // a fetch that takes long is made a second time
	HedgeWon                    // the second was first
	BudgetDenied                // a retry or hedge would have exceeded the budget
	CircuitOpened               // the subgraph is left alone
	CircuitProbed               // fetches are let through to see whether it is back
	CircuitClosed               // it is back
	CircuitRefused              // a fetch was refused because the circuit is open
	QueueRefused                // a fetch was refused because too many are under way
	events                      // their number
)

// Observer hears of events, from many goroutines; it must not block.
type Observer interface {
	SubgraphEvent(subgraph string, event Event)
}

// Controller is an exec.Streamer that treats each subgraph by its Settings. It is safe for concurrent use.
type Controller struct {
	next     exec.Fetcher
	logger   *slog.Logger
	observer Observer // nil: nobody
	lanes    atomic.Pointer[map[string]*lane]

	mu sync.Mutex // of SetSubgraphs
}

// lane is one subgraph.
type lane struct {
	name     string
	settings Settings
	next     exec.Fetcher
	observer Observer
	budget   budget
	breaker  *breaker // nil: none
	limit    limit    // nil: none
	latency  *latency // nil: not needed
	inFlight atomic.Int64
	counts   [events]atomic.Int64
}

// note counts an event.
func (l *lane) note(e Event) {
	l.counts[e].Add(1)
	if l.observer != nil {
		l.observer.SubgraphEvent(l.name, e)
	}
}

// New puts a Controller in front of next. Without SetSubgraphs it changes nothing. The observer may be nil.
func New(next exec.Fetcher, logger *slog.Logger, observer Observer) *Controller {
	c := &Controller{next: next, logger: logger, observer: observer}
	c.lanes.Store(&map[string]*lane{})
	return c
}

// SetSubgraphs replaces the settings, for example after the supergraph has changed. Subgraphs whose settings stay the same
// keep their state; fetches under way end by the old ones.
func (c *Controller) SetSubgraphs(settings map[string]Settings) {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := *c.lanes.Load()
	next := make(map[string]*lane, len(settings))
	for name, s := range settings {
		if same, ok := old[name]; ok && reflect.DeepEqual(same.settings, s) {
			next[name] = same
			continue
		}
		if !s.isOff() {
			next[name] = c.newLane(name, s)
		}
	}
	c.lanes.Store(&next)
}

func (c *Controller) newLane(name string, s Settings) *lane {
	l := &lane{name: name, settings: s, next: c.next, observer: c.observer}
	l.budget.init(s.Budget)
	if s.Breaker.Enabled {
		l.breaker = newBreaker(l, c.logger.With("subgraph", name))
	}
	if s.Concurrency.Max > 0 {
		l.limit = newLimit(s.Concurrency)
	}
	if s.Hedge.Enabled && s.Hedge.Delay == 0 {
		l.latency = &latency{quantile: s.Hedge.Percentile / 100}
	}
	return l
}

// Fetch implements exec.Fetcher.
func (c *Controller) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	l := (*c.lanes.Load())[request.Fetch.Subgraph]
	if l == nil {
		return c.next.Fetch(ctx, request)
	}
	if request.Fetch.Kind != plan.Query || l.settings.Retry.Max == 0 && !l.settings.Hedge.Enabled {
		return l.attempt(ctx, request, mayWait)
	}
	return l.fetch(ctx, request)
}

// Stream implements exec.Streamer. A stream takes no place among the fetches under way and is not repeated; while the
// circuit is open none is started.
func (c *Controller) Stream(ctx context.Context, request *exec.FetchRequest, emit func(exec.Answer) error) error {
	streamer, ok := c.next.(exec.Streamer)
	if !ok {
		return &exec.FetchError{Code: exec.CodeInternal, Message: "Subscriptions are not supported here."}
	}
	if l := (*c.lanes.Load())[request.Fetch.Subgraph]; l != nil && l.breaker.isOpen() {
		return l.circuitOpen()
	}
	return streamer.Stream(ctx, request, emit)
}

// Stats are the state of one subgraph's lane, and what it has done since it was made.
type Stats struct {
	Subgraph string
	InFlight int64 // fetches under way, retries and hedges included
	Waiting  int64 // for their turn
	Limit    int64 // of fetches under way at the moment; 0: none
	State    State // of the circuit; Closed where there is no breaker
	Events   [events]int64
}

// Stats gives the numbers of all subgraphs that have settings, by name.
func (c *Controller) Stats() []Stats {
	lanes := *c.lanes.Load()
	all := make([]Stats, 0, len(lanes))
	for _, l := range lanes {
		s := Stats{Subgraph: l.name, InFlight: l.inFlight.Load()}
		if l.limit != nil {
			s.Waiting, s.Limit = l.limit.waiting(), l.limit.size()
		}
		if l.breaker != nil {
			s.State = stateOf(l.breaker.circuit.State())
		}
		for i := range l.counts {
			s.Events[i] = l.counts[i].Load()
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Stats) int { return strings.Compare(a.Subgraph, b.Subgraph) })
	return all
}
