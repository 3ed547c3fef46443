package subgraphclient

import (
	"context"
	"errors"
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
			f = &flight{Context: ctx, subgraph: request.Fetch.Subgraph, body: request.Body, header: header, shard: shard}
			shard.flights[key] = f
			shard.mu.Unlock()
			return s.lead(ctx, request, key, f)
		}
		if !f.isFor(request, header) {
			shard.mu.Unlock()
			return s.next.Fetch(ctx, request) // another fetch with the same hash
		}
		landed := f.join()
		shard.mu.Unlock()
		if answer, err, ok := s.follow(ctx, f, landed); ok {
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

// lead makes the fetch and hands the answer to who came meanwhile.
func (s *Sharer) lead(ctx context.Context, request *exec.FetchRequest, key uint64, f *flight) (exec.Answer, error) {
	if ctx.Done() != nil {
		stop := context.AfterFunc(ctx, f.leaderGone)
		defer stop()
	}
	landed := false
	defer func() {
		if !landed { // the Fetcher panicked: nobody may wait for ever
			f.land(key, exec.Answer{}, nil, true)
		}
	}()
	answer, err := s.next.Fetch(f, request)
	landed = true
	// What ended with the leader's context says nothing to others.
	followers := f.land(key, answer, err, err != nil && isLeadersOwn(ctx, err))
	if err != nil || followers == 0 {
		return answer, err
	}
	return f.share(), nil
}

// isLeadersOwn tells whether a fetch failed because its caller's time was over or its client is gone.
func isLeadersOwn(ctx context.Context, err error) bool {
	var failure *exec.FetchError
	return ctx.Err() != nil || errors.As(err, &failure) && failure.Code == exec.CodeRequestTimeout
}

// follow waits for the flight. ok is false when the caller has to try again.
func (s *Sharer) follow(ctx context.Context, f *flight, landed chan struct{}) (answer exec.Answer, err error, ok bool) {
	select {
	case <-landed:
	case <-ctx.Done():
		if f.leave() {
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
