package traffic

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/routertest/bubble"
)

func breaking() Settings {
	return Settings{Breaker: Breaker{Enabled: true, FailureRate: 0.5, MinRequests: 10, Window: 10 * time.Second, Open: time.Second, Probes: 1}}
}

func TestWhatOpensTheCircuit(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		err   error
		reply exec.Answer
		opens bool
	}{
		{"no connection", failed(exec.CodeUnreachable, 0), exec.Answer{}, true},
		{"time-outs", failed(exec.CodeTimeout, 0), exec.Answer{}, true},
		{"status 500", failed(exec.CodeHTTP, 500), exec.Answer{}, true},
		{"answers that are not HTTP", failed(exec.CodeMalformed, 0), exec.Answer{}, true},
		{"status 503 with JSON", nil, exec.Answer{Status: 503, Body: []byte(`{}`)}, true},
		{"status 404", failed(exec.CodeHTTP, 404), exec.Answer{}, false},
		{"status 429", failed(exec.CodeHTTP, 429), exec.Answer{}, false},
		{"GraphQL errors", nil, exec.Answer{Status: 200, Body: []byte(`{"errors":[{"message":"no"}]}`)}, false},
		{"GraphQL errors with status 500", nil, exec.Answer{Status: 500, Body: []byte(`{"errors":[{"message":"no"}]}`)}, false},
		{"large answers", failed(exec.CodeTooLarge, 0), exec.Answer{}, false},
		{"clients that go", &exec.FetchError{Code: exec.CodeUnreachable, Err: context.Canceled}, exec.Answer{}, false},
		{"requests without time", failed(exec.CodeRequestTimeout, 0), exec.Answer{}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) { return test.reply, test.err }}
			c := controller(s, breaking())
			for range 20 {
				fetch(t.Context(), c, plan.Query)
			}
			want := int64(20)
			if test.opens {
				want = 10
			}
			if got := stats(t, c); s.calls.Load() != want || (got.State == Open) != test.opens || got.Events[CircuitRefused] != 20-want {
				t.Errorf("%d calls, %+v", s.calls.Load(), got)
			}
			s.unused(t)
		})
	}
}

// TestASubgraphThatHangsIsLeftAlone even where requests have less time than fetches.
func TestASubgraphThatHangsIsLeftAlone(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		s := &subgraph{handle: func(ctx context.Context, _ int) (exec.Answer, error) {
			<-ctx.Done()
			return exec.Answer{}, failed(exec.CodeRequestTimeout, 0)
		}}
		c := controller(s, breaking())
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				if code, _ := fetch(ctx, c, plan.Query); code != exec.CodeRequestTimeout {
					t.Errorf("got %s", code)
				}
			})
		}
		group.Wait()
		if code, _ := fetch(t.Context(), c, plan.Query); code != CodeCircuitOpen {
			t.Errorf("got %s", code)
		}
	})
}

func TestProbes(t *testing.T) {
	t.Parallel()
	bubble.Test(t, func(t *testing.T) {
		isDown := true
		s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) {
			if isDown {
				return exec.Answer{}, failed(exec.CodeUnreachable, 0)
			}
			return fine, nil
		}}
		var log bytes.Buffer
		c := New(s, slog.New(slog.NewTextHandler(&log, nil)), nil)
		c.SetSubgraphs(map[string]Settings{"s": breaking()})
		for range 10 {
			fetch(t.Context(), c, plan.Query)
		}
		// Ten seconds with 100 fetches each: at most one a second gets through, the others fail without waiting.
		s.calls.Store(0)
		began := time.Now()
		for range 10 {
			for range 100 {
				_, err := c.Fetch(t.Context(), request(plan.Query))
				if code := codeOf(err); code != CodeCircuitOpen && code != exec.CodeUnreachable {
					t.Fatalf("got %s", code)
				}
				if codeOf(err) == CodeCircuitOpen && !strings.Contains(err.Error(), `"s"`) {
					t.Fatalf("the message names no subgraph: %v", err)
				}
			}
			<-time.After(time.Second + time.Nanosecond)
		}
		if s.calls.Load() > 10 || time.Since(began) > 10*(time.Second+time.Nanosecond) {
			t.Errorf("%d calls in %v", s.calls.Load(), time.Since(began))
		}
		isDown = false
		if code, _ := fetch(t.Context(), c, plan.Query); code != "" || stats(t, c).State != Closed {
			t.Errorf("after the recovery: %s", code)
		}
		for _, line := range []string{"level=WARN msg=\"circuit breaker\" subgraph=s from=closed to=open", "from=half-open to=closed"} {
			if !strings.Contains(log.String(), line) {
				t.Errorf("the log lacks %s:\n%s", line, log.String())
			}
		}
	})
}

// TestStateSurvives a change of the supergraph that does not concern the subgraph.
func TestStateSurvives(t *testing.T) {
	t.Parallel()
	s := &subgraph{handle: func(context.Context, int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeUnreachable, 0) }}
	c := controller(s, breaking())
	for range 10 {
		fetch(t.Context(), c, plan.Query)
	}
	c.SetSubgraphs(map[string]Settings{"s": breaking(), "other": retries()})
	if code, _ := fetch(t.Context(), c, plan.Query); code != CodeCircuitOpen {
		t.Errorf("got %s", code)
	}
	if all := c.Stats(); len(all) != 2 || all[0].Subgraph != "other" {
		t.Errorf("got %+v", all)
	}
	changed := breaking()
	changed.Breaker.Open = time.Minute
	c.SetSubgraphs(map[string]Settings{"s": changed})
	if code, _ := fetch(t.Context(), c, plan.Query); code != exec.CodeUnreachable {
		t.Errorf("got %s", code)
	}
}

// streams answers every subscription with nothing.
type streams struct{ subgraph }

func (s *streams) Stream(context.Context, *exec.FetchRequest, func(exec.Answer) error) error {
	s.calls.Add(1)
	return nil
}

func TestNoStreamStartsWhileTheCircuitIsOpen(t *testing.T) {
	t.Parallel()
	s := &streams{}
	s.handle = func(context.Context, int) (exec.Answer, error) { return exec.Answer{}, failed(exec.CodeUnreachable, 0) }
	c := controller(s, breaking())
	if err := c.Stream(t.Context(), request(plan.Subscription), nil); err != nil || s.calls.Load() != 1 {
		t.Errorf("got %v", err)
	}
	for range 10 {
		fetch(t.Context(), c, plan.Query)
	}
	if err := c.Stream(t.Context(), request(plan.Subscription), nil); codeOf(err) != CodeCircuitOpen {
		t.Errorf("got %v", err)
	}
	if err := controller(&s.subgraph, breaking()).Stream(t.Context(), request(plan.Subscription), nil); codeOf(err) != exec.CodeInternal {
		t.Errorf("got %v", err)
	}
}
