package ratelimit

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// clock is a clock that stands still.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func from(address string) *Caller { return &Caller{Header: http.Header{}, Peer: address + ":1234"} }

func withClaims(claims map[string]any) *Caller {
	return &Caller{Header: http.Header{}, Peer: "192.0.2.1:1", Claims: claims, Authenticated: true}
}

// eachStore runs a test with buckets in the process and in Redis. Rules in it fill slowly, so that no token comes back
// during the test.
func eachStore(t *testing.T, test func(t *testing.T, limiter func(...Rule) *Limiter)) {
	t.Helper()
	t.Run("in the process", func(t *testing.T) {
		t.Parallel()
		test(t, func(rules ...Rule) *Limiter { return run(t, Options{Rules: rules}) })
	})
	t.Run("on Redis", func(t *testing.T) {
		t.Parallel()
		server := redistest.Start(t)
		test(t, func(rules ...Rule) *Limiter {
			return run(t, Options{Rules: rules, Redis: RedisOptions{Addresses: []string{server.Address}}, OnError: Deny, Timeout: redistest.Patience})
		})
	})
}

func admitted(l *Limiter, c *Caller, amount int64, times int) int {
	n := 0
	for range times {
		if l.Take(context.Background(), ByRequests, c, amount).Allowed() {
			n++
		}
	}
	return n
}

func TestABucketAdmitsItsBurstAndCallersHaveTheirOwn(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, limiter func(...Rule) *Limiter) {
		l := limiter(Rule{Name: "address", Key: "address", Rate: 5, Per: time.Hour, Burst: 7})
		for _, address := range []string{"192.0.2.1", "192.0.2.2"} {
			if got := admitted(l, from(address), 1, 20); got != 7 {
				t.Errorf("%s: admitted %d, want 7", address, got)
			}
		}
		d := l.Take(context.Background(), ByRequests, from("192.0.2.1"), 1)
		if d.Outcome != Refused || d.Rule != "address" || d.Limit != 7 || d.Remaining != 0 {
			t.Errorf("got %+v", d)
		}
		// The next token comes after a fifth of an hour, the bucket is full after seven of them.
		if d.RetryAfter < 11*time.Minute || d.RetryAfter > 12*time.Minute || d.Reset < 83*time.Minute || d.Reset > 84*time.Minute {
			t.Errorf("retry after %v, reset %v", d.RetryAfter, d.Reset)
		}
	})
}

func TestEachOperationOfABatchCounts(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, limiter func(...Rule) *Limiter) {
		l := limiter(Rule{Name: "r", Key: "address", Rate: 60, Per: time.Hour})
		d := l.Take(context.Background(), ByRequests, from("192.0.2.1"), 50)
		if !d.Allowed() || d.Remaining != 10 {
			t.Fatalf("the first batch: %+v", d)
		}
		if d = l.Take(context.Background(), ByRequests, from("192.0.2.1"), 50); d.Allowed() || d.Remaining != 10 || d.RetryAfter < 39*time.Minute {
			t.Errorf("the second batch: %+v", d)
		}
		if d = l.Take(context.Background(), ByRequests, from("192.0.2.1"), 61); d.Allowed() || d.RetryAfter >= 0 {
			t.Errorf("a batch that never fits: %+v", d)
		}
	})
}

func TestARefusalTakesNothingFromTheOtherRules(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, limiter func(...Rule) *Limiter) {
		l := limiter(
			Rule{Name: "wide", Key: `"all"`, Rate: 10, Per: time.Hour},
			Rule{Name: "narrow", Key: "address", Rate: 3, Per: time.Hour},
			Rule{Name: "watched", Key: `"all"`, Rate: 10, Per: time.Hour, Measure: true},
		)
		if got := admitted(l, from("192.0.2.1"), 1, 50); got != 3 {
			t.Errorf("the first caller: %d, want 3", got)
		}
		if got := admitted(l, from("192.0.2.2"), 1, 50) + admitted(l, from("192.0.2.3"), 1, 50) + admitted(l, from("192.0.2.4"), 1, 50); got != 7 {
			t.Errorf("the others: %d, want what is left of 10", got)
		}
	})
}

func TestRulesDebitRequestsOrCost(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, limiter func(...Rule) *Limiter) {
		l := limiter(Rule{Name: "cost", Key: "address", Rate: 1000, Per: time.Hour, By: ByCost})
		if d := l.Take(context.Background(), ByRequests, from("192.0.2.1"), 5000); d.Outcome != Admitted || d.Rule != "" {
			t.Errorf("requests: %+v", d)
		}
		if d := l.Take(context.Background(), ByCost, from("192.0.2.1"), 999); d.Outcome != Admitted || d.Remaining != 1 {
			t.Errorf("cost: %+v", d)
		}
		if d := l.Take(context.Background(), ByCost, from("192.0.2.1"), 0); d.Outcome != Admitted {
			t.Errorf("no cost: %+v", d)
		}
		if d := l.Take(context.Background(), ByCost, from("192.0.2.1"), 2); d.Outcome != Refused {
			t.Errorf("too much: %+v", d)
		}
	})
}

func TestOverridesAndKeysReadTheCaller(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, limiter func(...Rule) *Limiter) {
		l := limiter(Rule{
			Name: "user", Key: "claims.sub ?? address", Rate: 2, Per: time.Hour,
			Overrides: []Override{{When: `claims.tier == "gold"`, Rate: 20}, {When: `"admin" in scopes`, Rate: 30, Burst: 40}},
		})
		gold := withClaims(map[string]any{"sub": "g", "tier": "gold"})
		admin := withClaims(map[string]any{"sub": "a"})
		admin.Scopes = []string{"admin"}
		for _, c := range []struct {
			name   string
			caller *Caller
			want   int
		}{
			{"plain", withClaims(map[string]any{"sub": "p"}), 2},
			{"another", withClaims(map[string]any{"sub": "q"}), 2},
			{"gold", gold, 20},
			{"admin", admin, 40},
			{"anonymous", from("192.0.2.9"), 2},
		} {
			if got := admitted(l, c.caller, 1, 50); got != c.want {
				t.Errorf("%s: %d, want %d", c.name, got, c.want)
			}
		}
	})
}

func TestMeasuringRulesRefuseNobody(t *testing.T) {
	t.Parallel()
	seen := map[Outcome]int{}
	l := run(t, Options{
		Rules:   []Rule{{Name: "m", Key: "address", Rate: 4, Per: time.Hour, Measure: true}},
		Observe: func(_ string, o Outcome) { seen[o]++ },
	})
	if got := admitted(l, from("192.0.2.1"), 1, 10); got != 10 {
		t.Errorf("admitted %d, want all 10", got)
	}
	if seen[Admitted] != 4 || seen[Over] != 6 {
		t.Errorf("observed %v", seen)
	}
	header := http.Header{}
	l.Take(context.Background(), ByRequests, from("192.0.2.1"), 1).WriteHeaders(header)
	if len(header) != 0 {
		t.Errorf("clients see %v of a limit that is only measured", header)
	}
}

func TestTokensComeBackWithTime(t *testing.T) {
	t.Parallel()
	c := newClock()
	l := run(t, Options{Rules: []Rule{{Name: "r", Key: "address", Rate: 4, Per: time.Second, Burst: 5}}, Now: c.Now})
	for window := range 5 {
		want := 4
		if window == 0 {
			want = 5
		}
		if got := admitted(l, from("192.0.2.1"), 1, 20); got != want {
			t.Errorf("second %d: admitted %d, want %d", window, got, want)
		}
		d := l.Take(context.Background(), ByRequests, from("192.0.2.1"), 1)
		c.advance(d.RetryAfter - time.Microsecond)
		if admitted(l, from("192.0.2.1"), 1, 1) != 0 {
			t.Error("admitted before Retry-After")
		}
		c.advance(time.Second - d.RetryAfter + time.Microsecond)
	}
}

func TestBucketsInTheProcessAreBounded(t *testing.T) {
	t.Parallel()
	l := run(t, Options{Rules: []Rule{{Name: "r", Key: "address", Rate: 1, Per: time.Hour}}, LocalKeys: 100})
	for i := range 1000 {
		admitted(l, from(fmt.Sprintf("10.0.%d.%d", i/250, i%250)), 1, 1)
	}
	if got := l.local.buckets.Len(); got != 100 {
		t.Errorf("%d buckets are kept, want 100", got)
	}
}

func TestScriptsThatRedisForgotAreSentAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	l := run(t, Options{Rules: []Rule{{Name: "r", Key: "address", Rate: 3, Per: time.Hour}}, Redis: RedisOptions{Addresses: []string{server.Address}}, OnError: Deny, Timeout: redistest.Patience})
	got := admitted(l, from("192.0.2.1"), 1, 2)
	server.Do(t, "SCRIPT", "FLUSH")
	if got += admitted(l, from("192.0.2.1"), 1, 5); got != 3 {
		t.Errorf("admitted %d, want 3", got)
	}
}

func TestFullBucketsLeaveNothingInRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	l := run(t, Options{Rules: []Rule{{Name: "r", Key: "address", Rate: 100, Per: time.Second}}, Redis: RedisOptions{Addresses: []string{server.Address}}, OnError: Deny, Timeout: redistest.Patience})
	admitted(l, from("192.0.2.1"), 10, 1)
	redistest.Eventually(t, "the key expires", func() bool { return server.Do(t, "DBSIZE") == "0" })
}

func TestMistakesInOptionsAreAllNamed(t *testing.T) {
	t.Parallel()
	_, err := New(Options{
		OnError: "panic", TrustedProxies: []string{"10.0.0.0/99"},
		Rules: []Rule{
			{Name: "a b", Key: "claims.", Rate: 0, Per: time.Second, By: "weight", Lease: -1},
			{Name: "x", Key: "address", Rate: 1e9, Per: time.Second},
			{Name: "x", Key: "nothing", Rate: 1, Per: time.Second, Overrides: []Override{{When: "1 + 1", Rate: -1}}},
		},
	})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		`rule 1 (a b): needs a name`, `rule 1 (a b): key is not an expression`, `rule 1 (a b): needs a positive rate`, `by is "weight"`, `lease cannot be negative`,
		`rule 2 (x): allows more than a million`, `rule 3 (x): needs a name of its own`, `rule 3 (x): key is not`, `rule 3 (x): override 1: when is not`,
		`rule 3 (x): override 1: needs a positive`, `on_error is "panic"`, `"10.0.0.0/99" is neither`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

func TestRefusalsSayWhenToComeBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		decision Decision
		status   int
		code     string
		headers  string
	}{
		{"admitted", Decision{Outcome: Admitted, Rule: "r", Limit: 10, Remaining: 4, Reset: 1500 * time.Millisecond}, 200, "", "10 4 2 "},
		{"refused", Decision{Outcome: Refused, Rule: "r", Limit: 10, Reset: 9 * time.Second, RetryAfter: time.Millisecond}, 429, "REQUEST_RATE_LIMITED", "10 0 9 1"},
		{"never", Decision{Outcome: Refused, Rule: "r", Limit: 10, RetryAfter: -1}, 429, "REQUEST_RATE_LIMITED", "10 0 0 "},
		{"unavailable", Decision{Outcome: Unavailable}, 503, "SERVICE_OVERLOADED", "   1"},
		{"unlimited", Decision{Outcome: Unlimited}, 200, "", "   "},
	} {
		h := http.Header{}
		c.decision.WriteHeaders(h)
		err, status := c.decision.Err()
		code := ""
		if err != nil {
			code = string(err.Code)
		}
		headers := strings.Join([]string{h.Get("RateLimit-Limit"), h.Get("RateLimit-Remaining"), h.Get("RateLimit-Reset"), h.Get("Retry-After")}, " ")
		if status != c.status || code != c.code || headers != c.headers || c.decision.Allowed() != (err == nil) {
			t.Errorf("%s: %d %q %q", c.name, status, code, headers)
		}
	}
}
