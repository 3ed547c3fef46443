package traffic

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// subgraph is a Fetcher for tests: it counts, and checks that every answer it gave is given back once.
type subgraph struct {
	handle func(ctx context.Context, number int) (exec.Answer, error)

	calls              atomic.Int64
	inFlight, most     atomic.Int64
	answered, released atomic.Int64
	mu                 sync.Mutex
	times              []time.Time
}

func (s *subgraph) Fetch(ctx context.Context, _ *exec.FetchRequest) (exec.Answer, error) {
	now := s.inFlight.Add(1)
	defer s.inFlight.Add(-1)
	for most := s.most.Load(); now > most && !s.most.CompareAndSwap(most, now); most = s.most.Load() {
	}
	s.mu.Lock()
	s.times = append(s.times, time.Now())
	s.mu.Unlock()
	answer, err := s.handle(ctx, int(s.calls.Add(1)))
	if err == nil {
		s.answered.Add(1)
		var once atomic.Bool
		answer.Release = func() {
			if !once.CompareAndSwap(false, true) {
				panic("released twice")
			}
			s.released.Add(1)
		}
	}
	return answer, err
}

// at gives when each call came, after the first.
func (s *subgraph) at() []time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]time.Duration, len(s.times))
	for i, t := range s.times {
		all[i] = t.Sub(s.times[0])
	}
	return all
}

// unused checks that no answer is kept.
func (s *subgraph) unused(t *testing.T) {
	t.Helper()
	if s.answered.Load() != s.released.Load() {
		t.Errorf("%d answers, %d were given back", s.answered.Load(), s.released.Load())
	}
}

// controller is one for the subgraph "s".
func controller(s exec.Fetcher, settings Settings) *Controller {
	c := New(s, slog.New(slog.DiscardHandler), nil)
	c.SetSubgraphs(map[string]Settings{"s": settings})
	return c
}

func request(kind plan.Kind) *exec.FetchRequest {
	return &exec.FetchRequest{Fetch: &plan.Fetch{Subgraph: "s", Kind: kind}, Body: []byte(`{"query":"{a}"}`), HasHeader: true}
}

// fetch makes a query and gives the code of its failure, or "" and the answer's status.
func fetch(ctx context.Context, c *Controller, kind plan.Kind) (code string, status int) {
	answer, err := c.Fetch(ctx, request(kind))
	if err != nil {
		var failure *exec.FetchError
		if !errors.As(err, &failure) {
			return err.Error(), 0
		}
		return failure.Code, failure.Status
	}
	release(answer)
	return "", answer.Status
}

func failed(code string, status int) error {
	return &exec.FetchError{Code: code, Status: status, Message: code}
}

var fine = exec.Answer{Body: []byte(`{"data":{}}`), Status: 200}

// retries are settings with two retries and nothing else.
func retries() Settings {
	return Settings{
		Retry: Retry{
			Max: 2, Backoff: 100 * time.Millisecond, MaxBackoff: time.Second, MaxRetryAfter: 2 * time.Second,
			Statuses: []int{429, 503}, Codes: []string{exec.CodeUnreachable, exec.CodeTimeout},
		},
		Budget: Budget{Share: 0.2, Burst: 1000},
	}
}

func stats(t *testing.T, c *Controller) Stats {
	t.Helper()
	all := c.Stats()
	if len(all) != 1 {
		t.Fatalf("%d subgraphs", len(all))
	}
	return all[0]
}
