//go:build unix

package exec

import (
	"context"
	"encoding/json"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/value"
)

// recorded is an operation of testdata/bench: a plan made by the planner for the public benchmark's schema, what four
// subgraphs answered to it, and the response.
type recorded struct {
	Plan     *plan.Plan
	Answers  []string // by fetch
	Response string
	bodies   [][]byte
	program  *Program
}

func load(t testing.TB, name string) *recorded {
	t.Helper()
	text, err := os.ReadFile("testdata/bench/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorded{}
	if err := json.Unmarshal(text, r); err != nil {
		t.Fatal(err)
	}
	for _, answer := range r.Answers {
		r.bodies = append(r.bodies, []byte(answer))
	}
	if r.program, err = Compile(r.Plan, nil); err != nil {
		t.Fatal(err)
	}
	return r
}

// Fetch implements Fetcher.
func (r *recorded) Fetch(_ context.Context, request *FetchRequest) (Answer, error) {
	return Answer{Body: r.bodies[request.Fetch.ID]}, nil
}

// Emit implements Sink.
func (r *recorded) Emit([]byte, bool) error { return nil }

var recordings = []string{"tiny", "medium", "heavy"}

func TestRecordedOperations(t *testing.T) {
	t.Parallel()
	for _, name := range recordings {
		r, sink := load(t, name), &collected{}
		if err := r.program.Execute(t.Context(), Input{}, r, sink); err != nil {
			t.Fatal(err)
		}
		if sink.payloads[0] != r.Response {
			t.Errorf("%s: got %.2000s", name, sink.payloads[0])
		}
	}
}

// cpuTime is what this process has used; on a busy machine it says more than the clock.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// reportCPU adds the CPU time of each run to the benchmark's figures.
func reportCPU(b *testing.B, began time.Duration) {
	b.Helper()
	b.ReportMetric(float64(cpuTime(b)-began)/float64(b.N), "cpu-ns/op")
}

// BenchmarkExecute is everything but the network: bodies, representations, parsing, merging, projection.
func BenchmarkExecute(b *testing.B) {
	for _, name := range recordings {
		b.Run(name, func(b *testing.B) {
			r := load(b, name)
			ctx := context.Background()
			b.SetBytes(int64(len(r.Response)))
			b.ReportAllocs()
			began := cpuTime(b)
			for b.Loop() {
				if err := r.program.Execute(ctx, Input{}, r, r); err != nil {
					b.Fatal(err)
				}
			}
			reportCPU(b, began)
		})
	}
}

// BenchmarkParse is the parsing of all answers.
func BenchmarkParse(b *testing.B) {
	for _, name := range recordings {
		b.Run(name, func(b *testing.B) {
			r := load(b, name)
			guards := value.Bits{1}
			var tree value.Tree
			total := 0
			for _, body := range r.bodies {
				total += len(body)
			}
			b.SetBytes(int64(total))
			b.ReportAllocs()
			began := cpuTime(b)
			for b.Loop() {
				tree.Reset(0)
				for i, body := range r.bodies {
					source, err := tree.Borrow(body)
					if err == nil {
						_, err = tree.ParseResponse(source, r.program.fetches[i].answer, guards)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			}
			reportCPU(b, began)
		})
	}
}

// BenchmarkProject is the writing of the response from a complete tree.
func BenchmarkProject(b *testing.B) {
	for _, name := range recordings {
		b.Run(name, func(b *testing.B) {
			r := load(b, name)
			e := r.program.begin(context.Background(), Input{}, r)
			e.runAll()
			b.SetBytes(int64(len(r.Response)))
			b.ReportAllocs()
			began := cpuTime(b)
			for b.Loop() {
				e.payload("", nil)
			}
			reportCPU(b, began)
			e.end()
		})
	}
}

// BenchmarkCompile is done once for each plan.
func BenchmarkCompile(b *testing.B) {
	r := load(b, "heavy")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(r.Plan, nil); err != nil {
			b.Fatal(err)
		}
	}
}
