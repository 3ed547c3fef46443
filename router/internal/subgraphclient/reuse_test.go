package subgraphclient

import (
	"context"
	"net"
	"net/http"
	"path/filepath"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/plan"
)

// What a subgraph says decides whether its connection is used again: a whole HTTP response leaves it usable, however bad its
// news; anything else does not.
func TestConnectionsAfterErrors(t *testing.T) {
	t.Parallel()
	const good = jsonHead + "Content-Length: 16\r\n\r\n" + okBody
	for _, c := range []struct {
		name  string
		wire  string
		conns int // for the answer at hand and a good one after it
	}{
		{"a good answer", good, 1},
		{"an error in JSON", "HTTP/1.1 400 X\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n" + `{"errors":[]}`, 1},
		{"a page of HTML", "HTTP/1.1 503 X\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nbusy", 1},
		{"chunks of HTML", "HTTP/1.1 500 X\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbusy\r\n0\r\n\r\n", 1},
		{"no body", "HTTP/1.1 204 X\r\n\r\n", 1},
		{"an empty body", "HTTP/1.1 401 X\r\nContent-Length: 0\r\n\r\n", 1},
		{"the subgraph closes", "HTTP/1.1 500 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", 2},
		{"more than the answer", good + "HTTP/1.1 200 OK\r\n", 2},
		{"no HTTP", "nonsense\r\n\r\n", 2},
		{"an answer that is too large", jsonHead + "Content-Length: 2000000\r\n\r\n", 2},
	} {
		for _, network := range []string{"tcp", "unix"} {
			t.Run(c.name+" over "+network, func(t *testing.T) {
				t.Parallel()
				server, url := serveRawOn(t, network, func(conn net.Conn, _ *http.Request, attempt int) bool {
					if attempt == 1 {
						write(conn, c.wire)
					} else {
						write(conn, good)
					}
					return true
				})
				client := newClient(t, Endpoint{URL: url, MaxResponse: 1_000_000})
				for range 2 {
					answer, err := client.Fetch(t.Context(), fetchOf(plan.Query))
					if err == nil {
						answer.Release()
					}
				}
				if accepted, requests := server.counts(); accepted != c.conns || requests != 2 {
					t.Errorf("got %d requests on %d connections, want 2 on %d", requests, accepted, c.conns)
				}
			})
		}
	}
}

// serveRawOn is serveRaw on a network of choice.
func serveRawOn(t *testing.T, network string, handle func(net.Conn, *http.Request, int) bool) (*rawServer, string) {
	t.Helper()
	if network == "tcp" {
		return serveRaw(t, handle)
	}
	file := filepath.Join(t.TempDir(), "s")
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", file)
	if err != nil {
		t.Fatal(err)
	}
	return serveRawAt(t, listener, handle), "unix://" + file
}
