package ratelimit

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// TestSettle: what was not used comes back, what was used beyond is debited, and no bucket is fuller than its burst.
func TestSettle(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	for name, redis := range map[string]RedisOptions{"in the process": {}, "on Redis": {Addresses: []string{server.Address}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limiter, err := New(Options{Redis: redis, Timeout: time.Second, Rules: []Rule{
				{Name: "cost", Key: `header("x-user")`, By: ByCost, Rate: 100, Per: time.Hour},
			}})
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			ctx := t.Context()
			go func() {
				defer close(done)
				limiter.Run(ctx)
			}()
			t.Cleanup(func() {
				<-done
				if err := limiter.Close(); err != nil {
					t.Error(err)
				}
			})
			for i, c := range []struct{ estimated, actual, left int64 }{
				{90, 10, 90}, {10, 90, 10}, {10, 10, 90}, {60, 1000, 40}, {100, 0, 100},
			} {
				caller := &Caller{Header: http.Header{"X-User": {fmt.Sprintf("%s%d", name, i)}}}
				d := limiter.Take(ctx, ByCost, caller, c.estimated)
				if !d.Allowed() || d.Remaining != 100-c.estimated {
					t.Fatalf("%+v", d)
				}
				limiter.Settle(ctx, d, c.estimated, c.actual)
				if c.actual > 100 { // all tokens that there were are gone
					redistest.Eventually(t, "nothing is left", func() bool { return !limiter.Take(ctx, ByCost, caller, 1).Allowed() })
					continue
				}
				redistest.Eventually(t, "the correction is made", func() bool {
					probe := limiter.Take(ctx, ByCost, caller, 1)
					limiter.Settle(ctx, probe, 1, 0)
					return probe.Remaining == c.left-1
				})
			}
		})
	}
}

// TestHeadersSpeakOfTheNearestLimit: of several decisions on one request.
func TestHeadersSpeakOfTheNearestLimit(t *testing.T) {
	t.Parallel()
	wide := Decision{Outcome: Admitted, Rule: "wide", Limit: 1000, Remaining: 900, Reset: time.Second}
	narrow := Decision{Outcome: Admitted, Rule: "narrow", Limit: 10, Remaining: 1, Reset: time.Minute}
	refused := Decision{Outcome: Refused, Rule: "refused", Limit: 5, RetryAfter: time.Second, Reset: time.Second}
	for _, c := range []struct {
		decisions []Decision
		limit     string
	}{
		{[]Decision{wide, narrow}, "10"}, {[]Decision{narrow, wide}, "10"}, {[]Decision{wide, {Outcome: Admitted}}, "1000"},
		{[]Decision{narrow, refused}, "5"}, {[]Decision{refused, narrow}, "5"},
	} {
		h := http.Header{}
		for _, d := range c.decisions {
			d.WriteHeaders(h)
		}
		if got := h.Get("RateLimit-Limit"); got != c.limit {
			t.Errorf("%+v: got %s", c.decisions, got)
		}
	}
}
