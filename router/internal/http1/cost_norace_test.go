//go:build !race

package http1

import (
	"io"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// counted is a connection that counts its system calls.
type counted struct {
	net.Conn
	reads, writes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error)  { c.reads.Add(1); return c.Conn.Read(p) }
func (c counted) Write(p []byte) (int, error) { c.writes.Add(1); return c.Conn.Write(p) }
func (c counted) NetConn() net.Conn           { return c.Conn }

func (c counted) WriteBuffers(pieces *net.Buffers) (int64, error) {
	c.writes.Add(1)
	return pieces.WriteTo(c.Conn)
}

type countedListener struct {
	net.Listener
	reads, writes atomic.Int64
}

func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return counted{c, &l.reads, &l.writes}, nil
}

// TestCost holds what a plain request costs: one read and one write, and no allocation if its handler makes none. The race
// detector allocates, so this is not built with it.
func TestCost(t *testing.T) { //nolint:paralleltest // it counts the process's allocations
	contentType := []string{"application/json"}
	for _, c := range []struct {
		name    string
		body    string
		answer  string
		release bool
		allocs  uint64
	}{
		{"small", `{"query":"{ me }"}`, `{"data":{"me":1}}`, true, 0},
		{"large answer", `{"query":"{ me }"}`, strings.Repeat("x", 88<<10), true, 0},
		{"not released", `{"query":"{ me }"}`, `{"data":{"me":1}}`, false, 10},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			length := []string{strconv.Itoa(len(c.answer))}
			answer, content := []byte(c.answer), make([]byte, len(c.body))
			l := &countedListener{Listener: listenLocal(t, "tcp", "127.0.0.1:0")}
			s := serveOn(t, l, Options{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadFull(r.Body, content); err != nil {
					t.Error(err)
				}
				h := w.Header()
				h["Content-Type"], h["Content-Length"] = contentType, length
				_, _ = w.Write(answer)
				if c.release {
					lifetime.Release(r.Context())
				}
			})})
			conn := dial(t, l.Addr().String())
			wire := []byte("POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(c.body)) + "\r\n\r\n" + c.body)
			header := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 02 Jan 2006 15:04:05 GMT\r\nContent-Length: " + length[0] + "\r\n\r\n"
			got := make([]byte, len(header)+len(answer))
			ask := func() {
				if _, err := conn.Write(wire); err != nil {
					t.Fatal(err)
				}
				if _, err := io.ReadFull(conn, got); err != nil {
					t.Fatalf("%v, got %.300q", err, got)
				}
			}
			for range 10 {
				ask()
			}
			eventually(t, "the keeper knows the date", func() bool { return s.date.text.Load() != nil })
			if !strings.HasSuffix(string(got), c.answer) {
				t.Fatalf("got %.300q", got)
			}
			const requests = 500
			reads, writes := l.reads.Load(), l.writes.Load()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range requests {
				ask()
			}
			runtime.ReadMemStats(&after)
			// A few are the test's own, and the keeper's.
			if allocs := (after.Mallocs - before.Mallocs) / requests; allocs > c.allocs {
				t.Errorf("%d allocations for a request, want at most %d", allocs, c.allocs)
			}
			if reads, writes = l.reads.Load()-reads, l.writes.Load()-writes; reads > requests+1 || writes > requests {
				t.Errorf("%d reads and %d writes for %d requests", reads, writes, requests)
			}
		})
	}
}
