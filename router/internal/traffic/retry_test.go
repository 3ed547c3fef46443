package traffic

import (
	"context"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	unreachable := failed(exec.CodeUnreachable, 0)
	for _, test := range []struct {
		name    string
		kind    plan.Kind
		outcome func(number int) (exec.Answer, error)
		calls   int64
		code    string
		status  int
	}{
		{"an answer", plan.Query, func(int) (exec.Answer, error) { return fine, nil }, 1, "", 200},
		{"a query that fails once", plan.Query, func(n int) (exec.Answer, error) {
			if n == 1 {
				return exec.Answer{}, unreachable
			}
			return fine, nil
		}, 2, "", 200},
		{"a query that always fails", plan.Query, func(int) (exec.Answer, error) { return exec.Answer{}, unreachable }, 3, exec.CodeUnreachable, 0},
		{"a mutation", plan.Mutation, func(int) (exec.Answer, error) { return exec.Answer{}, unreachable }, 1, exec.CodeUnreachable, 0},
		{"a status that is listed", plan.Query, func(int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeHTTP, 503) }, 3, exec.CodeHTTP, 503},
		{"a status that is not", plan.Query, func(int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeHTTP, 500) }, 1, exec.CodeHTTP, 500},
		{"a listed status with a body in JSON", plan.Query, func(n int) (exec.Answer, error) {
			if n < 3 {
				return exec.Answer{Body: []byte(`{}`), Status: 503}, nil
			}
			return fine, nil
		}, 3, "", 200},
		{"the last of such answers is kept", plan.Query, func(int) (exec.Answer, error) {
			return exec.Answer{Body: []byte(`{}`), Status: 503}, nil
		}, 3, "", 503},
		{"an answer that is too large", plan.Query, func(int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeTooLarge, 0) }, 1, exec.CodeTooLarge, 0},
		{"the request's own deadline", plan.Query, func(int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeRequestTimeout, 0) }, 1, exec.CodeRequestTimeout, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				s := &subgraph{handle: func(_ context.Context, n int) (exec.Answer, error) { return test.outcome(n) }}
				c := controller(s, retries())
				code, status := fetch(t.Context(), c, test.kind)
				if code != test.code || status != test.status || s.calls.Load() != test.calls {
					t.Errorf("got %q, status %d after %d calls", code, status, s.calls.Load())
				}
				if got := stats(t, c); got.Events[Retried] != test.calls-1 || got.InFlight != 0 {
					t.Errorf("stats %+v", got)
				}
				s.unused(t)
			})
		})
	}
}

func TestWaitsGrowAndAreRandom(t *testing.T) {
	t.Parallel()
	l := &lane{settings: Settings{Retry: Retry{Backoff: 100 * time.Millisecond, MaxBackoff: 350 * time.Millisecond}}}
	for tries, bound := range map[int]time.Duration{1: 100, 2: 200, 3: 350, 40: 350, 80: 350} {
		bound *= time.Millisecond
		low, high := bound, time.Duration(0)
		for range 500 {
			wait, ok := l.backoff(tries, exec.Answer{}, nil)
			if !ok || wait < 0 || wait >= bound {
				t.Fatalf("try %d waits %v", tries, wait)
			}
			low, high = min(low, wait), max(high, wait)
		}
		if low > bound/4 || high < bound*3/4 {
			t.Errorf("try %d waits %v to %v of %v", tries, low, high, bound)
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		answer exec.Answer
		err    error
		least  time.Duration
		calls  int64
	}{
		{"in a failure", exec.Answer{}, &exec.FetchError{Code: exec.CodeHTTP, Status: 503, RetryAfter: time.Second}, time.Second, 3},
		{"in an answer", exec.Answer{Status: 429, Header: []byte("retry-after: 2\r\n")}, nil, 2 * time.Second, 3},
		{"too long", exec.Answer{}, &exec.FetchError{Code: exec.CodeHTTP, Status: 503, RetryAfter: 3 * time.Second}, 0, 1},
		{"too long in an answer", exec.Answer{Status: 429, Header: []byte("A: b\r\nRetry-After: 3600\r\n")}, nil, 0, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) { return test.answer, test.err }}
				c := controller(s, retries())
				fetch(t.Context(), c, plan.Query)
				at := s.at()
				if s.calls.Load() != test.calls {
					t.Fatalf("%d calls", s.calls.Load())
				}
				for i := 1; i < len(at); i++ {
					if at[i]-at[i-1] < test.least {
						t.Errorf("calls at %v", at)
					}
				}
				s.unused(t)
			})
		})
	}
}

// TestBudget: however many fetches fail, retries are at most a fifth of them, and the burst.
func TestBudget(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeUnreachable, 0) }}
		settings := retries()
		settings.Budget = Budget{Share: 0.2, Burst: 10}
		c := controller(s, settings)
		const fetches = 1000
		done := make(chan struct{})
		for range 10 {
			go func() {
				for range fetches / 10 {
					fetch(t.Context(), c, plan.Query)
				}
				done <- struct{}{}
			}()
		}
		for range 10 {
			<-done
		}
		got := stats(t, c)
		if got.Events[Retried] > fetches/5+10 || got.Events[Retried] < fetches/5-10 || s.calls.Load() != fetches+got.Events[Retried] || got.Events[BudgetDenied] == 0 {
			t.Errorf("%d calls, %+v", s.calls.Load(), got)
		}
	})
}

func TestRetriesEndWithTheTime(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context, _ int) (exec.Answer, error) {
		select {
		case <-time.After(400 * time.Millisecond):
			return exec.Answer{}, failed(exec.CodeUnreachable, 0)
		case <-ctx.Done():
			return exec.Answer{}, failed(exec.CodeRequestTimeout, 0)
		}
	}
	t.Run("of the request", func(t *testing.T) {
		t.Parallel()
		bubble.Test(t, func(t *testing.T) {
			s := &subgraph{handle: slow}
			settings := retries()
			settings.Retry.Max = 100
			began := time.Now()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			code, _ := fetch(ctx, controller(s, settings), plan.Query)
			if time.Since(began) > time.Second || s.calls.Load() > 3 || code != exec.CodeRequestTimeout && code != exec.CodeUnreachable {
				t.Errorf("%s after %v and %d calls", code, time.Since(began), s.calls.Load())
			}
		})
	})
	t.Run("of the fetch", func(t *testing.T) {
		t.Parallel()
		bubble.Test(t, func(t *testing.T) {
			s := &subgraph{handle: slow}
			settings := retries()
			settings.Retry.Max, settings.Timeout = 100, time.Second
			began := time.Now()
			code, _ := fetch(t.Context(), controller(s, settings), plan.Query)
			if time.Since(began) > time.Second || s.calls.Load() > 3 || code != exec.CodeTimeout && code != exec.CodeUnreachable {
				t.Errorf("%s after %v and %d calls", code, time.Since(began), s.calls.Load())
			}
		})
	})
	t.Run("when the client goes", func(t *testing.T) {
		t.Parallel()
		bubble.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) {
				return exec.Answer{}, &exec.FetchError{Code: exec.CodeUnreachable, RetryAfter: time.Second}
			}}
			time.AfterFunc(500*time.Millisecond, cancel)
			began := time.Now()
			fetch(ctx, controller(s, retries()), plan.Query)
			if s.calls.Load() != 1 || time.Since(began) != 500*time.Millisecond {
				t.Errorf("%d calls, %v", s.calls.Load(), time.Since(began))
			}
		})
	})
}

// TestTryTimeout: a try that takes too long is the subgraph's fault, and is made again.
func TestTryTimeout(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(ctx context.Context, n int) (exec.Answer, error) {
			if n == 3 {
				return fine, nil
			}
			<-ctx.Done()
			return exec.Answer{}, failed(exec.CodeRequestTimeout, 0) // as a Fetcher says it that knows only one deadline
		}}
		settings := retries()
		settings.Retry.TryTimeout, settings.Timeout = 300*time.Millisecond, 10*time.Second
		c := controller(s, settings)
		if code, _ := fetch(t.Context(), c, plan.Query); code != "" || s.calls.Load() != 3 {
			t.Errorf("%s after %d calls", code, s.calls.Load())
		}
		settings.Retry.Max = 1
		s.calls.Store(0)
		c.SetSubgraphs(map[string]Settings{"s": settings})
		_, err := c.Fetch(t.Context(), request(plan.Query))
		if codeOf(err) != exec.CodeTimeout || err.Error() != `Subgraph "s" did not answer within 300ms.` {
			t.Errorf("got %v", err)
		}
	})
}

func TestNothingIsSentToASubgraphWhoseSettingsAreOff(t *testing.T) {
	t.Parallel()
	s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeUnreachable, 0) }}
	c := controller(s, Settings{Timeout: time.Second})
	if code, _ := fetch(t.Context(), c, plan.Query); code != exec.CodeUnreachable || s.calls.Load() != 1 || len(c.Stats()) != 0 {
		t.Errorf("%s, %d calls", code, s.calls.Load())
	}
}
