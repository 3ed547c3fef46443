package e2e

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// smallWindow lets a connection take little before somebody reads it.
func smallWindow(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return conn, conn.(*net.TCPConn).SetReadBuffer(4 << 10)
}

// TestClientsThatDoNotRead lose their answer, and with it their place among the requests under way, whatever protocol they
// speak; those that read get the whole of it.
func TestClientsThatDoNotRead(t *testing.T) {
	t.Parallel()
	const size = 24 << 20 // more than the buffers of both sides hold
	for protocol, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"HTTP/1.1": smallWindow,
		"HTTP/2.0": nil, // its flow control is what holds the answer back
	} {
		t.Run(protocol, func(t *testing.T) {
			t.Parallel()
			s := subgraph(t, data(`{"large":"`+strings.Repeat("x", size)+`","small":"y"}`))
			r := start(t, options{
				Admin: true, Config: "traffic: {write_timeout: 500ms, overload: {max_in_flight: 2}}",
				Supergraph: supergraphOf(t, graph{"a", s.URL, `type Query { large: String small: String }`}),
			})
			for range 2 {
				transport := &http.Transport{DialContext: dial, DisableCompression: true, Protocols: new(http.Protocols)}
				transport.Protocols.SetHTTP1(protocol == "HTTP/1.1")
				transport.Protocols.SetUnencryptedHTTP2(protocol == "HTTP/2.0")
				defer transport.CloseIdleConnections()
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/graphql", strings.NewReader(`{"query":"{ large }"}`))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/json")
				response, err := transport.RoundTrip(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				if response.Proto != protocol || response.ContentLength < size {
					t.Fatalf("%s, %d bytes", response.Proto, response.ContentLength)
				}
			}
			redistest.Eventually(t, "both places are free again", func() bool { return ask(t, r, `{ small }`).Status == http.StatusOK })
			redistest.Eventually(t, "both clients are cut off", func() bool {
				return strings.Contains(r.Metrics(t), "\ntributary_clients_cut_off_total 2\n")
			})
			if a := r.Post(t, `{ large }`); len(a.Body) < size {
				t.Errorf("who reads gets %d bytes", len(a.Body))
			}
		})
	}
}

// TestSlowAnswersAreNotSlowReaders: how long the router itself takes does not count, nor how long a connection is idle.
func TestSlowAnswersAreNotSlowReaders(t *testing.T) {
	t.Parallel()
	const timeout = 100 * time.Millisecond
	g := newAccounts(t, func(w http.ResponseWriter, r *http.Request) {
		timer := time.NewTimer(4 * timeout)
		defer timer.Stop()
		<-timer.C
		pays(w, r)
	})
	r := start(t, options{Supergraph: g.sdl, Config: "traffic: {write_timeout: " + timeout.String() + "}"})
	for range 2 {
		want(t, "a slow answer", ask(t, r, bothQuery), bothData)
		<-time.After(4 * timeout)
	}
}
