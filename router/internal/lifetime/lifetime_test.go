package lifetime

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type valueKey struct{}

// TestEnds does to a context what ends it, and compares it with one of the standard library in the same place.
func TestEnds(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		parent func(context.Context) (context.Context, context.CancelFunc)
		end    func(stopParent, cancel context.CancelFunc)
	}{
		{"deadline", context.WithCancel, func(_, _ context.CancelFunc) { <-time.After(2 * time.Minute) }},
		{"cancelled", context.WithCancel, func(_, cancel context.CancelFunc) { cancel() }},
		{"parent cancelled", context.WithCancel, func(stop, _ context.CancelFunc) { stop() }},
		{"cancelled twice", context.WithCancel, func(stop, cancel context.CancelFunc) { cancel(); stop(); cancel() }},
		{"parent's deadline is earlier", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, func(_, _ context.CancelFunc) { <-time.After(2 * time.Second) }},
		{"parent has ended before", func(ctx context.Context) (context.Context, context.CancelFunc) {
			ended, cancel := context.WithCancel(ctx)
			cancel()
			return ended, cancel
		}, func(_, _ context.CancelFunc) {}},
		{"parent is of this package", func(ctx context.Context) (context.Context, context.CancelFunc) {
			return WithDeadline(ctx, time.Now().Add(time.Second))
		}, func(_, _ context.CancelFunc) { <-time.After(2 * time.Second) }},
		{"nothing", context.WithCancel, func(_, _ context.CancelFunc) {}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				parent, stopParent := c.parent(context.WithValue(t.Context(), valueKey{}, "value"))
				defer stopParent()
				deadline := time.Now().Add(time.Minute)
				ours, cancelOurs := WithDeadline(parent, deadline)
				defer cancelOurs()
				theirs, cancelTheirs := context.WithDeadline(parent, deadline)
				defer cancelTheirs()
				child, cancelChild := context.WithCancel(ours)
				defer cancelChild()
				called := make(chan struct{})
				stopped := make(chan struct{})
				stop := context.AfterFunc(ours, func() { close(stopped) })
				stop()
				var watch, unwatched Watch
				watch.Start(ours, closing{called})
				unwatched.Start(ours, closing{stopped})
				unwatched.Stop()
				c.end(stopParent, func() { cancelOurs(); cancelTheirs() })
				bubble.Wait()

				if !errors.Is(ours.Err(), theirs.Err()) || (ours.Err() == nil) != (theirs.Err() == nil) {
					t.Errorf("got %v, want %v", ours.Err(), theirs.Err())
				}
				if !errors.Is(child.Err(), theirs.Err()) {
					t.Errorf("a child ended with %v, want %v", child.Err(), theirs.Err())
				}
				if got, want := isClosed(ours.Done()), isClosed(theirs.Done()); got != want || isClosed(called) != want {
					t.Errorf("done is %v, and who watches was called: %v; want %v", got, isClosed(called), want)
				}
				if isClosed(stopped) {
					t.Error("who had stopped watching was called")
				}
				got, _ := ours.Deadline()
				if want, _ := theirs.Deadline(); !got.Equal(want) || ours.Value(valueKey{}) != "value" {
					t.Errorf("the deadline is %v, want %v; the value %v", got, want, ours.Value(valueKey{}))
				}
			})
		})
	}
}

// closing closes a channel when a context has ended.
type closing struct{ done chan struct{} }

func (c closing) ContextEnded() { close(c.done) }

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
