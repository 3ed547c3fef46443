//go:build !race

package server

import (
	"runtime"
	"testing"
	"time"
)

// TestRequestCost bounds what the server allocates for a request whose plan is known, beside net/http and the fetches. The
// race detector makes pools forget, so this is not built with it. A higher number needs a reason.
func TestRequestCost(t *testing.T) { //nolint:paralleltest // it counts the process's allocations
	for _, c := range []struct {
		name          string
		who           ShareRequests
		header        map[string]string
		timeout       time.Duration
		allocs, bytes uint64
	}{
		{"with credentials", ShareAnonymous, map[string]string{"Authorization": "a"}, 0, 8, 400},
		{"with a deadline", ShareAnonymous, map[string]string{"Authorization": "a"}, time.Minute, 11, 650},
		{"that could be shared", ShareAnonymous, nil, time.Minute, 16, 1100},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			s := shareServer(t, c.who, constantAnswers, c.timeout)
			r := newReplay(t, "{ other }", c.header)
			r.serve(s)
			if r.status != 200 || r.size == 0 {
				t.Fatalf("got status %d and %d bytes", r.status, r.size)
			}
			const runs = 1000
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range runs {
				r.serve(s)
			}
			runtime.ReadMemStats(&after)
			allocs, bytes := (after.Mallocs-before.Mallocs)/runs, (after.TotalAlloc-before.TotalAlloc)/runs
			t.Logf("%d allocations, %d bytes", allocs, bytes)
			if allocs > c.allocs || bytes > c.bytes {
				t.Errorf("got %d allocations of %d bytes, want at most %d of %d", allocs, bytes, c.allocs, c.bytes)
			}
		})
	}
}
