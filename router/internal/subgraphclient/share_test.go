package subgraphclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

type fetcherFunc func(context.Context, *exec.FetchRequest) (exec.Answer, error)

func (f fetcherFunc) Fetch(ctx context.Context, r *exec.FetchRequest) (exec.Answer, error) {
	return f(ctx, r)
}

// echo answers after a while with what identifies the request, in memory that is overwritten when it is released.
func echo(releases *atomic.Int64) fetcherFunc {
	return func(ctx context.Context, r *exec.FetchRequest) (exec.Answer, error) {
		select {
		case <-ctx.Done():
			return exec.Answer{}, ctx.Err()
		case <-time.After(time.Duration(rand.IntN(3)) * time.Millisecond):
		}
		body := []byte(r.Fetch.Subgraph + "|" + string(r.Header) + "|" + string(r.Body))
		return exec.Answer{Body: body, Release: func() {
			clear(body)
			releases.Add(1)
		}}, nil
	}
}

func TestShareNeverCrossesIdentities(t *testing.T) {
	t.Parallel()
	var releases, fetches atomic.Int64
	next := echo(&releases)
	sharer := Share(fetcherFunc(func(ctx context.Context, r *exec.FetchRequest) (exec.Answer, error) {
		fetches.Add(1)
		return next(ctx, r)
	}))
	var crossings, answered atomic.Int64
	var all sync.WaitGroup
	gate := make(chan struct{}, 200)
	for i := range 10_000 {
		gate <- struct{}{}
		all.Go(func() {
			defer func() { <-gate }()
			user, query := fmt.Sprint("user", i%7), fmt.Sprint("{q", i%3, "}")
			subgraph := []string{"users", "payments"}[i%2]
			request := &exec.FetchRequest{
				Fetch: &plan.Fetch{Subgraph: subgraph, Kind: plan.Query}, Body: []byte(query),
				Client: headerSource{{"Authorization", user}},
			}
			ctx, cancel := context.WithCancel(t.Context())
			if i%11 == 0 {
				time.AfterFunc(time.Duration(rand.IntN(2000))*time.Microsecond, cancel)
			}
			defer cancel()
			answer, err := sharer.Fetch(ctx, request)
			if err != nil {
				if !errors.Is(err, context.Canceled) || i%11 != 0 {
					t.Errorf("request %d failed: %v", i, err)
				}
				return
			}
			if want := subgraph + "|Authorization: " + user + "\r\n|" + query; string(answer.Body) != want {
				crossings.Add(1)
			}
			answered.Add(1)
			answer.Release()
		})
	}
	all.Wait()
	if crossings.Load() != 0 {
		t.Errorf("%d answers went to somebody else", crossings.Load())
	}
	if sharer.Shared() == 0 || fetches.Load() >= answered.Load() {
		t.Errorf("%d fetches for %d answers: nothing was shared", fetches.Load(), answered.Load())
	}
	if n := sharer.group.Len(); n != 0 {
		t.Errorf("%d flights were left behind", n)
	}
	if releases.Load() != answered.Load()-sharer.Shared() {
		t.Errorf("%d answers were given back of %d", releases.Load(), answered.Load()-sharer.Shared())
	}
}

// shareScene is one slow fetch whose end a test decides.
type shareScene struct {
	sharer  *Sharer
	fetches atomic.Int64
	finish  chan error
	ended   chan error // the context's error, when it ended a fetch
}

func newShareScene() *shareScene {
	s := &shareScene{finish: make(chan error), ended: make(chan error, 10)}
	s.sharer = Share(fetcherFunc(func(ctx context.Context, _ *exec.FetchRequest) (exec.Answer, error) {
		s.fetches.Add(1)
		select {
		case err := <-s.finish:
			return exec.Answer{Body: []byte(okBody)}, err
		case <-ctx.Done():
			s.ended <- ctx.Err()
			return exec.Answer{}, ctx.Err()
		}
	}))
	return s
}

// ask starts a fetch and gives where its error will be.
func (s *shareScene) ask(ctx context.Context, kind plan.Kind) chan error {
	result := make(chan error, 1)
	go func() {
		_, err := s.sharer.Fetch(ctx, fetchOf(kind))
		result <- err
	}()
	bubble.Wait()
	return result
}

func TestShareCancellation(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	t.Run("a follower that leaves does not end the fetch", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			s := newShareScene()
			leader := s.ask(ctx, plan.Query)
			leaving, leave := context.WithCancel(ctx)
			follower, other := s.ask(leaving, plan.Query), s.ask(ctx, plan.Query)
			leave()
			if err := <-follower; !errors.Is(err, context.Canceled) {
				t.Errorf("the follower got %v", err)
			}
			s.finish <- nil
			wantNoErrors(t, <-leader, <-other)
			wantFetches(t, s, 1)
		})
	})
	t.Run("a leader that leaves does not fail the followers", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			s := newShareScene()
			leaving, leave := context.WithCancel(ctx)
			leader, follower := s.ask(leaving, plan.Query), s.ask(ctx, plan.Query)
			leave()
			bubble.Wait()
			s.finish <- nil
			wantNoErrors(t, <-leader, <-follower)
			wantFetches(t, s, 1)
		})
	})
	t.Run("a leader's deadline makes a follower ask again", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			s := newShareScene()
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			leader, follower := s.ask(short, plan.Query), s.ask(ctx, plan.Query)
			if err := <-leader; !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("the leader got %v", err)
			}
			s.finish <- nil
			wantNoErrors(t, <-follower)
			wantFetches(t, s, 2)
		})
	})
	t.Run("when all have left the fetch ends", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			s := newShareScene()
			leaving, leave := context.WithCancel(ctx)
			leader, follower := s.ask(leaving, plan.Query), s.ask(leaving, plan.Query)
			leave()
			if err := <-s.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("the fetch ended with %v", err)
			}
			<-leader
			<-follower
			wantFetches(t, s, 1)
		})
	})
	t.Run("an error is everybody's", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			s := newShareScene()
			leader, follower := s.ask(ctx, plan.Query), s.ask(ctx, plan.Query)
			broken := errors.New("broken")
			s.finish <- broken
			if a, b := <-leader, <-follower; !errors.Is(a, broken) || !errors.Is(b, broken) {
				t.Errorf("got %v and %v", a, b)
			}
		})
	})
	t.Run("mutations are never shared", func(t *testing.T) {
		bubble.Test(t, func(t *testing.T) {
			s := newShareScene()
			first, second := s.ask(ctx, plan.Mutation), s.ask(ctx, plan.Mutation)
			s.finish <- nil
			s.finish <- nil
			wantNoErrors(t, <-first, <-second)
			wantFetches(t, s, 2)
		})
	})
}

func TestShareSurvivesAPanic(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		var calls atomic.Int64
		sharer := Share(fetcherFunc(func(context.Context, *exec.FetchRequest) (exec.Answer, error) {
			if calls.Add(1) == 1 {
				<-gate
				panic("broken")
			}
			return exec.Answer{Body: []byte(okBody)}, nil
		}))
		go func() {
			defer func() { _ = recover() }()
			_, _ = sharer.Fetch(t.Context(), fetchOf(plan.Query))
		}()
		bubble.Wait()
		follower := make(chan error)
		go func() {
			_, err := sharer.Fetch(t.Context(), fetchOf(plan.Query))
			follower <- err
		}()
		bubble.Wait()
		close(gate)
		wantNoErrors(t, <-follower)
	})
}

func wantNoErrors(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Errorf("got error %v", err)
		}
	}
}

func wantFetches(t *testing.T, s *shareScene, want int64) {
	t.Helper()
	if got := s.fetches.Load(); got != want {
		t.Errorf("got %d fetches, want %d", got, want)
	}
}

func FuzzReadResponse(f *testing.F) {
	for _, seed := range []string{
		jsonHead + "Content-Length: 16\r\n\r\n" + okBody,
		jsonHead + "Transfer-Encoding: chunked\r\n\r\n4\r\n{\"da\r\nC;x=y\r\nta\":{\"a\":1}}\r\n0\r\nX: y\r\n\r\n",
		"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.0 200 OK\r\n\r\nx",
		"HTTP/1.1 204 No Content\r\n\r\n",
	} {
		f.Add(seed, uint8(3))
	}
	f.Fuzz(func(t *testing.T, wire string, step uint8) {
		const limit = 1 << 16
		whole, _, wholeErr := readResponse(strings.NewReader(wire), 0, limit)
		inSteps, _, stepErr := readResponse(&stepReader{wire, int(step%16) + 1}, 100_000, limit)
		if (wholeErr == nil) != (stepErr == nil) {
			t.Fatalf("at once: %v; in steps: %v", wholeErr, stepErr)
		}
		if wholeErr != nil {
			return
		}
		if len(whole.body) > limit {
			t.Fatalf("the body has %d bytes", len(whole.body))
		}
		if string(whole.body) != string(inSteps.body) || string(whole.header) != string(inSteps.header) || whole.status != inSteps.status {
			t.Fatalf("at once %q, in steps %q", whole.body, inSteps.body)
		}
		compareWithStandard(t, wire, whole)
	})
}
