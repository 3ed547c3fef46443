package subgraphclient

import (
	"bufio"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const okBody = `{"data":{"a":1}}`

// fetchOf is a query fetch to the subgraph "s".
func fetchOf(kind plan.Kind) *exec.FetchRequest {
	return &exec.FetchRequest{Fetch: &plan.Fetch{Subgraph: "s", Kind: kind}, Body: []byte(`{"query":"{a}"}`)}
}

func newClient(t *testing.T, e Endpoint) *Client {
	t.Helper()
	c, err := New(Options{Subgraphs: map[string]Endpoint{"s": e}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// rawServer answers connections with what a test says, byte by byte.
type rawServer struct {
	listener net.Listener
	mu       sync.Mutex
	accepted int
	requests int
	conns    []net.Conn
}

// serveRaw calls handle for each request: attempt counts requests from 1. The connection is closed after handle returns
// false.
func serveRaw(t *testing.T, handle func(conn net.Conn, request *http.Request, attempt int) bool) (*rawServer, string) {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveRawAt(t, listener, handle), "http://" + listener.Addr().String() + "/graphql"
}

func serveRawAt(t *testing.T, listener net.Listener, handle func(net.Conn, *http.Request, int) bool) *rawServer {
	t.Helper()
	s := &rawServer{listener: listener}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.accepted++
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			running.Go(func() { s.serve(conn, handle) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		s.mu.Lock()
		for _, c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		running.Wait()
	})
	return s
}

func (s *rawServer) serve(conn net.Conn, handle func(net.Conn, *http.Request, int) bool) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		request, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(request.Body)
		if err != nil {
			return
		}
		request.Body = io.NopCloser(strings.NewReader(string(body)))
		s.mu.Lock()
		s.requests++
		attempt := s.requests
		s.mu.Unlock()
		if !handle(conn, request, attempt) {
			return
		}
	}
}

func (s *rawServer) counts() (accepted, requests int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted, s.requests
}

func write(conn net.Conn, text string) { _, _ = io.WriteString(conn, text) }

var discardLog = log.New(io.Discard, "", 0)
