package traffic

import (
	"context"

	"github.com/failsafe-go/failsafe-go/adaptivelimiter"
)

// adaptive is a limit that follows the subgraph: while latencies grow with the fetches under way it shrinks, while they do
// not it grows.
type adaptive struct {
	limiter  adaptivelimiter.AdaptiveLimiter[any]
	settings Concurrency
	queue    queue
}

// firstPlaces is where the search for the limit begins.
const firstPlaces = 32

func newAdaptive(s Concurrency) *adaptive {
	least, most := uint(max(1, s.Min)), uint(s.Max)
	least = min(least, most)
	return &adaptive{
		settings: s,
		limiter:  adaptivelimiter.NewBuilder[any]().WithLimits(least, most, min(most, max(least, firstPlaces))).Build(),
	}
}

func (a *adaptive) tryEnter() (place, bool) {
	if a.queue.waiters.Load() > 0 {
		return nil, false // others came first
	}
	permit, ok := a.limiter.TryAcquirePermit()
	if !ok {
		return nil, false
	}
	a.queue.present.Add(1)
	return adaptivePlace{a, permit}, true
}

func (a *adaptive) enter(ctx context.Context) (place, error) {
	var taken place
	err := a.queue.wait(ctx, &a.settings, a.size(), func(ctx context.Context) error {
		permit, err := a.limiter.AcquirePermit(ctx)
		taken = adaptivePlace{a, permit}
		return err
	})
	return taken, err
}

func (a *adaptive) waiting() int64 { return a.queue.waiters.Load() }
func (a *adaptive) size() int64    { return int64(a.limiter.Limit()) }

type adaptivePlace struct {
	limit  *adaptive
	permit adaptivelimiter.Permit
}

// leave counts the time taken only of fetches that were answered: a refused connection is not a fast subgraph.
func (p adaptivePlace) leave(answered bool) {
	p.limit.queue.present.Add(-1)
	if answered {
		p.permit.Record()
	} else {
		p.permit.Drop()
	}
}
