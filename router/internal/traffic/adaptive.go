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
	if a.queue.length.Load() > 0 {
		return nil, false // others came first
	}
	permit, ok := a.limiter.TryAcquirePermit()
	return adaptivePlace{permit}, ok
}

func (a *adaptive) enter(ctx context.Context) (place, error) {
	var taken place
	err := a.queue.wait(ctx, &a.settings, func(ctx context.Context) error {
		permit, err := a.limiter.AcquirePermit(ctx)
		taken = adaptivePlace{permit}
		return err
	})
	return taken, err
}

func (a *adaptive) waiting() int64 { return a.queue.length.Load() }
func (a *adaptive) size() int64    { return int64(a.limiter.Limit()) }

type adaptivePlace struct{ permit adaptivelimiter.Permit }

// leave counts the time taken only of fetches that were answered: a refused connection is not a fast subgraph.
func (p adaptivePlace) leave(answered bool) {
	if answered {
		p.permit.Record()
	} else {
		p.permit.Drop()
	}
}
