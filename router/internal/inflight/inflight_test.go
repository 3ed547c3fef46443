package inflight

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
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

// alias is a second kind of key. What it notes is not compared.
type alias struct {
	text string
	note int
}

func newAliases() *Group[alias, int] {
	return NewGroup[alias, int](func(a, b alias) bool { return a.text == b.text })
}

func TestSecondKey(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		g, aliases := newGroup(), newAliases()
		leader, _ := g.Join(t.Context(), 1, "a")
		aliases.Add(2, alias{"x", 5}, leader)
		if f, _ := aliases.Find(2, alias{text: "y"}); f != nil {
			t.Error("another key with the same hash found the flight")
		}
		if f, _ := aliases.Find(3, alias{text: "x"}); f != nil {
			t.Error("another hash found the flight")
		}
		found, leaders := aliases.Find(2, alias{text: "x"})
		if found != leader || leaders.note != 5 {
			t.Fatalf("got %p with %+v, want %p", found, leaders, leader)
		}
		if leader.HasFollowers() {
			t.Error("who has found a flight does not follow it yet")
		}
		if !found.Follow() {
			t.Fatal("the flight cannot be followed")
		}
		joined, role := aliases.Join(t.Context(), 2, alias{text: "x"})
		if joined != leader || role != Follower {
			t.Fatalf("got %p with role %d, want to follow %p", joined, role, leader)
		}
		first := follow(t, t.Context(), g)
		if n := leader.Land(7, nil, false); n != 3 {
			t.Errorf("got %d followers, want 3", n)
		}
		if got := <-first; got != (outcome{7, nil, true}) {
			t.Errorf("got %+v", got)
		}
		for range 2 {
			if value, err, ok := found.Wait(t.Context()); value != 7 || err != nil || !ok {
				t.Errorf("got %d, %v, %v", value, err, ok)
			}
		}
		if found.Follow() {
			t.Error("a flight that has landed was followed")
		}
		if f, _ := aliases.Find(2, alias{text: "x"}); f != nil || g.Len() != 0 || aliases.Len() != 0 {
			t.Errorf("%d and %d flights are left", g.Len(), aliases.Len())
		}
	})
}

func TestSecondKeysOfOneHash(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		g, aliases := newGroup(), newAliases()
		first, _ := g.Join(t.Context(), 1, "a")
		second, _ := g.Join(t.Context(), 2, "b")
		aliases.Add(3, alias{text: "x"}, first)
		aliases.Add(3, alias{text: "y"}, second)
		if f, _ := aliases.Find(3, alias{text: "x"}); f != nil {
			t.Error("two flights stand under one hash")
		}
		first.Land(1, nil, false)
		if f, _ := aliases.Find(3, alias{text: "y"}); f != second {
			t.Error("the first flight took the second one's key with it")
		}
		if _, role := g.Join(t.Context(), 2, "b"); role != Follower {
			t.Errorf("got role %d", role)
		}
		second.Land(2, nil, false)
		if g.Len() != 0 || aliases.Len() != 0 {
			t.Errorf("%d and %d flights are left", g.Len(), aliases.Len())
		}
	})
}

// TestKeysAreSafeTogether follows flights by both of their keys while they land.
func TestKeysAreSafeTogether(t *testing.T) {
	t.Parallel()
	g, aliases := newGroup(), newAliases()
	const rounds, askers = 200, 4
	var all sync.WaitGroup
	var answers atomic.Int64
	wait := func(f *Flight[int], want int) {
		switch value, err, ok := f.Wait(t.Context()); {
		case err != nil || !ok || value != want:
			t.Errorf("got %d, %v, %v, want %d", value, err, ok, want)
		default:
			answers.Add(1)
		}
		f.Leave()
	}
	for round := range rounds {
		leader, role := g.Join(t.Context(), 1, "a")
		if role != Leader {
			t.Fatalf("round %d: got role %d", round, role)
		}
		aliases.Add(2, alias{"x", round}, leader)
		joined := int64(0)
		for range askers {
			all.Go(func() {
				if f, leaders := aliases.Find(2, alias{text: "x"}); f != nil && f.Follow() {
					wait(f, leaders.note)
				}
			})
			if f, role := g.Join(t.Context(), 1, "a"); role == Follower {
				joined++
				all.Go(func() { wait(f, round) })
			}
		}
		before := answers.Load()
		followers := leader.Land(round, nil, false)
		leader.Leave()
		all.Wait()
		if got := answers.Load() - before; got != int64(followers) || got < joined {
			t.Errorf("round %d: %d answers for %d followers, of whom %d joined", round, got, followers, joined)
		}
	}
	if g.Len() != 0 || aliases.Len() != 0 {
		t.Errorf("%d and %d flights are left", g.Len(), aliases.Len())
	}
}
