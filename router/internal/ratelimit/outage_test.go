package ratelimit

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// journal is a log that can be read while it is written.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) count(text string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Count(j.text.String(), text)
}

const lost, found = "cannot reach Redis", "on Redis again"

// background sends requests to a limiter until the test is over and counts what becomes of them.
func background(t *testing.T, l *Limiter) (outcome map[Outcome]*atomic.Int64, worst *atomic.Int64) {
	outcome = map[Outcome]*atomic.Int64{Admitted: {}, Refused: {}, Unlimited: {}, Unavailable: {}}
	worst = &atomic.Int64{}
	stop := make(chan struct{})
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				began := time.Now()
				d := l.Take(context.Background(), ByRequests, from("192.0.2.1"), 1)
				outcome[d.Outcome].Add(1)
				if took := int64(time.Since(began)); took > worst.Load() {
					worst.Store(took)
				}
			}
		})
	}
	t.Cleanup(func() { close(stop); group.Wait() })
	return outcome, worst
}

func TestAnOutageUnderLoadIsWhatOnErrorSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mode OnError
		sees Outcome // during the outage
		not  []Outcome
	}{
		{Allow, Unlimited, []Outcome{Unavailable}},
		{Deny, Unavailable, []Outcome{Unlimited}},
		{Local, Refused, []Outcome{Unlimited, Unavailable}},
	} {
		for _, how := range []string{"killed", "hanging"} {
			t.Run(string(c.mode)+" "+how, func(t *testing.T) {
				t.Parallel()
				server, log := redistest.Start(t), &journal{}
				l := run(t, Options{
					Rules: []Rule{{Name: "r", Key: "address", Rate: 5, Per: time.Second}}, OnError: c.mode, Timeout: 50 * time.Millisecond,
					Redis: RedisOptions{Addresses: []string{server.Address}}, Logger: slog.New(slog.NewTextHandler(log, nil)),
				})
				redistest.Eventually(t, "Redis decides", func() bool {
					return l.Take(context.Background(), ByRequests, from("192.0.2.2"), 1).Outcome == Admitted && server.Do(t, "DBSIZE") != "0"
				})
				outcomes, worst := background(t, l)
				redistest.Eventually(t, "load", func() bool { return outcomes[Admitted].Load() > 0 && outcomes[Refused].Load() > 0 })
				if how == "killed" {
					server.Kill()
				} else {
					server.Freeze(t)
				}
				redistest.Eventually(t, "the breaker opens", func() bool { return log.count(lost) == 1 })
				calls := l.redis.client.PoolStats()
				asked := calls.Hits + calls.Misses
				seen := outcomes[c.sees].Load()
				worst.Store(0)
				redistest.Eventually(t, "decisions without Redis", func() bool { return outcomes[c.sees].Load() > seen+20_000 })
				calls = l.redis.client.PoolStats()
				// Only probes ask, a few a second, and those under way when the breaker opened.
				if now := calls.Hits + calls.Misses; now-asked > 100 {
					t.Errorf("Redis was asked %d times in 20,000 decisions", now-asked)
				}
				t.Logf("the slowest decision without Redis took %v", time.Duration(worst.Load()))
				began := time.Now()
				if how == "killed" {
					server.Start(t)
				} else {
					server.Thaw(t)
				}
				redistest.Eventually(t, "Redis is found again", func() bool { return log.count(found) >= 1 })
				t.Logf("found again after %v", time.Since(began))
				for _, o := range c.not {
					if n := outcomes[o].Load(); n > 0 {
						t.Errorf("%d requests were %s", n, o)
					}
				}
				if log.count(lost) != 1 || log.count(found) != 1 {
					t.Errorf("logged %d and %d times", log.count(lost), log.count(found))
				}
			})
		}
	}
}

func TestARouterStartsWithoutRedis(t *testing.T) {
	t.Parallel()
	server, log := redistest.Start(t), &journal{}
	server.Kill()
	l := run(t, Options{
		Rules:  []Rule{{Name: "r", Key: "address", Rate: 5, Per: time.Hour}},
		Redis:  RedisOptions{Addresses: []string{server.Address}},
		Logger: slog.New(slog.NewTextHandler(log, nil)),
	})
	redistest.Eventually(t, "the outage is known before any request", func() bool { return log.count(lost) == 1 })
	if got := admitted(l, from("192.0.2.1"), 1, 20); got != 5 {
		t.Errorf("admitted %d without Redis, want 5", got)
	}
	server.Start(t)
	redistest.Eventually(t, "Redis is found", func() bool { return log.count(found) == 1 })
	if got := admitted(l, from("192.0.2.1"), 1, 20); got != 5 || server.Do(t, "DBSIZE") != "1" {
		t.Errorf("admitted %d on Redis, want 5", got)
	}
}

func TestARedisThatRefusesIsAFailure(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--requirepass", "secret", "--protected-mode", "no")
	limited := func(password string) *Limiter {
		return run(t, Options{
			Rules: []Rule{{Name: "r", Key: "address", Rate: 5, Per: time.Hour}}, OnError: Deny, Timeout: redistest.Patience,
			Redis: RedisOptions{Addresses: []string{server.Address}, Password: password},
		})
	}
	if d := limited("wrong").Take(context.Background(), ByRequests, from("192.0.2.1"), 1); d.Outcome != Unavailable {
		t.Errorf("with a wrong password: %+v", d)
	}
	if d := limited("secret").Take(context.Background(), ByRequests, from("192.0.2.1"), 1); d.Outcome != Admitted {
		t.Errorf("with the password: %+v", d)
	}
}
