package inflight

import (
	"context"
	"errors"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newGroup() *Group[string, int] {
	return NewGroup[string, int](func(a, b string) bool { return a == b })
}

// outcome is what Wait gave.
type outcome struct {
	value int
	err   error
	ok    bool
}

// follow joins as a follower and gives where the outcome will be.
func follow(t *testing.T, ctx context.Context, g *Group[string, int]) chan outcome { //nolint:revive // t first, as everywhere
	t.Helper()
	f, role := g.Join(ctx, 1, "a")
	if role != Follower {
		t.Fatalf("got role %d, want a follower", role)
	}
	result := make(chan outcome, 1)
	go func() {
		value, err, ok := f.Wait(ctx)
		result <- outcome{value, err, ok}
	}()
	bubble.Wait()
	return result
}

func TestValueGoesToAll(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		g := newGroup()
		leader, role := g.Join(t.Context(), 1, "a")
		if role != Leader || leader.HasFollowers() {
			t.Fatalf("got role %d", role)
		}
		if _, role := g.Join(t.Context(), 1, "b"); role != Stranger {
			t.Errorf("another key with the same hash got role %d", role)
		}
		first, second := follow(t, t.Context(), g), follow(t, t.Context(), g)
		if n := leader.Land(7, nil, false); n != 2 {
			t.Errorf("got %d followers, want 2", n)
		}
		for _, result := range []chan outcome{first, second} {
			if got := <-result; got != (outcome{7, nil, true}) {
				t.Errorf("got %+v", got)
			}
		}
		lasts := 0
		for range 3 {
			if leader.Leave() {
				lasts++
			}
		}
		if lasts != 1 || g.Len() != 0 {
			t.Errorf("%d were the last to leave, %d flights are left", lasts, g.Len())
		}
	})
}

func TestEndings(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	cases := []struct {
		name  string
		err   error
		again bool
		want  outcome
	}{
		{"an error is everybody's", broken, false, outcome{0, broken, true}},
		{"what is the leader's alone is begun anew", broken, true, outcome{0, nil, false}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				g := newGroup()
				leader, _ := g.Join(t.Context(), 1, "a")
				follower := follow(t, t.Context(), g)
				leader.Land(0, c.err, c.again)
				if got := <-follower; got != c.want {
					t.Errorf("got %+v, want %+v", got, c.want)
				}
			})
		})
	}
}

func TestContextOutlivesTheLeader(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		g := newGroup()
		leaving, leave := context.WithCancel(t.Context())
		flight, _ := g.Join(leaving, 1, "a")
		staying, depart := context.WithCancel(t.Context())
		follower := follow(t, staying, g)
		ended := make(chan struct{})
		flight.AfterFunc(func() { close(ended) })
		leave()
		bubble.Wait()
		if flight.Err() != nil || flight.LeaderErr() == nil {
			t.Errorf("the flight's error is %v, the leader's %v", flight.Err(), flight.LeaderErr())
		}
		depart()
		<-ended
		<-flight.Done()
		if got := <-follower; !errors.Is(got.err, context.Canceled) || !got.ok {
			t.Errorf("the follower that left got %+v", got)
		}
		flight.Land(0, flight.Err(), true)
	})
}

func TestDeadlineIsTheLeadersOwn(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		g := newGroup()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		flight, _ := g.Join(short, 1, "a")
		follower := follow(t, t.Context(), g)
		<-flight.Done()
		flight.Land(0, flight.Err(), true)
		if got := <-follower; got.ok {
			t.Errorf("the follower got %+v instead of beginning anew", got)
		}
		stop := flight.AfterFunc(func() {})
		if stop() {
			t.Error("a function was added to a context that has ended")
		}
		bubble.Wait()
	})
}
