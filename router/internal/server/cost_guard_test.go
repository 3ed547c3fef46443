package server

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
)

// countingConn counts what a connection is asked to do: each Read and Write is a system call.
type countingConn struct {
	net.Conn
	calls *connCalls
}

// NetConn lets package http1 see the socket.
func (c countingConn) NetConn() net.Conn { return c.Conn }

type connCalls struct{ reads, writes, conns atomic.Int64 }

func (c countingConn) Read(p []byte) (int, error) {
	c.calls.reads.Add(1)
	return c.Conn.Read(p)
}

func (c countingConn) Write(p []byte) (int, error) {
	c.calls.writes.Add(1)
	return c.Conn.Write(p)
}

type countingListener struct {
	net.Listener
	calls *connCalls
}

func (l countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.calls.conns.Add(1)
	return countingConn{conn, l.calls}, nil
}

func listenLocal(t testing.TB) net.Listener {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

// serveAnswers is a subgraph that gives the same answer to everything, each time in one write.
func serveAnswers(t testing.TB, answer string) (address string) {
	t.Helper()
	listener := listenLocal(t)
	wire := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
	var running sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			running.Go(func() {
				in := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					_, _ = io.Copy(io.Discard, r.Body)
					if _, err := io.WriteString(conn, wire); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return listener.Addr().String()
}

// TestSystemCalls counts what a request with one fetch asks of its connections, so that nobody adds a flush or a read
// without seeing it. net/http's second read waits for the client to go away while the request runs.
func TestSystemCalls(t *testing.T) {
	t.Parallel()
	t.Run("net/http", func(t *testing.T) {
		t.Parallel()
		countSystemCalls(t, 2, func(handler http.Handler, l net.Listener) {
			httpServer := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
			served := make(chan error, 1)
			go func() { served <- httpServer.Serve(l) }()
			t.Cleanup(func() {
				_ = httpServer.Close()
				<-served
			})
		})
	})
	t.Run("http1", func(t *testing.T) {
		t.Parallel()
		countSystemCalls(t, 1, func(handler http.Handler, l net.Listener) { serveHTTP1(t, handler, l) })
	})
}

func countSystemCalls(t *testing.T, reads int64, serve func(http.Handler, net.Listener)) {
	t.Helper()
	subgraph := serveAnswers(t, `{"data":{"other":"x"}}`)
	var in, out connCalls
	client, err := subgraphclient.New(subgraphclient.Options{
		Subgraphs: map[string]subgraphclient.Endpoint{"b": {URL: "http://" + subgraph + "/graphql"}},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			out.conns.Add(1)
			return countingConn{conn, &out}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	listener := countingListener{listenLocal(t), &in}
	serve(shareServer(t, ShareAnonymous, subgraphclient.Share(client), time.Minute), listener)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	const body = `{"query":"{ other }"}`
	wire := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	answers := bufio.NewReader(conn)
	const requests = 50
	for range requests {
		if _, err := io.WriteString(conn, wire); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if err != nil || string(text) != `{"data":{"other":"x"}}` {
			t.Fatalf("got %s, %v", text, err)
		}
		if answer.ContentLength < 0 {
			t.Error("the answer's length is not told")
		}
	}
	for _, c := range []struct {
		name      string
		got, want int64
	}{
		{"writes to the client", in.writes.Load(), requests},
		{"reads from the client", in.reads.Load(), reads*requests + 1},
		{"connections to the subgraph", out.conns.Load(), 1},
		{"writes to the subgraph", out.writes.Load(), requests},
		{"reads from the subgraph", out.reads.Load(), requests},
	} {
		if c.got > c.want {
			t.Errorf("%d requests took %d %s, want at most %d", requests, c.got, c.name, c.want)
		}
	}
}

// constantAnswers is a subgraph that costs nothing.
var constantAnswers = fetcherFunc(func(context.Context, *exec.FetchRequest) (exec.Answer, error) {
	return exec.Answer{Body: constantAnswer}, nil
})

var constantAnswer = []byte(`{"data":{"other":"x"}}`)

// replay is a request that can be served again and again, and what is written to its client.
type replay struct {
	request *http.Request
	body    *strings.Reader
	text    string
	header  http.Header
	status  int
	size    int
}

func newReplay(t testing.TB, query string, header map[string]string) *replay {
	t.Helper()
	r := &replay{body: strings.NewReader(""), text: `{"query":"` + query + `"}`, header: http.Header{}}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, "/graphql", io.NopCloser(r.body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for name, value := range header {
		request.Header.Set(name, value)
	}
	request.ContentLength = int64(len(r.text))
	r.request = request
	return r
}

func (r *replay) serve(s *Server) {
	r.body.Reset(r.text)
	clear(r.header)
	s.ServeHTTP(r, r.request)
}

// Header implements http.ResponseWriter.
func (r *replay) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *replay) WriteHeader(status int) { r.status = status }

// Write implements http.ResponseWriter.
func (r *replay) Write(p []byte) (int, error) {
	r.size = len(p)
	return len(p), nil
}

// BenchmarkServe is everything of a small request but the networks: reading it, finding its plan, executing it, writing.
func BenchmarkServe(b *testing.B) {
	for _, c := range []struct {
		name string
		who  ShareRequests
	}{{"alone", ShareNone}, {"shareable", ShareAnonymous}} {
		b.Run(c.name, func(b *testing.B) {
			s := shareServer(b, c.who, constantAnswers, time.Minute)
			r := newReplay(b, "{ other }", nil)
			r.serve(s)
			b.ReportAllocs()
			for b.Loop() {
				r.serve(s)
			}
		})
	}
}

// BenchmarkRead is the reading of a request's body.
func BenchmarkRead(b *testing.B) {
	body := []byte(`{"query":"query Shelf($first: Int) { topProducts(first: $first) { upc name price } }","variables":{"first":5}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := readPost(body, 1, new(memory)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWrite is the writing of a response, plain and compressed.
func BenchmarkWrite(b *testing.B) {
	payload := []byte(`{"data":{"items":[` + strings.Repeat(`{"name":"something","price":12345},`, 2500) + `{}]}}`)
	for _, as := range preferred {
		b.Run(string(as), func(b *testing.B) { benchmarkWrite(b, payload, as) })
	}
	b.Run("plain", func(b *testing.B) { benchmarkWrite(b, payload, identityEncoding) })
}

func benchmarkWrite(b *testing.B, payload []byte, as encoding) {
	b.Helper()
	r := newReplay(b, "", nil)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		writeBody(r, r.request, jsonType, as, http.StatusOK, payload)
	}
}
