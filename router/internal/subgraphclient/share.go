package subgraphclient

import (
	"context"
	"errors"
	"hash/maphash"
	"sync/atomic"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/inflight"
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
	return &Sharer{next: next, group: inflight.NewGroup[fetchKey, exec.Answer](fetchKey.equal)}
}

// Sharer is a Fetcher made by Share.
type Sharer struct {
	next   exec.Fetcher
	shared atomic.Int64
	group  *inflight.Group[fetchKey, exec.Answer]
}

type flight = inflight.Flight[exec.Answer]

// fetchKey is what makes fetches identical. It borrows the leader's request.
type fetchKey struct {
	subgraph     string
	header, body []byte
}

func (k fetchKey) equal(other fetchKey) bool {
	return k.subgraph == other.subgraph && string(k.header) == string(other.header) && string(k.body) == string(other.body)
}

var shareSeed = maphash.MakeSeed()

func (k fetchKey) hash() uint64 {
	var h maphash.Hash
	h.SetSeed(shareSeed)
	_, _ = h.WriteString(k.subgraph)
	_ = h.WriteByte(0)
	_, _ = h.Write(k.header)
	_ = h.WriteByte(0)
	_, _ = h.Write(k.body)
	return h.Sum64()
}

// Shared is how many fetches were answered by somebody else's.
func (s *Sharer) Shared() int64 { return s.shared.Load() }

// Fetch implements exec.Fetcher.
func (s *Sharer) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	if request.Fetch.Kind == plan.Mutation {
		return s.next.Fetch(ctx, request)
	}
	key := fetchKey{subgraph: request.Fetch.Subgraph, header: requestHeader(request), body: request.Body}
	hash := key.hash()
	for {
		f, role := s.group.Join(ctx, hash, key)
		switch role {
		case inflight.Leader:
			return s.lead(ctx, request, f)
		case inflight.Stranger:
			return s.next.Fetch(ctx, request)
		}
		answer, err, ok := f.Wait(ctx)
		switch {
		case !ok:
			continue
		case err != nil:
			return exec.Answer{}, err
		}
		s.shared.Add(1)
		return sharedAnswer(f, answer), nil
	}
}

// lead makes the fetch and hands the answer to who came meanwhile.
func (s *Sharer) lead(ctx context.Context, request *exec.FetchRequest, f *flight) (exec.Answer, error) {
	landed := false
	defer func() {
		if !landed { // the Fetcher panicked: nobody may wait for ever
			f.Land(exec.Answer{}, nil, true)
		}
	}()
	answer, err := s.next.Fetch(f, request)
	landed = true
	// What ended with the leader's context says nothing to others.
	followers := f.Land(answer, err, err != nil && isLeadersOwn(ctx, err))
	if followers == 0 {
		s.group.Recycle(f)
		return answer, err
	}
	if err != nil {
		return answer, err
	}
	return sharedAnswer(f, answer), nil
}

// sharedAnswer is given back when its last user releases it.
func sharedAnswer(f *flight, answer exec.Answer) exec.Answer {
	release := answer.Release
	answer.Release = func() {
		if f.Leave() && release != nil {
			release()
		}
	}
	return answer
}

// isLeadersOwn tells whether a fetch failed because its caller's time was over or its client is gone.
func isLeadersOwn(ctx context.Context, err error) bool {
	var failure *exec.FetchError
	return ctx.Err() != nil || errors.As(err, &failure) && failure.Code == exec.CodeRequestTimeout
}
