package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// wire is a client's connection to a router, on which requests are written as they are.
type wire struct {
	net.Conn
	from *bufio.Reader
}

func dialWire(t testing.TB, r *router) *wire {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(3 * patience))
	return &wire{conn, bufio.NewReader(conn)}
}

// ask gives the status line, the header in order without its date, and the body.
func (w *wire) ask(request string) (string, error) {
	if _, err := io.WriteString(w, request); err != nil {
		return "", err
	}
	response, err := http.ReadResponse(w.from, nil)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	response.Header.Del("Date")
	var header strings.Builder
	_ = response.Header.Write(&header) // never fails; in order
	lines := slices.DeleteFunc(strings.Split(header.String(), "\r\n"), func(line string) bool {
		return strings.HasPrefix(line, "Ratelimit-") // they change with each request
	})
	return fmt.Sprintf("%s %s\n%s\n%d bytes, %v, closes %t\n%s", response.Proto, response.Status, strings.Join(lines, "\n"), response.ContentLength, response.TransferEncoding, response.Close, body), nil
}

// TestBothServersSayTheSame: a body in chunks goes to net/http, one with a length does not; clients see no difference.
func TestBothServersSayTheSame(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 20_000)
	s := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		reply(w, fmt.Sprintf(`{"data":{"a":%q,"long":%q}}`, r.Header.Get("X-A"), long))
	})
	r := start(t, options{
		Supergraph: supergraphOf(t, graph{"a", s.URL, `type Query { a: String long: String }`}),
		Config:     "headers: {all: {request: [{propagate: x-a}]}}\ncors: {origins: [\"https://a.example\"]}\nlimits: {batch: 3}\ncsrf: {enabled: true}",
	})
	for name, c := range map[string]struct{ header, body string }{
		"query":             {"X-A: 1\r\n", `{"query":"{ a }"}`},
		"large answer":      {"", `{"query":"{ long }"}`},
		"compressed":        {"Accept-Encoding: gzip\r\n", `{"query":"{ long }"}`},
		"media type":        {"Accept: application/graphql-response+json\r\n", `{"query":"{ a }"}`},
		"no media type":     {"Accept: text/html\r\n", `{"query":"{ a }"}`},
		"other origin":      {"Origin: https://a.example\r\n", `{"query":"{ a }"}`},
		"batch":             {"X-A: 1\r\n", `[{"query":"{ a }"},{"query":"{ b }"}]`},
		"not valid":         {"", `{"query":"{ b }"}`},
		"not valid, mime":   {"Accept: application/graphql-response+json\r\n", `{"query":"{ b }"}`},
		"no JSON":           {"", `{"query"`},
		"nothing":           {"", ``},
		"another type":      {"Content-Type: text/plain\r\n", `{"query":"{ a }"}`},
		"twice a name":      {"X-A: 1\r\nx-a: 2\r\n", `{"query":"{ a }"}`},
		"broken token":      {"Authorization: Bearer x\r\n", `{"query":"{ a }"}`},
		"unknown operation": {"", `{"query":"{ a }","operationName":"B"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := "Host: router\r\n" + c.header
			if !strings.Contains(header, "Content-Type") {
				header += "Content-Type: application/json\r\n"
			}
			plain := fmt.Sprintf("POST /graphql HTTP/1.1\r\n%sContent-Length: %d\r\n\r\n%s", header, len(c.body), c.body)
			chunk := ""
			if c.body != "" {
				chunk = fmt.Sprintf("%x\r\n%s\r\n", len(c.body), c.body)
			}
			chunked := "POST /graphql HTTP/1.1\r\n" + header + "Transfer-Encoding: chunked\r\n\r\n" + chunk + "0\r\n\r\n"
			w := dialWire(t, r)
			first, err := w.ask(plain)
			if err != nil {
				t.Fatal(err)
			}
			for _, request := range []string{plain, chunked, chunked, plain} { // from the second on net/http has the connection
				if got, err := w.ask(request); err != nil || got != first {
					t.Errorf("got %.2000s\n%v, want %.2000s\nfor %s", got, err, first, request)
				}
			}
		})
	}
}

// TestClientsThatGoEndTheirFetches, also with the connection to the router in use before.
func TestClientsThatGoEndTheirFetches(t *testing.T) {
	t.Parallel()
	begun, ended := make(chan struct{}, 1), make(chan struct{}, 1)
	s := subgraph(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Hang") == "" {
			reply(w, `{"data":{"a":"b"}}`)
			return
		}
		begun <- struct{}{}
		select {
		case <-r.Context().Done():
			ended <- struct{}{}
		case <-time.After(patience):
		}
	})
	r := start(t, options{
		Supergraph: supergraphOf(t, graph{"a", s.URL, `type Query { a: String }`}),
		Config:     "headers: {all: {request: [{propagate: x-hang}]}}\nsubgraphs: {all: {retry: {enabled: false}}}",
	})
	const request = "POST /graphql HTTP/1.1\r\nHost: x\r\n%sContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"query\":\"{ a }\"}"
	for name, leave := range map[string]func(*net.TCPConn) error{"closed": (*net.TCPConn).Close, "half": (*net.TCPConn).CloseWrite} {
		w := dialWire(t, r)
		for range 2 {
			if _, err := w.ask(fmt.Sprintf(request, "")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := fmt.Fprintf(w, request, "X-Hang: 1\r\n"); err != nil {
			t.Fatal(err)
		}
		<-begun
		if err := leave(w.Conn.(*net.TCPConn)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ended:
		case <-time.After(patience):
			t.Errorf("%s: the fetch goes on", name)
		}
	}
}

// TestDrainingUnderLoadLosesNothing: clients keep their connections and ask as fast as they can, half of them in chunks, which
// are net/http's, until an answer says that it is the last. Each request gets its answer.
func TestDrainingUnderLoadLosesNothing(t *testing.T) {
	t.Parallel()
	s := subgraph(t, data(`{"a":"b"}`))
	r := start(t, options{
		Supergraph: supergraphOf(t, graph{"a", s.URL, `type Query { a: String }`}), Config: unshared + "traffic: {drain: 2s}",
	})
	const plain = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"query\":\"{ a }\"}"
	const chunked = "POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11\r\n{\"query\":\"{ a }\"}\r\n0\r\n\r\n"
	var good atomic.Int64
	var clients sync.WaitGroup
	for i := range 16 {
		request := []string{plain, chunked}[i%2]
		w := dialWire(t, r)
		clients.Go(func() {
			for {
				got, err := w.ask(request)
				if err != nil || !strings.HasSuffix(got, `{"data":{"a":"b"}}`) {
					t.Errorf("got %s, %v", got, err)
					return
				}
				good.Add(1)
				if strings.Contains(got, "closes true") {
					return
				}
			}
		})
	}
	redistest.Eventually(t, "requests are answered", func() bool { return good.Load() > 500 })
	if err := r.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	clients.Wait()
	r.Stop(t)
}
