//go:build !race

package exec

import (
	"context"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

var steadyBody = []byte(`{"data":{"f":1}}`)

var steady = fetcherFunc(func(context.Context, *FetchRequest) (Answer, error) { return Answer{Body: steadyBody}, nil })

type discard struct{}

func (discard) Emit([]byte, bool) error { return nil }

// The race detector makes pools forget, so these tests are not built with it.

func TestOneRunnableFetchNeedsNoGoroutine(t *testing.T) {
	program := graph(t, plan.Query, nil, []int{0}, []int{1})
	run := func() { _ = program.Execute(context.Background(), Input{}, steady, discard{}) }
	run()
	if got := testing.AllocsPerRun(100, run); got != 0 {
		t.Errorf("three fetches in a row cost %v allocations, want 0: a goroutine would cost one", got)
	}
}

// TestAllocations counts what one request costs beside its fetches: nothing, but a goroutine and its closure for each
// fetch that runs beside another.
func TestAllocations(t *testing.T) {
	for name, want := range map[string]float64{"tiny": 0, "medium": 0, "heavy": 4} {
		r := load(t, name)
		run := func() {
			if err := r.program.Execute(context.Background(), Input{}, r, r); err != nil {
				t.Fatal(err)
			}
		}
		run()
		if got := testing.AllocsPerRun(100, run); got > want {
			t.Errorf("%s: got %v allocations, want at most %v", name, got, want)
		}
	}
}
