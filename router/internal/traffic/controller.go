package traffic

import (
	"context"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

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

// Controller is an exec.Streamer that treats each subgraph by its Settings. It is safe for concurrent use.
type Controller struct {
	next   exec.Fetcher
	logger *slog.Logger
	lanes  atomic.Pointer[map[string]*lane]

	mu sync.Mutex // of SetSubgraphs
}

// lane is one subgraph.
type lane struct {
	name     string
	settings Settings
	next     exec.Fetcher
	budget   budget
	breaker  *breaker // nil: none
	limit    limit    // nil: none
	latency  *latency // nil: not needed
	counts   counts
}

// New puts a Controller in front of next. Without SetSubgraphs it changes nothing.
func New(next exec.Fetcher, logger *slog.Logger) *Controller {
	c := &Controller{next: next, logger: logger}
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
	l := &lane{name: name, settings: s, next: c.next}
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

// counts are what Stats are made of.
type counts struct {
	inFlight                                                atomic.Int64
	retries, denied, hedges, hedgesWon, refused, overloaded atomic.Int64
}

// Stats are what one subgraph's lane has done since it was made.
type Stats struct {
	Subgraph      string
	InFlight      int64 // fetches under way, retries and hedges included
	Waiting       int64 // for their turn
	Limit         int64 // of fetches under way at the moment; 0: none
	Retries       int64
	BudgetDenied  int64 // retries and hedges that the budget did not allow
	Hedges        int64
	HedgesWon     int64 // hedges that answered first
	CircuitOpen   int64 // fetches refused by the breaker
	Overloaded    int64 // fetches refused because too many were under way
	BreakerState  State
	HasBreaker    bool
	LastChange    time.Time // of the breaker's state; zero: never
	BreakerOpened int64     // how often it has opened
}

// Stats gives the numbers of all subgraphs that have settings, by name.
func (c *Controller) Stats() []Stats {
	lanes := *c.lanes.Load()
	all := make([]Stats, 0, len(lanes))
	for _, l := range lanes {
		s := Stats{
			Subgraph: l.name, InFlight: l.counts.inFlight.Load(),
			Retries: l.counts.retries.Load(), BudgetDenied: l.counts.denied.Load(), Hedges: l.counts.hedges.Load(),
			HedgesWon: l.counts.hedgesWon.Load(), CircuitOpen: l.counts.refused.Load(), Overloaded: l.counts.overloaded.Load(),
		}
		if l.limit != nil {
			s.Waiting, s.Limit = l.limit.waiting(), l.limit.size()
		}
		if l.breaker != nil {
			s.HasBreaker, s.BreakerState, s.BreakerOpened = true, l.breaker.state(), l.breaker.opened.Load()
			if at := l.breaker.changed.Load(); at != 0 {
				s.LastChange = time.Unix(0, at)
			}
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Stats) int { return strings.Compare(a.Subgraph, b.Subgraph) })
	return all
}
