package traffic

import (
	"context"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func hedging() Settings {
	return Settings{Hedge: Hedge{Enabled: true, Delay: 100 * time.Millisecond}, Budget: Budget{Share: 0.2, Burst: 5}}
}

// answersAfter answers the n-th call after the n-th time, unless it is cancelled.
func answersAfter(cancelled *int, times ...time.Duration) *subgraph {
	return &subgraph{handle: func(ctx context.Context, n int) (exec.Answer, error) {
		select {
		case <-time.After(times[n-1]):
			return exec.Answer{Status: 200 + n}, nil
		case <-ctx.Done():
			*cancelled++
			return exec.Answer{}, &exec.FetchError{Code: exec.CodeUnreachable, Err: ctx.Err()}
		}
	}}
}

func TestHedges(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, test := range []struct {
		name      string
		kind      plan.Kind
		times     []time.Duration
		calls     int64
		status    int
		cancelled int
		took      time.Duration
		won       int64
	}{
		{"a fast answer", plan.Query, []time.Duration{50 * ms}, 1, 201, 0, 50 * ms, 0},
		{"the second is first", plan.Query, []time.Duration{time.Second, 50 * ms}, 2, 202, 1, 150 * ms, 1},
		{"the first is first", plan.Query, []time.Duration{150 * ms, time.Second}, 2, 201, 1, 150 * ms, 0},
		{"both at once", plan.Query, []time.Duration{150 * ms, 50 * ms}, 2, 0, -1, 150 * ms, -1},
		{"a mutation", plan.Mutation, []time.Duration{time.Second}, 1, 201, 0, time.Second, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			bubble.Test(t, func(t *testing.T) {
				cancelled := 0
				s := answersAfter(&cancelled, test.times...)
				c := controller(s, hedging())
				began := time.Now()
				code, status := fetch(t.Context(), c, test.kind)
				if code != "" || status != test.status && test.status != 0 || s.calls.Load() != test.calls || time.Since(began) != test.took {
					t.Errorf("%s %d, %d calls, %v", code, status, s.calls.Load(), time.Since(began))
				}
				if test.cancelled >= 0 && cancelled != test.cancelled {
					t.Errorf("%d were cancelled", cancelled)
				}
				if got := stats(t, c); got.Events[Hedged] != test.calls-1 || test.won >= 0 && got.Events[HedgeWon] != test.won || got.InFlight != 0 {
					t.Errorf("stats %+v", got)
				}
				s.unused(t)
			})
		})
	}
}

// TestAHedgeHelpsAgainstFailure: when the first fails after the second was sent, the second counts.
func TestAHedgeHelpsAgainstFailure(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(_ context.Context, n int) (exec.Answer, error) {
			<-time.After(200 * time.Millisecond)
			if n == 1 {
				return exec.Answer{}, failed(exec.CodeUnreachable, 0)
			}
			return fine, nil
		}}
		if code, _ := fetch(t.Context(), controller(s, hedging()), plan.Query); code != "" || s.calls.Load() != 2 {
			t.Errorf("%s after %d calls", code, s.calls.Load())
		}
		s.unused(t)
	})
}

func TestHedgesHaveTheBudget(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) {
			<-time.After(time.Second)
			return fine, nil
		}}
		c := controller(s, hedging())
		for range 100 {
			fetch(t.Context(), c, plan.Query)
		}
		if got := stats(t, c); got.Events[Hedged] > 25 || got.Events[Hedged] < 20 || got.Events[BudgetDenied] != 100-got.Events[Hedged] {
			t.Errorf("stats %+v", got)
		}
		s.unused(t)
	})
}

// TestAHedgeThatPanics fails alone.
func TestAHedgeThatPanics(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(_ context.Context, n int) (exec.Answer, error) {
			if n == 2 {
				panic("no")
			}
			<-time.After(time.Second)
			return fine, nil
		}}
		if code, _ := fetch(t.Context(), controller(s, hedging()), plan.Query); code != "" {
			t.Errorf("got %s", code)
		}
	})
}

func TestHedgesByPercentile(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(ctx context.Context, n int) (exec.Answer, error) {
			latency := 10 * time.Millisecond
			if n%20 == 0 {
				latency = 500 * time.Millisecond
			}
			select {
			case <-time.After(latency):
				return fine, nil
			case <-ctx.Done():
				return exec.Answer{}, &exec.FetchError{Code: exec.CodeUnreachable, Err: ctx.Err()}
			}
		}}
		settings := hedging()
		settings.Hedge = Hedge{Enabled: true, Percentile: 90, MinDelay: time.Millisecond}
		c := controller(s, settings)
		for range 30 {
			fetch(t.Context(), c, plan.Query)
		}
		if got := stats(t, c); got.Events[Hedged] != 0 {
			t.Errorf("%d hedges before the latency is known", got.Events[Hedged])
		}
		var slowest time.Duration
		for i := range 300 {
			began := time.Now()
			fetch(t.Context(), c, plan.Query)
			if i > 10 {
				slowest = max(slowest, time.Since(began))
			}
		}
		if got := stats(t, c); got.Events[HedgeWon] < 10 || slowest > 30*time.Millisecond {
			t.Errorf("slowest %v, %+v", slowest, got)
		}
	})
}

func TestLatencyBuckets(t *testing.T) {
	t.Parallel()
	last := -1
	for _, us := range []uint64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 15, 16, 100, 1000, 12345, 1e6, 3e7} {
		b := bucketOf(us)
		if b < last || us >= bucketEnd(b) || b > 0 && us < bucketEnd(b-1) {
			t.Errorf("%d µs is in bucket %d, which ends at %d", us, b, bucketEnd(b))
		}
		last = b
	}
	if bucketOf(1<<63) != 159 {
		t.Error("the longest duration has no bucket")
	}
	l := &latency{quantile: 0.95}
	for i := range 10 * fadeAt {
		l.observe(time.Duration(1+i%100) * time.Millisecond)
	}
	if d, ok := l.value(); !ok || d < 90*time.Millisecond || d > 125*time.Millisecond {
		t.Errorf("the 95th percentile of 1 to 100 ms is %v", d)
	}
}
