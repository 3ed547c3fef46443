// Package inflight lets identical work that is under way at the same time be done once: the first who asks leads and does
// it, those who come meanwhile follow and get what it brought. Identical means equal keys, compared in full; a hash only
// finds them.
//
// A follower that goes away leaves the others alone. When the leader goes away the work goes on while anybody follows, and
// when it fails for the leader's own reasons (its deadline), followers begin anew.
package inflight

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

const shardCount = 16

// Group is the work of one kind that is under way. It is safe for concurrent use.
type Group[K, V any] struct {
	equal  func(a, b K) bool
	shards [shardCount]shard[K, V]
}

type shard[K, V any] struct {
	mu      sync.Mutex
	flights map[uint64]*Flight[K, V] // by hash of the key
}

// NewGroup makes a group.
func NewGroup[K, V any](equal func(a, b K) bool) *Group[K, V] {
	g := &Group[K, V]{equal: equal}
	for i := range g.shards {
		g.shards[i].flights = map[uint64]*Flight[K, V]{}
	}
	return g
}

// Role is what a caller is to a flight.
type Role int

// The roles. A Leader must do the work with the Flight as context, and call Land in every case. A Follower calls Wait. A
// Stranger's key has the hash of another one that is under way: it works for itself.
const (
	Leader Role = iota
	Follower
	Stranger
)

// Join makes the caller the leader of a new flight, or a follower of the one with an equal key. The leader's key must stay
// unchanged until it has landed; others' keys are not kept.
func (g *Group[K, V]) Join(ctx context.Context, hash uint64, key K) (*Flight[K, V], Role) {
	s := &g.shards[hash%shardCount]
	s.mu.Lock()
	if f, ok := s.flights[hash]; ok {
		defer s.mu.Unlock()
		if !g.equal(f.key, key) {
			return nil, Stranger
		}
		f.follow()
		return f, Follower
	}
	f := &Flight[K, V]{Context: ctx, key: key, hash: hash, shard: s}
	s.flights[hash] = f
	s.mu.Unlock()
	f.leader.Start(ctx, f)
	return f, Leader
}

// follow is called with shard.mu held.
func (f *Flight[K, V]) follow() {
	f.followers++
	if f.landed == nil {
		f.landed = make(chan struct{})
	}
}

// Follow makes the caller a follower of a flight that it knows, as if it had joined with an equal key. False: it has landed.
func (f *Flight[K, V]) Follow() bool {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	if f.isLanded {
		return false
	}
	f.follow()
	return true
}

// Len is the number of flights.
func (g *Group[K, V]) Len() int {
	n := 0
	for i := range g.shards {
		s := &g.shards[i]
		s.mu.Lock()
		n += len(s.flights)
		s.mu.Unlock()
	}
	return n
}

// Flight is one piece of work and those who wait for it. It is the context of the work: the leader's, but its cancellation
// waits for the followers. Its deadline does not: past it the followers begin anew.
type Flight[K, V any] struct {
	context.Context // the leader's

	key    K
	hash   uint64
	shard  *shard[K, V]
	leader lifetime.Watch // of the leader's context

	// Guarded by shard.mu:
	followers int           // who still wait
	landed    chan struct{} // made by the first follower, closed when the value is there
	isLanded  bool
	abandoned bool // the leader has gone

	// Set before landed is closed:
	value V
	err   error
	again bool
	users atomic.Int64 // who have not called Leave

	end lifetime.End
}

// Land ends the flight: who comes later begins another one. again tells that what came is the leader's alone, and that the
// followers must begin anew. It gives the number of followers that get the value; each of them, and the leader, calls
// Leave once unless err is set.
func (f *Flight[K, V]) Land(value V, err error, again bool) (followers int) {
	f.leader.Stop()
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	delete(f.shard.flights, f.hash)
	f.isLanded = true
	f.value, f.err, f.again = value, err, again
	f.users.Store(int64(f.followers) + 1)
	if f.landed != nil {
		close(f.landed)
	}
	return f.followers
}

// HasFollowers tells whether anybody waits at the moment.
func (f *Flight[K, V]) HasFollowers() bool {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	return f.followers > 0
}

// Wait waits for the value. ok is false when the caller has to begin anew; err is the context's, or what the work failed
// with.
func (f *Flight[K, V]) Wait(ctx context.Context) (value V, err error, ok bool) { //nolint:revive // ok says whether err counts
	f.shard.mu.Lock()
	landed := f.landed
	f.shard.mu.Unlock()
	select {
	case <-landed:
	case <-ctx.Done():
		if f.depart() {
			return value, ctx.Err(), true
		}
		// It landed at the same moment and counts this caller among its users.
	}
	switch {
	case f.again && ctx.Err() == nil:
		return value, nil, false
	case f.again:
		return value, ctx.Err(), true
	case f.err != nil:
		return value, f.err, true
	}
	return f.value, nil, true
}

// Leave ends a user's use of the value, and tells whether it was the last one.
func (f *Flight[K, V]) Leave() (last bool) { return f.users.Add(-1) == 0 }

// depart takes a follower away, false when the flight has landed. The last one that leaves an abandoned flight ends it.
func (f *Flight[K, V]) depart() bool {
	f.shard.mu.Lock()
	if f.isLanded {
		f.shard.mu.Unlock()
		return false
	}
	f.followers--
	ends := f.followers == 0 && f.abandoned
	f.shard.mu.Unlock()
	if ends {
		f.end.Finish(f.Context.Err())
	}
	return true
}

// ContextEnded implements lifetime.Watcher: the leader's has ended.
func (f *Flight[K, V]) ContextEnded() {
	f.shard.mu.Lock()
	f.abandoned = true
	ends := f.followers == 0 || errors.Is(f.Context.Err(), context.DeadlineExceeded)
	f.shard.mu.Unlock()
	if ends {
		f.end.Finish(f.Context.Err())
	}
}

// LeaderErr is the error of the leader's own context, also while the flight goes on for its followers.
func (f *Flight[K, V]) LeaderErr() error { return f.Context.Err() }

// Done implements context.Context.
func (f *Flight[K, V]) Done() <-chan struct{} {
	f.Keep()
	return f.end.Done()
}

// Keep is for lifetime.Keep.
func (f *Flight[K, V]) Keep() { lifetime.Keep(f.Context) }

// Err implements context.Context.
func (f *Flight[K, V]) Err() error { return f.end.Err() }

// Lifetime is for lifetime.Watch.
func (f *Flight[K, V]) Lifetime() *lifetime.End { return &f.end }

// AfterFunc is that of lifetime.End.
func (f *Flight[K, V]) AfterFunc(call func()) (stop func() bool) {
	f.Keep()
	return f.end.AfterFunc(call)
}
