package subgraphclient

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// Share wraps a Fetcher so that identical fetches which are under way at the same time share one answer. Identical means
// the same subgraph, body and header lines, compared in full: callers with different identities never share, as long as
// what identifies them is sent. Mutations are never shared.
//
// The first caller makes the fetch in its own goroutine. A caller that goes away leaves the others alone: while somebody
// else waits for it the fetch goes on, and if it fails for the first caller's reasons (its deadline) another one makes
// it again.
func Share(next exec.Fetcher) *Sharer {
	s := &Sharer{next: next}
	for i := range s.shards {
		s.shards[i].flights = map[uint64]*flight{}
	}
	return s
}

// Sharer is a Fetcher made by Share.
type Sharer struct {
	next   exec.Fetcher
	shared atomic.Int64
	shards [shareShards]shareShard
}

const shareShards = 16

type shareShard struct {
	mu      sync.Mutex
	flights map[uint64]*flight // by hash of the key
}

// flight is one fetch under way and those who wait for it.
type flight struct {
	subgraph     string
	body, header []byte // the leader's; valid until done is closed
	shard        *shareShard

	// Guarded by shard.mu:
	followers int           // who still wait
	done      chan struct{} // made by the first follower, closed when the answer is there
	abandoned bool          // the leader's client is gone
	cancel    func()        // ends the fetch; nil while nobody watches for it

	// Set before done is closed:
	answer sharedAnswer
	err    error
	again  bool // it failed for reasons of the leader alone
}

// sharedAnswer is given back when its last user releases it.
type sharedAnswer struct {
	exec.Answer
	users atomic.Int64
}

func (a *sharedAnswer) release() {
	if a.users.Add(-1) == 0 && a.Answer.Release != nil {
		a.Answer.Release()
	}
}

var shareSeed = maphash.MakeSeed()

// Shared is how many fetches were answered by somebody else's.
func (s *Sharer) Shared() int64 { return s.shared.Load() }

// Fetch implements exec.Fetcher.
func (s *Sharer) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	if request.Fetch.Kind == plan.Mutation {
		return s.next.Fetch(ctx, request)
	}
	header := requestHeader(request)
	key := shareKey(request.Fetch.Subgraph, request.Body, header)
	shard := &s.shards[key%shareShards]
	for {
		shard.mu.Lock()
		f, ok := shard.flights[key]
		if !ok {
			f = &flight{subgraph: request.Fetch.Subgraph, body: request.Body, header: header, shard: shard}
			shard.flights[key] = f
			shard.mu.Unlock()
			return s.lead(ctx, request, key, f)
		}
		if !f.isFor(request, header) {
			shard.mu.Unlock()
			return s.next.Fetch(ctx, request) // another fetch with the same hash
		}
		f.followers++
		if f.done == nil {
			f.done = make(chan struct{})
		}
		done := f.done
		shard.mu.Unlock()
		if answer, err, ok := s.follow(ctx, f, done); ok {
			return answer, err
		}
	}
}

func shareKey(subgraph string, body, header []byte) uint64 {
	var h maphash.Hash
	h.SetSeed(shareSeed)
	_, _ = h.WriteString(subgraph)
	_ = h.WriteByte(0)
	_, _ = h.Write(header)
	_ = h.WriteByte(0)
	_, _ = h.Write(body)
	return h.Sum64()
}

func (f *flight) isFor(request *exec.FetchRequest, header []byte) bool {
	return f.subgraph == request.Fetch.Subgraph && string(f.header) == string(header) && string(f.body) == string(request.Body)
}

// lead makes the fetch and hands the answer to who came meanwhile.
func (s *Sharer) lead(ctx context.Context, request *exec.FetchRequest, key uint64, f *flight) (exec.Answer, error) {
	answered := false
	defer func() {
		if !answered { // the Fetcher panicked: nobody may wait for ever
			f.land(key, exec.Answer{}, nil, true)
		}
	}()
	flying := &flightContext{Context: ctx, flight: f}
	answer, err := s.next.Fetch(flying, request)
	answered = true
	// What ended with the leader's context says nothing to others.
	followers := f.land(key, answer, err, err != nil && ctx.Err() != nil)
	if err != nil || followers == 0 {
		return answer, err
	}
	return f.share(), nil
}

// land ends the flight; who comes later starts another one. It gives the number of followers.
func (f *flight) land(key uint64, answer exec.Answer, err error, again bool) int {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	delete(f.shard.flights, key)
	f.cancel = nil
	followers := f.followers
	f.answer.Answer, f.err, f.again = answer, err, again
	f.answer.users.Store(int64(followers) + 1)
	if f.done != nil {
		close(f.done)
	}
	return followers
}

func (f *flight) share() exec.Answer {
	answer := f.answer.Answer
	answer.Release = f.answer.release
	return answer
}

// follow waits for the flight. ok is false when the caller has to try again.
func (s *Sharer) follow(ctx context.Context, f *flight, done chan struct{}) (answer exec.Answer, err error, ok bool) {
	select {
	case <-done:
	case <-ctx.Done():
		if f.leave(done) {
			return exec.Answer{}, ctx.Err(), true
		}
		// The answer came at the same moment and counts this caller among its users.
	}
	switch {
	case f.again && ctx.Err() == nil:
		return exec.Answer{}, nil, false
	case f.again:
		return exec.Answer{}, ctx.Err(), true
	case f.err != nil:
		return exec.Answer{}, f.err, true
	}
	s.shared.Add(1)
	return f.share(), nil, true
}

// leave takes a follower away, false when the flight has landed. The last one that leaves an abandoned flight ends it.
func (f *flight) leave(done chan struct{}) bool {
	f.shard.mu.Lock()
	defer f.shard.mu.Unlock()
	select {
	case <-done:
		return false
	default:
	}
	f.followers--
	if f.followers == 0 && f.abandoned && f.cancel != nil {
		f.cancel()
	}
	return true
}

// flightContext is the leader's context, but its cancellation waits for the followers. Its deadline does not: past it
// the followers ask again.
type flightContext struct {
	context.Context
	flight *flight
}
