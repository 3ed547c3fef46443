package traffic

import (
	"context"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

type instant struct{}

func (instant) Fetch(context.Context, *exec.FetchRequest) (exec.Answer, error) { return fine, nil }

// TestAllocations: what is off costs nothing, and what is on by default allocates nothing for a fetch that goes well.
func TestAllocations(t *testing.T) {
	usual := retries()
	usual.Timeout = time.Minute
	usual.Breaker = breaking().Breaker
	usual.Concurrency = Concurrency{Max: 512, Queue: 512, Wait: time.Second}
	for name, settings := range map[string]Settings{"off": {}, "usual": usual} {
		c := controller(instant{}, settings)
		r := request(plan.Query)
		ctx := t.Context()
		if n := testing.AllocsPerRun(1000, func() { _, _ = c.Fetch(ctx, r) }); n != 0 {
			t.Errorf("%s: %v allocations per fetch", name, n)
		}
	}
}

func BenchmarkFetch(b *testing.B) {
	usual := retries()
	usual.Breaker = breaking().Breaker
	usual.Concurrency = Concurrency{Max: 512, Queue: 512, Wait: time.Second}
	for _, test := range []struct {
		name     string
		settings Settings
	}{{"off", Settings{}}, {"usual", usual}} {
		b.Run(test.name, func(b *testing.B) {
			c, r := controller(instant{}, test.settings), request(plan.Query)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = c.Fetch(b.Context(), r)
			}
		})
	}
}
