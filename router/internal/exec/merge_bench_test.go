//go:build unix

package exec

import (
	"context"
	"testing"
	"time"
)

// mergeAll runs a plan in the calling goroutine on the recorded answers, and gives the time that their merging took: not
// that of preparing the requests and of parsing the answers, without which there is nothing to merge into.
func (e *execution) mergeAll(r *recorded) (spent time.Duration, err error) {
	for len(e.ready) > 0 {
		index := e.ready[0]
		e.ready = e.ready[:copy(e.ready, e.ready[1:])]
		f := &e.program.fetches[index]
		e.requests[index] = 1
		for _, t := range e.prepare(index, f) {
			e.requests[index]++
			source, err := e.tree.Borrow(r.bodies[index])
			if err != nil {
				return 0, err
			}
			e.sources = append(e.sources, newSource(Answer{}, index))
			response, err := e.tree.ParseResponse(source, f.answer, e.guards)
			if err != nil {
				return 0, err
			}
			began := time.Now()
			e.mergeData(t, f, response.Data)
			spent += time.Since(began)
			e.finished(index)
			e.tasks = append(e.tasks, t)
		}
		e.finished(index)
	}
	return spent, nil
}

// BenchmarkMerge is the merging of all answers into the response tree. Its ns/op are of that alone; the operation itself
// also makes and parses what is merged.
func BenchmarkMerge(b *testing.B) {
	for _, name := range recordings {
		b.Run(name, func(b *testing.B) {
			r := load(b, name)
			e := r.program.begin(context.Background(), Input{}, r)
			defer e.end()
			if _, err := e.mergeAll(r); err != nil {
				b.Fatal(err)
			}
			if got := string(e.payload("", nil)); got != r.Response {
				b.Fatalf("merging gave %.2000s", got)
			}
			var spent time.Duration
			for b.Loop() {
				e.reset()
				took, err := e.mergeAll(r)
				if err != nil {
					b.Fatal(err)
				}
				spent += took
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(b.N), "ns/op")
		})
	}
}
