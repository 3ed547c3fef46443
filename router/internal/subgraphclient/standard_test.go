package subgraphclient

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// h2c starts an HTTP/2 server without TLS that takes few streams on each connection.
func h2c(t *testing.T, streams int, handler http.HandlerFunc) (url string, connections *atomic.Int64) {
	t.Helper()
	connections = &atomic.Int64{}
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Config.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: streams}
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		connections.Add(1)
		return ctx
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, connections
}

// TestHTTP2UsesSeveralConnections: what one connection cannot carry at once goes over others, up to the bound.
func TestHTTP2UsesSeveralConnections(t *testing.T) {
	t.Parallel()
	const fetches, streams = 120, 20
	var underWay atomic.Int64
	all := make(chan struct{})
	url, connections := h2c(t, streams, func(w http.ResponseWriter, r *http.Request) {
		if underWay.Add(1) == fetches {
			close(all)
		}
		select {
		case <-all:
		case <-r.Context().Done():
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(okBody))
	})
	if failed := fetchMany(newClient(t, Endpoint{URL: url, HTTP2: true, Timeout: 20 * time.Second}), fetches); failed > 0 {
		t.Errorf("%d of %d fetches failed: %d were under way at once", failed, fetches, underWay.Load())
	}
	if n := connections.Load(); n < fetches/streams {
		t.Errorf("%d connections", n)
	}
}

// TestHTTP2FetchesGetTheirTurn, however few streams and connections there are.
func TestHTTP2FetchesGetTheirTurn(t *testing.T) {
	t.Parallel()
	url, _ := h2c(t, 10, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(okBody))
	})
	if failed := fetchMany(newClient(t, Endpoint{URL: url, HTTP2: true, Timeout: 20 * time.Second, MaxConnections: 2}), 300); failed > 0 {
		t.Errorf("%d fetches failed", failed)
	}
}

// fetchMany makes fetches at once and counts those that failed.
func fetchMany(c *Client, fetches int) int64 {
	var group sync.WaitGroup
	var failed atomic.Int64
	for range fetches {
		group.Go(func() {
			answer, err := c.Fetch(context.Background(), fetchOf(plan.Query))
			if err != nil {
				failed.Add(1)
				return
			}
			answer.Release()
		})
	}
	group.Wait()
	return failed.Load()
}
