// Package inflight lets identical work that is under way at the same time be done once: the first who asks leads and does
// it, those who come meanwhile follow and get what it brought. Identical means equal keys, compared in full; a hash only
// finds them. A flight may be known by a key of a second kind as well.
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

// Group is the work that is under way, by keys of one kind. It is safe for concurrent use.
type Group[K, V any] struct {
	used   sync.Pool // of flights
	equal  func(a, b K) bool
	shards [shardCount]shard[K, V]
}

// shard has flights by the hashes of their keys. A flight leaves its shards before it lands: who finds it, and follows it
// before letting go of mu, is in time. Flight.mu is locked after mu.
type shard[K, V any] struct {
	mu      sync.Mutex
	entries map[uint64]entry[K, V]
}

type entry[K, V any] struct {
	key    K
	flight *Flight[V]
}

// NewGroup makes a group.
func NewGroup[K, V any](equal func(a, b K) bool) *Group[K, V] {
	g := &Group[K, V]{equal: equal}
	for i := range g.shards {
		g.shards[i].entries = map[uint64]entry[K, V]{}
	}
	return g
}

func (g *Group[K, V]) shard(hash uint64) *shard[K, V] { return &g.shards[hash%shardCount] }

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
func (g *Group[K, V]) Join(ctx context.Context, hash uint64, key K) (*Flight[V], Role) {
	s := g.shard(hash)
	s.mu.Lock()
	if e, ok := s.entries[hash]; ok {
		defer s.mu.Unlock()
		if !g.equal(e.key, key) {
			return nil, Stranger
		}
		e.flight.Follow()
		return e.flight, Follower
	}
	f, _ := g.used.Get().(*Flight[V])
	if f == nil {
		f = new(Flight[V])
	}
	f.Context, f.first = ctx, place[V]{s, hash}
	s.entries[hash] = entry[K, V]{key, f}
	s.mu.Unlock()
	f.leader.Start(ctx, f)
	return f, Leader
}

// Recycle gives back the memory of a flight that has landed without followers. Its leader may do so when nothing that it has
// started uses the flight any more, and nobody can have found it but by Join. It is of no effect when the flight was given
// to contexts of other kinds.
func (g *Group[K, V]) Recycle(f *Flight[V]) {
	if f.followers == 0 && f.isQuiet && !f.kept.Load() && f.end.Unused() {
		*f = Flight[V]{}
		g.used.Put(f)
	}
}

// Add makes a flight of another group known by a key of this one. Its leader may do so once, before it lands; until then
// the key must stay unchanged. One that has the same hash here is forgotten: it is still found in the group it began in.
func (g *Group[K, V]) Add(hash uint64, key K, f *Flight[V]) {
	s := g.shard(hash)
	f.second = place[V]{s, hash}
	s.mu.Lock()
	s.entries[hash] = entry[K, V]{key, f}
	s.mu.Unlock()
}

// Find gives the flight with an equal key, nil when there is none, and the leader's key: that may hold more than what is
// compared. The caller follows it if it calls Follow. What the leader's key refers to is no one's once the flight has landed.
func (g *Group[K, V]) Find(hash uint64, key K) (f *Flight[V], leaders K) {
	s := g.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.entries[hash]; ok && g.equal(e.key, key) {
		return e.flight, e.key
	}
	return nil, leaders
}

// Len is the number of flights that are found here.
func (g *Group[K, V]) Len() int {
	n := 0
	for i := range g.shards {
		s := &g.shards[i]
		s.mu.Lock()
		n += len(s.entries)
		s.mu.Unlock()
	}
	return n
}

// remove implements remover.
func (s *shard[K, V]) remove(hash uint64, f *Flight[V]) { //nolint:unused // the linter does not see generic implementations
	s.mu.Lock()
	if s.entries[hash].flight == f {
		delete(s.entries, hash)
	}
	s.mu.Unlock()
}

// remover is a shard, whatever its keys are.
type remover[V any] interface {
	remove(hash uint64, f *Flight[V])
}

// place is where a flight is found. Zero: nowhere.
type place[V any] struct {
	shard remover[V]
	hash  uint64
}

func (p place[V]) leave(f *Flight[V]) {
	if p.shard != nil {
		p.shard.remove(p.hash, f)
	}
}

// Flight is one piece of work and those who wait for it. It is the context of the work: the leader's, but its cancellation
// waits for the followers. Its deadline does not: past it the followers begin anew.
type Flight[V any] struct {
	context.Context // the leader's

	first, second place[V]       // the leader's alone
	leader        lifetime.Watch // of the leader's context
	isQuiet       bool           // that watch has been told nothing, nor will be
	kept          atomic.Bool    // see Keep

	mu        sync.Mutex    // of what follows, up to abandoned
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

// Follow makes the caller a follower of a flight that it has found. False: it has landed.
func (f *Flight[V]) Follow() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.isLanded {
		return false
	}
	f.followers++
	if f.landed == nil {
		f.landed = make(chan struct{})
	}
	return true
}

// Land ends the flight: who comes later begins another one. again tells that what came is the leader's alone, and that the
// followers must begin anew. It gives the number of followers that get the value; each of them, and the leader, calls
// Leave once unless err is set.
func (f *Flight[V]) Land(value V, err error, again bool) (followers int) {
	f.isQuiet = f.leader.Stop()
	f.first.leave(f)
	f.second.leave(f)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.isLanded = true
	f.value, f.err, f.again = value, err, again
	f.users.Store(int64(f.followers) + 1)
	if f.landed != nil {
		close(f.landed)
	}
	return f.followers
}

// HasFollowers tells whether anybody waits at the moment.
func (f *Flight[V]) HasFollowers() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.followers > 0
}

// Wait waits for the value. ok is false when the caller has to begin anew; err is the context's, or what the work failed
// with.
func (f *Flight[V]) Wait(ctx context.Context) (value V, err error, ok bool) { //nolint:revive // ok says whether err counts
	f.mu.Lock()
	landed := f.landed
	f.mu.Unlock()
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
func (f *Flight[V]) Leave() (last bool) { return f.users.Add(-1) == 0 }

// depart takes a follower away, false when the flight has landed. The last one that leaves an abandoned flight ends it.
func (f *Flight[V]) depart() bool {
	f.mu.Lock()
	if f.isLanded {
		f.mu.Unlock()
		return false
	}
	f.followers--
	ends := f.followers == 0 && f.abandoned
	f.mu.Unlock()
	if ends {
		f.end.Finish(f.Context.Err())
	}
	return true
}

// ContextEnded implements lifetime.Watcher: the leader's has ended.
func (f *Flight[V]) ContextEnded() {
	f.mu.Lock()
	f.abandoned = true
	ends := f.followers == 0 || errors.Is(f.Context.Err(), context.DeadlineExceeded)
	f.mu.Unlock()
	if ends {
		f.end.Finish(f.Context.Err())
	}
}

// LeaderErr is the error of the leader's own context, also while the flight goes on for its followers.
func (f *Flight[V]) LeaderErr() error { return f.Context.Err() }

// Done implements context.Context.
func (f *Flight[V]) Done() <-chan struct{} {
	f.Keep()
	return f.end.Done()
}

// Keep is for lifetime.Keep.
func (f *Flight[V]) Keep() {
	f.kept.Store(true)
	lifetime.Keep(f.Context)
}

// Err implements context.Context.
func (f *Flight[V]) Err() error { return f.end.Err() }

// Lifetime is for lifetime.Watch.
func (f *Flight[V]) Lifetime() *lifetime.End { return &f.end }

// AfterFunc is that of lifetime.End.
func (f *Flight[V]) AfterFunc(call func()) (stop func() bool) {
	f.Keep()
	return f.end.AfterFunc(call)
}
