//go:build !race

package subgraphclient

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// scriptConn answers every request that is written to it, without a network.
type scriptConn struct {
	net.Conn
	answer        []byte
	reads, writes int
}

func (c *scriptConn) Write(p []byte) (int, error) {
	c.writes++
	return len(p), nil
}

func (c *scriptConn) Read(p []byte) (int, error) {
	c.reads++
	return copy(p, c.answer), nil
}

func (c *scriptConn) SetDeadline(time.Time) error { return nil }
func (c *scriptConn) Close() error                { return nil }

// TestFetchCost counts what a fetch costs when its connection is there: one write, one read, and next to no memory. The
// race detector makes pools forget, so this is not built with it.
func TestFetchCost(t *testing.T) { //nolint:paralleltest // it counts the process's allocations
	conn := &scriptConn{answer: []byte(jsonHead + "Content-Length: 16\r\n\r\n" + okBody)}
	client, err := New(Options{
		Subgraphs: map[string]Endpoint{"s": {URL: "http://s/graphql"}},
		Dial:      func(context.Context, string, string) (net.Conn, error) { return conn, nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	source := headerSource{{"Authorization", "Bearer x"}}
	for _, c := range []struct {
		name    string
		fetcher exec.Fetcher
		allocs  float64
	}{{"alone", client, 3}, {"shared", Share(client), 5}} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			request := fetchOf(plan.Query)
			request.Client = source
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			fetch := func() {
				request.Header, request.HasHeader = request.Header[:0], false
				answer, err := c.fetcher.Fetch(ctx, request)
				if err != nil {
					t.Fatal(err)
				}
				answer.Release()
			}
			fetch()
			conn.reads, conn.writes = 0, 0
			const runs = 200
			got := testing.AllocsPerRun(runs, fetch)
			t.Logf("%v allocations", got)
			if got > c.allocs {
				t.Errorf("got %v allocations, want at most %v", got, c.allocs)
			}
			if conn.reads != runs+1 || conn.writes != runs+1 { // AllocsPerRun warms up once
				t.Errorf("%d fetches took %d reads and %d writes", runs+1, conn.reads, conn.writes)
			}
		})
	}
}
