package inflight

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

type nobody struct{}

func (nobody) ContextEnded() {}

// TestRecycle gives back the memory of a flight only when nobody can have a hold on it.
func TestRecycle(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name     string
		use      func(t *testing.T, g *Group[string, int], f *Flight[int], leave context.CancelFunc)
		recycled bool
	}{
		{"alone", func(*testing.T, *Group[string, int], *Flight[int], context.CancelFunc) {}, true},
		{"watched", func(_ *testing.T, _ *Group[string, int], f *Flight[int], _ context.CancelFunc) {
			var w lifetime.Watch
			w.Start(f, nobody{})
			w.Stop()
		}, true},
		{"still watched", func(_ *testing.T, _ *Group[string, int], f *Flight[int], _ context.CancelFunc) {
			new(lifetime.Watch).Start(f, nobody{})
		}, false},
		{"follower", func(t *testing.T, g *Group[string, int], _ *Flight[int], _ context.CancelFunc) {
			follow(t, t.Context(), g)
		}, false},
		{"follower that has gone", func(t *testing.T, g *Group[string, int], _ *Flight[int], _ context.CancelFunc) {
			ctx, cancel := context.WithCancel(t.Context())
			result := follow(t, ctx, g)
			cancel()
			<-result
		}, true},
		{"leader that has gone", func(_ *testing.T, _ *Group[string, int], _ *Flight[int], leave context.CancelFunc) { leave() }, false},
		{"child", func(_ *testing.T, _ *Group[string, int], f *Flight[int], _ context.CancelFunc) {
			_, cancel := context.WithCancel(f)
			cancel()
		}, false},
		{"function", func(_ *testing.T, _ *Group[string, int], f *Flight[int], _ context.CancelFunc) {
			context.AfterFunc(f, func() {})()
		}, false},
		{"channel", func(_ *testing.T, _ *Group[string, int], f *Flight[int], _ context.CancelFunc) { f.Done() }, false},
		{"kept", func(_ *testing.T, _ *Group[string, int], f *Flight[int], _ context.CancelFunc) { lifetime.Keep(f) }, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				g := newGroup()
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				f, role := g.Join(ctx, 1, "a")
				if role != Leader {
					t.Fatalf("got role %d", role)
				}
				c.use(t, g, f, leave)
				bubble.Wait()
				f.Land(7, nil, false)
				g.Recycle(f)
				if recycled := f.Context == nil; recycled != c.recycled {
					t.Errorf("recycled is %t, want %t", recycled, c.recycled)
				}
				if g.Len() != 0 {
					t.Error("it is still found")
				}
			})
		})
	}
}

// TestRecycledFlightsNeverCross: callers with many keys of few hashes come, follow, go away and run out of time, and each
// gets the value of its own key.
func TestRecycledFlightsNeverCross(t *testing.T) {
	t.Parallel()
	g := NewGroup[string, string](func(a, b string) bool { return a == b })
	var callers sync.WaitGroup
	for caller := range 16 {
		callers.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller))) //nolint:gosec // no secret
			for range 2000 {
				n := random.IntN(6)
				key := fmt.Sprint("key ", n)
				ctx, cancel := context.WithCancel(context.Background())
				if random.IntN(4) == 0 {
					ctx, cancel = lifetime.WithDeadline(ctx, time.Now().Add(time.Duration(random.IntN(50))*time.Microsecond))
				}
				f, role := g.Join(ctx, uint64(n/2), key)
				switch role {
				case Leader:
					var w lifetime.Watch
					w.Start(f, nobody{})
					if random.IntN(4) == 0 {
						cancel()
					}
					w.Stop()
					if f.Land(key, nil, false) == 0 {
						g.Recycle(f)
					} else {
						f.Leave()
					}
				case Follower:
					if value, err, ok := f.Wait(ctx); ok && err == nil {
						if value != key {
							t.Errorf("got %q for %q", value, key)
						}
						f.Leave()
					}
				case Stranger:
				}
				cancel()
			}
		})
	}
	callers.Wait()
	if g.Len() != 0 {
		t.Errorf("%d flights are left", g.Len())
	}
}
