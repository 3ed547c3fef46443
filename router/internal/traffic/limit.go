package traffic

import (
	"context"
	"errors"
	"sync/atomic"

	"golang.org/x/sync/semaphore"
)

// limit bounds the fetches under way.
type limit interface {
	// tryEnter takes a place if one is free and nobody waits.
	tryEnter() (place, bool)
	// enter waits for a place, first come first served. It fails when the queue is full, the wait too long, or ctx ends.
	enter(ctx context.Context) (place, error)
	waiting() int64
	size() int64 // places at the moment
}

// place is taken until leave is called; answered tells whether the subgraph gave an answer.
type place interface{ leave(answered bool) }

func newLimit(s Concurrency) limit {
	if s.Adaptive {
		return newAdaptive(s)
	}
	return &fixed{places: semaphore.NewWeighted(int64(s.Max)), settings: s}
}

// queue is who waits. Those under way are counted with them: somebody whose turn has come may not know it yet, and must
// not take two places.
type queue struct {
	present atomic.Int64 // who waits and who is under way
	waiters atomic.Int64
}

// errFull means that more are waiting than may.
var errFull = errors.New("the queue is full")

// wait runs enter with a bound on its time, if there is room beside the places.
func (q *queue) wait(ctx context.Context, s *Concurrency, places int64, enter func(context.Context) error) error {
	if q.present.Add(1) > places+int64(s.Queue) {
		q.present.Add(-1)
		return errFull
	}
	q.waiters.Add(1)
	defer q.waiters.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, s.Wait)
	defer cancel()
	err := enter(ctx)
	if err != nil {
		q.present.Add(-1)
	}
	return err
}

// fixed is a limit that stays as it is.
type fixed struct {
	places   *semaphore.Weighted
	settings Concurrency
	queue    queue
}

func (f *fixed) tryEnter() (place, bool) {
	if !f.places.TryAcquire(1) {
		return nil, false
	}
	f.queue.present.Add(1)
	return f, true
}

func (f *fixed) enter(ctx context.Context) (place, error) {
	err := f.queue.wait(ctx, &f.settings, f.size(), func(ctx context.Context) error { return f.places.Acquire(ctx, 1) })
	return f, err
}

func (f *fixed) leave(bool) {
	f.queue.present.Add(-1)
	f.places.Release(1)
}

func (f *fixed) waiting() int64 { return f.queue.waiters.Load() }
func (f *fixed) size() int64    { return int64(f.settings.Max) }
