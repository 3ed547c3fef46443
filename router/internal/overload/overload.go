// Package overload refuses requests that the router has no room for, before they cost anything, so that those it takes are
// still answered in time.
//
// There are two bounds. A fixed one on the requests under way keeps memory bounded. Below it a limit follows how long work
// waits for a processor: the one sign of too much work that does not depend on what the requests are, and that a slow
// subgraph cannot cause (package traffic keeps those apart). While the wait is too long the limit shrinks by a fifth at a
// time, but a step that costs answers is taken back: where the processor is busy with something else, or with refusing,
// taking fewer would help nobody. Else it grows.
//
// Readiness and health are not for this package to refuse: Options.Exempt says what passes.
package overload

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// Options configure a Limiter.
type Options struct {
	MaxInFlight int           // requests under way at once
	MinInFlight int           // as many are always taken; 0: 64 for each processor
	TargetDelay time.Duration // wait for a processor above which fewer requests are taken; 0: only MaxInFlight counts
	RetryAfter  time.Duration // clients are told to wait this long to twice as long
	// Exempt tells which requests always pass. Nil: none.
	Exempt func(*http.Request) bool
	Logger *slog.Logger
	// Shed hears of each request that is refused; it must not block. Nil: nobody.
	Shed func(Reason)
	// Delay replaces how the wait for a processor since the last call is measured, for tests.
	Delay func() time.Duration
}

// Reason is why a request is refused.
type Reason string

// The reasons.
const (
	InFlight Reason = "in_flight" // MaxInFlight requests are under way
	Delay    Reason = "delay"     // work waits too long for a processor
)

// Limiter bounds the requests under way. It is safe for concurrent use.
type Limiter struct {
	options  Options
	least    int64
	limit    atomic.Int64
	inFlight atomic.Int64
	peak     atomic.Int64 // most requests under way since the last adjustment
	shed     atomic.Int64
	answered atomic.Int64

	// Of the goroutine in Run:
	before    int64 // answered at the last adjustment
	last      step  // the zero value: the limit has not shrunk just now
	hold      int   // intervals before it may shrink again
	patience  int   // of hold, after the next step that costs answers
	delay     func() time.Duration
	told      int64 // shed requests that the log knows of
	isShed    bool  // the log says that requests are being refused
	quietness time.Duration
}

const (
	// interval is the time between two adjustments.
	interval = 500 * time.Millisecond
	// leastPerProcessor times the processors are always taken: a small closed loop of clients is no overload.
	leastPerProcessor = 64
	// quiet is how long nothing must have been refused before the log says that it is over.
	quiet = 10 * time.Second
)

// New makes a Limiter. It adapts while Run runs.
func New(o Options) *Limiter {
	l := &Limiter{options: o, least: int64(o.MinInFlight), delay: o.Delay}
	if l.least == 0 {
		l.least = leastPerProcessor * int64(runtime.GOMAXPROCS(0))
	}
	l.least = min(l.least, int64(o.MaxInFlight))
	l.limit.Store(int64(o.MaxInFlight))
	if l.delay == nil {
		l.delay = newSchedulerDelay().measure
	}
	return l
}

// Run adapts the limit until ctx ends.
func (l *Limiter) Run(ctx context.Context) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if l.options.TargetDelay > 0 {
				l.adjust(l.delay())
			}
			l.tell()
		}
	}
}

// step is one by which the limit has shrunk.
type step struct {
	from     int64 // the limit before, as far as it was used
	answered int64 // in the interval before
}

// maxPatience bounds the intervals between two tries to shrink a limit that did not want to.
const maxPatience = 32

// adjust sets the limit by the wait for a processor since the last time, and by how many requests were answered.
func (l *Limiter) adjust(delay time.Duration) {
	total := l.answered.Load()
	answered := total - l.before
	l.before = total
	limit := l.limit.Load()
	used := min(limit, max(1, l.peak.Swap(l.inFlight.Load())))
	switch {
	case delay <= l.options.TargetDelay:
		limit += max(1, limit/4)
		l.last, l.hold, l.patience = step{}, 0, 0
	case l.last.from > 0 && answered < l.last.answered*9/10:
		// A fifth fewer under way, and more than a tenth fewer answers: that was not what there is too much of.
		limit = l.last.from
		l.patience = min(maxPatience, max(1, 2*l.patience))
		l.last, l.hold = step{}, l.patience
	case l.hold > 0:
		l.hold--
	default:
		l.last = step{from: used, answered: answered}
		limit = used * 4 / 5
	}
	l.limit.Store(min(int64(l.options.MaxInFlight), max(l.least, limit)))
}

// tell writes to the log when refusing begins and when it is over.
func (l *Limiter) tell() {
	shed := l.shed.Load()
	switch {
	case shed > l.told && !l.isShed:
		l.isShed = true
		l.options.Logger.Warn("overloaded: requests are refused", "in_flight", l.inFlight.Load(), "limit", l.limit.Load())
	case shed > l.told:
		l.quietness = 0
	case l.isShed:
		if l.quietness += interval; l.quietness >= quiet {
			l.isShed, l.quietness = false, 0
			l.options.Logger.Info("no longer overloaded", "refused_in_all", shed)
		}
	}
	l.told = shed
}

// Stats are what a Limiter has seen.
type Stats struct {
	InFlight int64 // requests under way
	Limit    int64 // at the moment
	Shed     int64 // requests refused
}

// Stats gives the numbers of now.
func (l *Limiter) Stats() Stats {
	return Stats{InFlight: l.inFlight.Load(), Limit: l.limit.Load(), Shed: l.shed.Load()}
}

// enter takes a place; false: there is none.
func (l *Limiter) enter() bool {
	now := l.inFlight.Add(1)
	if limit := l.limit.Load(); now > limit {
		l.inFlight.Add(-1)
		l.shed.Add(1)
		if l.options.Shed != nil {
			reason := Delay
			if limit == int64(l.options.MaxInFlight) {
				reason = InFlight
			}
			l.options.Shed(reason)
		}
		return false
	}
	for peak := l.peak.Load(); now > peak && !l.peak.CompareAndSwap(peak, now); peak = l.peak.Load() {
	}
	return true
}

// Handler puts the limiter in front of next.
func (l *Limiter) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if l.options.Exempt != nil && l.options.Exempt(r) {
			next.ServeHTTP(w, r)
			return
		}
		if !l.enter() {
			l.refuse(w, r)
			return
		}
		p := lifetime.Zeroed[place](lifetime.ScratchOf(r.Context()), placeKey{})
		p.ResponseWriter, p.limiter = w, l
		defer p.leave()
		next.ServeHTTP(p, r)
	})
}

// refusal is what refused clients get.
const refusal = `{"errors":[{"message":"The router has more requests than it can take on. Try again in a moment.",` +
	`"extensions":{"code":"SERVICE_OVERLOADED"}}]}`

func (l *Limiter) refuse(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	media := "application/json"
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "application/graphql-response+json") {
			media = "application/graphql-response+json"
		}
	}
	seconds := max(1, int64((l.options.RetryAfter+time.Second-1)/time.Second))
	h.Set("Retry-After", strconv.FormatInt(seconds+rand.Int64N(seconds+1), 10))
	h.Set("Content-Type", media+"; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(refusal)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(refusal)) // a client that has gone is not our error
}
