package lifetime

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

// own is a request's own context, as a connection has it: with memory that the next request uses again, if it is not kept.
type own struct {
	end     End
	scratch Scratch
	kept    atomic.Bool
}

func (o *own) Deadline() (time.Time, bool) { return time.Time{}, false }
func (o *own) Done() <-chan struct{}       { o.Keep(); return o.end.Done() }
func (o *own) Err() error                  { return o.end.Err() }
func (o *own) Value(key any) any           { return o.scratch.Value(key) }
func (o *own) Lifetime() *End              { return &o.end }
func (o *own) Scratch() *Scratch           { return &o.scratch }
func (o *own) Keep()                       { o.kept.Store(true) }
func (o *own) AfterFunc(call func()) (stop func() bool) {
	o.Keep()
	return o.end.AfterFunc(call)
}

func TestScratch(t *testing.T) {
	t.Parallel()
	var s Scratch
	type key int
	if s.Take(key(1)) != nil || s.Value(key(1)) != nil {
		t.Error("there is something in the beginning")
	}
	s.Put(key(1), "a")
	s.Put(key(1), "b")
	s.Put(key(2), "c")
	if s.Value(key(1)) != "a" || s.Value(key(2)) != "c" || s.Take(key(1)) != nil {
		t.Error("what was put is not this request's")
	}
	s.Reset()
	if s.Value(key(1)) != nil {
		t.Error("an earlier request's value is seen before it is taken")
	}
	if s.Take(key(2)) != "c" || s.Take(key(1)) != "a" || s.Take(key(1)) != "b" || s.Take(key(1)) != nil || s.Value(key(2)) != "c" {
		t.Error("what an earlier request has put is not given, each once")
	}
	s.Remove("a")
	s.Reset()
	if s.Take(key(1)) != "b" || s.Take(key(1)) != nil {
		t.Error("what was removed is still there, or something else is not")
	}
}

// TestScratchIsReadByOthers: package context looks for values in the goroutine that ends a context.
func TestScratchIsReadByOthers(t *testing.T) {
	t.Parallel()
	o := &own{}
	child, cancel := context.WithCancel(o)
	defer cancel()
	var others sync.WaitGroup
	others.Go(func() { o.end.Finish(context.Canceled) })
	others.Go(func() {
		for range 100 {
			_ = child.Value(timedKey{})
		}
	})
	for i := range 100 {
		o.scratch.Put(i, i)
	}
	others.Wait()
	if !errors.Is(child.Err(), context.Canceled) {
		t.Errorf("got %v", child.Err())
	}
}

// TestDeadlinesAreReused only when nobody can have a hold on them any more.
func TestDeadlinesAreReused(t *testing.T) {
	t.Parallel()
	const timeout = time.Minute
	cases := []struct {
		name         string
		use          func(t *testing.T, o *own, ctx context.Context) //nolint:revive // t first, as everywhere
		kept, reused bool
	}{
		{"nothing", func(*testing.T, *own, context.Context) {}, false, true},
		{"watched", func(t *testing.T, _ *own, ctx context.Context) {
			var w Watch
			w.Start(ctx, closing{make(chan struct{})})
			if !w.Stop() {
				t.Error("the watch was told something")
			}
		}, false, true},
		{"the time is over", func(_ *testing.T, _ *own, _ context.Context) { <-time.After(2 * timeout) }, false, false},
		{"the request has ended", func(_ *testing.T, o *own, _ context.Context) { o.end.Finish(context.Canceled) }, false, false},
		{"its channel was asked for", func(_ *testing.T, _ *own, ctx context.Context) { ctx.Done() }, true, true},
		{"child", func(_ *testing.T, _ *own, ctx context.Context) {
			_, cancel := context.WithCancel(ctx)
			cancel()
		}, true, true},
		{"child of a child", func(_ *testing.T, _ *own, ctx context.Context) {
			_, cancel := context.WithTimeout(context.WithValue(ctx, valueKey{}, 1), time.Second)
			cancel()
		}, true, true},
		{"function", func(_ *testing.T, _ *own, ctx context.Context) { context.AfterFunc(ctx, func() {})() }, true, true},
		{"watched through a value", func(_ *testing.T, _ *own, ctx context.Context) {
			var w Watch
			w.Start(context.WithValue(ctx, valueKey{}, 1), closing{make(chan struct{})})
			w.Stop()
		}, true, true},
		{"kept", func(_ *testing.T, _ *own, ctx context.Context) { Keep(ctx) }, true, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				o := &own{}
				ctx, cancel := WithDeadline(o, time.Now().Add(timeout))
				c.use(t, o, ctx)
				cancel()
				bubble.Wait()
				if kept := o.kept.Load(); kept != c.kept {
					t.Errorf("kept is %t, want %t", kept, c.kept)
				}
				o.scratch.Reset() // as if it had not been kept
				o.end.Reset()
				again, cancel := WithDeadline(o, time.Now().Add(timeout))
				defer cancel()
				if (again == ctx) != c.reused {
					t.Errorf("reused is %t, want %t", again == ctx, c.reused)
				}
				if again.Err() != nil {
					t.Errorf("it begins with %v", again.Err())
				}
				if got, ok := again.Deadline(); !ok || time.Until(got) != timeout {
					t.Errorf("it has %v", time.Until(got))
				}
				<-time.After(timeout + time.Second)
				if !errors.Is(again.Err(), context.DeadlineExceeded) {
					t.Errorf("when its time is over it has %v", again.Err())
				}
			})
		})
	}
}

// TestDeadlinesLeaveNothing: those that cannot be used again are forgotten.
func TestDeadlinesLeaveNothing(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		o := &own{}
		for range 100 {
			_, cancel := WithDeadline(o, time.Now().Add(time.Second))
			<-time.After(2 * time.Second)
			cancel()
			o.scratch.Reset()
		}
		if n := len(o.scratch.pieces); n > 1 {
			t.Errorf("%d are left of 100 requests", n)
		}
	})
}

// TestRequestsWithoutScratch have deadlines too: each its own.
func TestRequestsWithoutScratch(t *testing.T) {
	t.Parallel()
	one, cancelOne := WithDeadline(t.Context(), time.Now().Add(time.Hour))
	cancelOne()
	two, cancelTwo := WithDeadline(t.Context(), time.Now().Add(time.Hour))
	defer cancelTwo()
	if one == two || two.Err() != nil || !errors.Is(one.Err(), context.Canceled) {
		t.Errorf("got %v and %v", one.Err(), two.Err())
	}
	Release(t.Context())
	Keep(t.Context())
}
