package subgraphclient

import (
	"context"
	"fmt"
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

// TestHTTP2ConnectionsAreBounded, however many fetches there are.
func TestHTTP2ConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ streams, most int }{{20, 1}, {20, 2}, {100, 8}} {
		t.Run(fmt.Sprintf("%d with %d streams", c.most, c.streams), func(t *testing.T) {
			t.Parallel()
			const fetches = 300
			var underWay, most atomic.Int64
			url, connections := h2c(t, c.streams, func(w http.ResponseWriter, _ *http.Request) {
				now := underWay.Add(1)
				defer underWay.Add(-1)
				for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
				}
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(okBody))
			})
			client := newClient(t, Endpoint{URL: url, HTTP2: true, Timeout: 20 * time.Second, MaxConnections: c.most})
			for range 2 { // the second time over the same connections
				if failed := fetchMany(client, fetches); failed > 0 {
					t.Errorf("%d fetches failed", failed)
				}
			}
			if n := connections.Load(); n == 0 || n > int64(c.most) {
				t.Errorf("%d connections", n)
			}
			if n := most.Load(); n > int64(c.most)*streamsPerConnection {
				t.Errorf("%d requests at once", n)
			}
		})
	}
}

// TestOneRequestNeedsOneConnection: others are made only for what is under way at once.
func TestOneRequestNeedsOneConnection(t *testing.T) {
	t.Parallel()
	url, connections := h2c(t, 100, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(okBody))
	})
	client := newClient(t, Endpoint{URL: url, HTTP2: true})
	for range 50 {
		if failed := fetchMany(client, 1); failed > 0 {
			t.Error("it failed")
		}
	}
	if n := connections.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}

// TestEncryptedConnectionsAreBounded, whichever protocol is negotiated.
func TestEncryptedConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	const fetches, most = 200, 4
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			conns, open, peak, spoken := map[net.Conn]bool{}, 0, 0, map[string]int{}
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				spoken[r.Proto]++
				mu.Unlock()
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(okBody))
			}))
			server.EnableHTTP2 = protocol == "HTTP/2.0"
			server.Config.ConnState = func(c net.Conn, state http.ConnState) {
				mu.Lock()
				defer mu.Unlock()
				switch {
				case state == http.StateNew && !conns[c]:
					conns[c] = true
					open++
					peak = max(peak, open)
				case (state == http.StateClosed || state == http.StateHijacked) && conns[c]:
					delete(conns, c)
					open--
				}
			}
			server.StartTLS()
			t.Cleanup(server.Close)
			trusted := server.Client().Transport.(*http.Transport).TLSClientConfig
			client := newClient(t, Endpoint{URL: server.URL, Timeout: 20 * time.Second, MaxConnections: most, TLS: trusted})
			for range 2 {
				if failed := fetchMany(client, fetches); failed > 0 {
					t.Errorf("%d fetches failed", failed)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			allowed := most
			if protocol == "HTTP/1.1" {
				allowed = 2 * most // those by which that was found out end while others are made
			}
			if peak == 0 || peak > allowed || spoken[protocol] != 2*fetches {
				t.Errorf("up to %d connections, %v", peak, spoken)
			}
		})
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
