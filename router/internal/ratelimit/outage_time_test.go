package ratelimit

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

// stage stands between the client and a Redis that is not there, so that a test knows by a clock of its own how long
// everything takes.
type stage struct {
	state atomic.Int32
	asked atomic.Int64 // decisions and probes that it answered
}

const (
	up      = iota // it answers at once
	refuses        // nobody listens
	hangs          // it takes what is sent and says nothing
)

var errRefused = errors.New("connection refused")

// DialHook implements redis.Hook.
func (s *stage) DialHook(redis.DialHook) redis.DialHook {
	return func(context.Context, string, string) (net.Conn, error) {
		if s.state.Load() == refuses {
			return nil, errRefused
		}
		ours, theirs := net.Pipe()
		go func() {
			_, _ = io.Copy(io.Discard, theirs) // until the client closes
			_ = theirs.Close()
		}()
		return ours, nil
	}
}

// ProcessHook implements redis.Hook.
func (s *stage) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, c redis.Cmder) error {
		if s.state.Load() != up {
			return next(ctx, c)
		}
		s.asked.Add(1)
		c.(*redis.Cmd).SetVal([]any{int64(1), int64(9), int64(0), int64(0)}) // granted, remaining, retry, reset
		return nil
	}
}

// ProcessPipelineHook implements redis.Hook.
func (s *stage) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

// started is a time outside of bubbles, whose clocks begin in the year 2000.
var started = time.Now()

// bubbleTime is a clock that goes on from started as the bubble's does.
func bubbleTime() func() time.Time {
	began := time.Now()
	return func() time.Time { return started.Add(time.Since(began)) }
}

// closeAll closes a limiter and lets the client's goroutines see that: they look once a second.
func closeAll(t *testing.T, l *Limiter) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	<-time.After(2 * time.Second)
}

// TestWhatAnOutageCostsInTime: the requests that find it out wait for the timeout at most, those after it for nothing at all,
// also while the limiter looks whether Redis is back; and it returns to Redis soon.
func TestWhatAnOutageCostsInTime(t *testing.T) {
	t.Parallel()
	const (
		timeout = 50 * time.Millisecond
		added   = 5 * time.Millisecond // the most that a request may wait once the outage is known
		back    = 5 * time.Second      // the most until Redis decides again
	)
	for name, outage := range map[string]int32{"refuses": refuses, "hangs": hangs} {
		for _, mode := range []OnError{Allow, Local} {
			t.Run(name+" "+string(mode), func(t *testing.T) {
				t.Parallel()
				bubble.Test(t, func(t *testing.T) {
					s, log := &stage{}, &journal{}
					l, err := New(Options{
						Rules: []Rule{{Name: "r", Key: "address", Rate: 1_000_000, Per: time.Second}}, OnError: mode, Timeout: timeout, Now: bubbleTime(),
						Redis: RedisOptions{Addresses: []string{"redis:6379"}}, Logger: slog.New(slog.NewTextHandler(log, nil)),
					})
					if err != nil {
						t.Fatal(err)
					}
					l.redis.client.AddHook(s)
					ctx, cancel := context.WithCancel(context.Background())
					var owned sync.WaitGroup
					owned.Go(func() { l.Run(ctx) })
					defer func() {
						cancel()
						owned.Wait()
						closeAll(t, l)
					}()
					bubble.Wait() // it has found Redis
					take := func() time.Duration {
						began := time.Now()
						if d := l.Take(ctx, ByRequests, from("192.0.2.1"), 1); !d.Allowed() {
							t.Errorf("%+v", d)
						}
						return time.Since(began)
					}
					if took := take(); took > 0 || s.asked.Load() != 2 {
						t.Fatalf("with Redis: %v, asked %d times", took, s.asked.Load())
					}

					s.state.Store(outage)
					for range failuresInARow {
						if took := take(); took > timeout {
							t.Errorf("a request that finds it out waits %v", took)
						}
					}
					if log.count(lost) != 1 {
						t.Fatal("the outage is not known")
					}
					for range 6000 { // a minute
						if took := take(); took >= added {
							t.Fatalf("a request during the outage waits %v", took)
						}
						<-time.After(10 * time.Millisecond)
					}

					s.state.Store(up)
					before, began := s.asked.Load(), time.Now()
					for log.count(found) == 0 {
						if took := take(); took >= added {
							t.Fatalf("a request waits %v", took)
						}
						<-time.After(10 * time.Millisecond)
					}
					if took := time.Since(began); took > back {
						t.Errorf("it took %v to return to Redis", took)
					}
					probes := s.asked.Load()
					if take(); probes == before || s.asked.Load() != probes+1 {
						t.Error("Redis does not decide")
					}
				})
			})
		}
	}
}

// TestManyFindAnOutageOut together: none of them waits longer than the timeout.
func TestManyFindAnOutageOut(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		const timeout = 50 * time.Millisecond
		s := &stage{}
		s.state.Store(hangs)
		l, err := New(Options{
			Rules: []Rule{{Name: "r", Key: "address", Rate: 1_000_000, Per: time.Second}}, Timeout: timeout, Now: bubbleTime(),
			Redis: RedisOptions{Addresses: []string{"redis:6379"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		l.redis.client.AddHook(s)
		began := time.Now()
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if d := l.Take(context.Background(), ByRequests, from("192.0.2.1"), 1); !d.Allowed() {
					t.Errorf("%+v", d)
				}
				if took := time.Since(began); took > timeout {
					t.Errorf("a request waits %v", took)
				}
			})
		}
		all.Wait()
		closeAll(t, l)
	})
}
