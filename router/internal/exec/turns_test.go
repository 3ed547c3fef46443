package exec

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// TestTurns: fetches 0, 1 and 2 are ready at once, 3 waits for 1. What is asked when, and whose answer is merged when, is up
// to Turn alone.
func TestTurns(t *testing.T) {
	t.Parallel()
	first := func(int) int { return 0 }
	last := func(n int) int { return n - 1 }
	cases := []struct {
		name string
		turn func(n int) int
		want []string
	}{
		{"always the first", first, []string{"ask 0", "done 0", "ask 1", "done 1", "ask 2", "done 2", "ask 3", "done 3"}},
		{"always the last", last, []string{"ask 2", "done 2", "ask 1", "done 1", "ask 3", "done 3", "ask 0", "done 0"}},
		{"all are asked first", choices(0, 1, 2), []string{"ask 0", "ask 1", "ask 2", "done 0", "done 1", "done 2", "ask 3", "done 3"}},
		{"answers overtake each other", choices(0, 1, 1), []string{"ask 0", "ask 1", "done 1", "done 0", "ask 2", "done 2", "ask 3", "done 3"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			program := graph(t, plan.Query, nil, nil, nil, []int{1})
			order, sink := &inOrder{}, &collected{}
			input := Input{Turn: c.turn, Observer: order}
			if err := program.Execute(t.Context(), input, fetcherFunc(order.fetch), sink); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(order.events, c.want) {
				t.Errorf("got  %q\nwant %q", order.events, c.want)
			}
			if want := `{"data":{"f0":0,"f1":1,"f2":2,"f3":3}}`; sink.payloads[0] != want {
				t.Errorf("got %s, want %s", sink.payloads[0], want)
			}
		})
	}
}

// choices are those given, and the first ever after.
func choices(list ...int) func(int) int {
	return func(int) int {
		if len(list) == 0 {
			return 0
		}
		choice := list[0]
		list = list[1:]
		return choice
	}
}

// inOrder notes when fetches are asked and merged. Nothing guards it: everything happens in one goroutine.
type inOrder struct{ events []string }

func (o *inOrder) fetch(_ context.Context, r *FetchRequest) (Answer, error) {
	o.events = append(o.events, fmt.Sprint("ask ", r.Fetch.ID))
	return Answer{Body: fmt.Appendf(nil, `{"data":{"f":%d}}`, r.Fetch.ID)}, nil
}

func (o *inOrder) FetchStarts(ctx context.Context, _ *plan.Fetch) context.Context { return ctx }

func (o *inOrder) FetchDone(r FetchReport) {
	o.events = append(o.events, fmt.Sprint("done ", r.Fetch.ID))
}

func (o *inOrder) ErrorReported(string, string) {}

// TestScenariosByTurns: the order in which things happen does not show in a payload.
func TestScenariosByTurns(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/scenarios/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txtar")
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
				t.Parallel()
				s := scenarioOf(t, name)
				s.input.Turn = rand.New(rand.NewPCG(seed, 0)).IntN
				s.run(t)
				if got, want := s.payloads(t), s.sections["response.json"]; got != want {
					t.Errorf("got %s\nwant %s", got, want)
				}
			})
		}
	}
}
