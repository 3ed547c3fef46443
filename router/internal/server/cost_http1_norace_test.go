//go:build !race

package server

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestConnectionCost bounds what a request costs over a real connection of package http1, reading and writing included:
// the memory of one request is the next one's. See TestRequestCost.
func TestConnectionCost(t *testing.T) { //nolint:paralleltest // it counts the process's allocations
	for _, c := range []struct {
		name          string
		who           ShareRequests
		header        string
		allocs, bytes uint64
	}{
		{"with credentials", ShareAnonymous, "Authorization: a\r\n", 1, 100},
		{"that could be shared", ShareAnonymous, "", 4, 500},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			conn := dialHTTP1(t, shareServer(t, c.who, constantAnswers, time.Minute), listenLocal(t))
			const body = `{"query":"{ other }"}`
			wire := fmt.Appendf(nil, "POST /graphql HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", c.header, len(body), body)
			got := make([]byte, 4<<10)
			ask := func() (length int) {
				if _, err := conn.Write(wire); err != nil {
					t.Fatal(err)
				}
				length, err := conn.Read(got) // it is written at once
				if err != nil {
					t.Fatal(err)
				}
				return length
			}
			for range 100 { // the keeper learns the date meanwhile, and pools are filled
				if text := string(got[:ask()]); !strings.HasPrefix(text, "HTTP/1.1 200 OK\r\n") || !strings.HasSuffix(text, `{"data":{"other":"x"}}`) {
					t.Fatalf("got %s", text)
				}
			}
			const runs = 1000
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range runs {
				ask()
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
