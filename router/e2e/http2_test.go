package e2e

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// TestConnectionsToSubgraphsAreBounded: however many requests there are at once, a subgraph gets max_connections and no more,
// with HTTP/1.1 and with HTTP/2.
func TestConnectionsToSubgraphsAreBounded(t *testing.T) {
	t.Parallel()
	const most, clients = 3, 40
	for name, http2 := range map[string]bool{"http2: false": false, "http2: true": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var conns atomic.Int64
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if (r.ProtoMajor == 2) != http2 {
					t.Errorf("it speaks %s", r.Proto)
				}
				timer := time.NewTimer(time.Millisecond)
				defer timer.Stop()
				<-timer.C
				reply(w, `{"data":{"hello":"world"}}`)
			}))
			server.Config.Protocols = new(http.Protocols)
			server.Config.Protocols.SetHTTP1(true)
			server.Config.Protocols.SetUnencryptedHTTP2(true)
			server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
				conns.Add(1)
				return ctx
			}
			server.Start()
			t.Cleanup(server.Close)
			r := start(t, options{
				Supergraph: supergraphOf(t, graph{"a", server.URL, `type Query { hello: String }`}),
				Config:     unshared + "subgraphs: {all: {" + name + ", max_connections: 3, share: false, concurrency: {max: 500}}}",
			})
			l := startLoad(t, clients, r)
			r.eventually(t, "many requests are answered", func() bool { return l.of(200, 200) > 50*clients })
			l.end()
			if other := l.of(0, 599) - l.of(200, 200); other > 0 || l.broken.Load() > 0 {
				t.Errorf("%d requests failed, %d broke", other, l.broken.Load())
			}
			if n := conns.Load(); n == 0 || n > most {
				t.Errorf("%d connections", n)
			}
		})
	}
}
