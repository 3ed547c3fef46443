package ratelimit

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// load is what concurrent callers saw: when each admitted request was sent, and when its answer came. The token was
// debited between the two.
type load struct {
	mu       sync.Mutex
	admitted []span
	refused  int
	began    time.Time
}

type span struct{ sent, answered time.Duration }

// send makes requests until stop is closed.
func (l *load) send(limiter *Limiter, caller *Caller, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		sent := time.Since(l.began)
		d := limiter.Take(context.Background(), ByRequests, caller, 1)
		answered := time.Since(l.began)
		l.mu.Lock()
		if d.Outcome == Admitted {
			l.admitted = append(l.admitted, span{sent, answered})
		} else {
			l.refused++
		}
		l.mu.Unlock()
	}
}

// flood sends from many callers to both limiters for a while.
func flood(span time.Duration, caller *Caller, limiters ...*Limiter) *load {
	l := &load{began: time.Now()}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for _, limiter := range limiters {
		for range 8 {
			group.Go(func() { l.send(limiter, caller, stop) })
		}
	}
	timer := time.NewTimer(span)
	<-timer.C
	close(stop)
	group.Wait()
	return l
}

// checkBound looks at every window that begins when a request was sent and ends when one was answered: what was sent and
// answered in it was debited in it.
func (l *load) checkBound(t *testing.T, rate, burst float64) {
	t.Helper()
	for _, first := range l.admitted {
		var answers []time.Duration
		for _, s := range l.admitted {
			if s.sent >= first.sent {
				answers = append(answers, s.answered)
			}
		}
		slices.Sort(answers)
		for n, end := range answers {
			// A microsecond is the resolution of the clock of Redis.
			window := (end - first.sent + time.Microsecond).Seconds()
			if float64(n+1) > rate*window+burst {
				t.Fatalf("%d admitted in %.6f s, at most %.2f may be", n+1, window, rate*window+burst)
			}
		}
	}
}

func TestTwoRoutersAdmitNoMoreThanTheRateAndTheBurst(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	o := Options{Rules: []Rule{{Name: "r", Key: "address", Rate: 200, Per: time.Second, Burst: 50}}, Redis: RedisOptions{Addresses: []string{server.Address}}, OnError: Deny, Timeout: redistest.Patience}
	l := flood(1500*time.Millisecond, from("192.0.2.1"), run(t, o), run(t, o))
	l.checkBound(t, 200, 50)
	t.Logf("admitted %d of %d in 1.5 s; the limit is 350", len(l.admitted), len(l.admitted)+l.refused)
	if len(l.admitted) < 50 || l.refused == 0 {
		t.Errorf("%d admitted and %d refused: the load did not reach the limit", len(l.admitted), l.refused)
	}
}

func TestLeasesSpareRedisWithinTheirError(t *testing.T) {
	t.Parallel()
	const rate, burst, block, routers = 2000, 400, 100, 2
	server := redistest.Start(t)
	o := Options{
		Rules: []Rule{{Name: "r", Key: "address", Rate: rate, Per: time.Second, Burst: burst, Lease: block}}, OnError: Deny, Timeout: redistest.Patience,
		Redis: RedisOptions{Addresses: []string{server.Address}},
	}
	var limiters []*Limiter
	for range routers {
		limiters = append(limiters, run(t, o))
	}
	before := scriptCalls(t, server)
	l := flood(800*time.Millisecond, from("192.0.2.1"), limiters...)
	calls := scriptCalls(t, server) - before
	l.checkBound(t, rate, burst+routers*block)
	total := len(l.admitted) + l.refused
	t.Logf("%d admitted of %d with %d calls to Redis", len(l.admitted), total, calls)
	if len(l.admitted) < burst || calls*2 > total {
		t.Errorf("%d admitted of %d with %d calls to Redis", len(l.admitted), total, calls)
	}
}

func TestALeaseIsSpentOnceAndExpires(t *testing.T) {
	t.Parallel()
	server, now := redistest.Start(t), newClock()
	l := run(t, Options{
		Rules: []Rule{{Name: "r", Key: "address", Rate: 100, Per: time.Hour, Lease: 10}}, OnError: Deny, Timeout: redistest.Patience,
		Redis: RedisOptions{Addresses: []string{server.Address}}, Now: now.Now,
	})
	redistest.Eventually(t, "the first probe", func() bool { return scriptCalls(t, server) > 0 })
	before := scriptCalls(t, server)
	if got := admitted(l, from("192.0.2.1"), 1, 10); got != 10 {
		t.Fatalf("admitted %d of the first block", got)
	}
	if calls := scriptCalls(t, server) - before; calls != 1 {
		t.Errorf("a block took %d calls", calls)
	}
	if got := admitted(l, from("192.0.2.1"), 1, 1); got != 1 {
		t.Fatal("the second block was refused")
	}
	now.advance(2 * time.Second) // nine tokens expire
	if got := admitted(l, from("192.0.2.1"), 1, 200); got != 80 {
		t.Errorf("admitted %d after that, want 80 of 100", got)
	}
	// Ten blocks, and one refusal that is remembered.
	if calls := scriptCalls(t, server) - before; calls != 11 {
		t.Errorf("all of it took %d calls, want 11", calls)
	}
}

func TestRefusalsGiveLeasedTokensBack(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	l := run(t, Options{
		Rules: []Rule{
			{Name: "leased", Key: `"all"`, Rate: 20, Per: time.Hour, Lease: 5},
			{Name: "narrow", Key: "address", Rate: 3, Per: time.Hour},
		},
		OnError: Deny, Timeout: redistest.Patience, Redis: RedisOptions{Addresses: []string{server.Address}},
	})
	total := 0
	for _, address := range []string{"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7"} {
		total += admitted(l, from(address), 1, 10)
	}
	if total != 20 {
		t.Errorf("admitted %d, want 20: every refusal gives back what it took", total)
	}
}
