package traffic

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func TestFetchesUnderWayAreBounded(t *testing.T) {
	t.Parallel()
	for name, adapts := range map[string]bool{"fixed": false, "adaptive": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) {
					<-time.After(time.Second)
					return fine, nil
				}}
				c := controller(s, Settings{Concurrency: Concurrency{Max: 4, Min: 4, Queue: 8, Wait: time.Minute, Adaptive: adapts}})
				codes := make(chan string, 20)
				for range 20 {
					go func() {
						code, _ := fetch(t.Context(), c, plan.Query)
						codes <- code
					}()
				}
				bubble.Wait()
				if got := stats(t, c); got.InFlight != 4 || got.Waiting != 8 || got.Limit != 4 || got.Events[QueueRefused] != 8 {
					t.Errorf("stats %+v", got)
				}
				count := map[string]int{}
				for range 20 {
					count[<-codes]++
				}
				if count[""] != 12 || count[CodeOverloaded] != 8 || s.most.Load() != 4 {
					t.Errorf("got %v, %d at once", count, s.most.Load())
				}
				s.unused(t)
			})
		})
	}
}

func TestWaitsAreBounded(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) {
			<-time.After(10 * time.Second)
			return fine, nil
		}}
		c := controller(s, Settings{Concurrency: Concurrency{Max: 1, Queue: 10, Wait: time.Second}})
		var group sync.WaitGroup
		group.Go(func() { fetch(t.Context(), c, plan.Query) })
		bubble.Wait()
		began := time.Now()
		if code, _ := fetch(t.Context(), c, plan.Query); code != CodeOverloaded || time.Since(began) != time.Second {
			t.Errorf("%s after %v", code, time.Since(began))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if code, _ := fetch(ctx, c, plan.Query); code != exec.CodeRequestTimeout {
			t.Errorf("got %s at the request's deadline", code)
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(100*time.Millisecond, cancel)
		if code, _ := fetch(ctx, c, plan.Query); code != exec.CodeUnreachable {
			t.Errorf("got %s when the client goes", code)
		}
		if got := stats(t, c); got.Waiting != 0 || got.Events[QueueRefused] != 1 || s.calls.Load() != 1 {
			t.Errorf("%d calls, %+v", s.calls.Load(), got)
		}
		group.Wait()
	})
}

// TestAdaptiveShrinks: a subgraph that gets slower the more it has to do is not given ever more.
func TestAdaptiveShrinks(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		const capacity = 10
		s := &subgraph{}
		s.handle = func(context.Context, int) (exec.Answer, error) {
			now := s.inFlight.Load()
			<-time.After(20 * time.Millisecond * time.Duration(max(capacity, now*now/capacity)) / capacity)
			return fine, nil
		}
		c := controller(s, Settings{Concurrency: Concurrency{Max: 200, Min: 2, Queue: 1000, Wait: time.Minute, Adaptive: true}})
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		var group sync.WaitGroup
		for range 200 {
			group.Go(func() {
				for ctx.Err() == nil {
					fetch(ctx, c, plan.Query)
				}
			})
		}
		group.Wait()
		if got := stats(t, c); got.Limit > 100 {
			t.Errorf("the limit is %d of 200, where %d is best", got.Limit, capacity)
		}
	})
}
