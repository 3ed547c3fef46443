package http1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// eventually polls until something holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patient); !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("it does not come true: %s", what)
		}
	}
}

// echo answers with what came.
var echo = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
	}
	_, _ = fmt.Fprintf(w, "%s %s", r.URL.Path, body)
})

func post(path, body string) string {
	return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
}

// expect reads one answer, and compares its body.
func expect(t testing.TB, from *bufio.Reader, want string) {
	t.Helper()
	answerOf(t, from, want)
}

// answer is a response without its body.
type answer struct {
	status int
	header http.Header
	closes bool // the connection
}

// answerOf is expect, and gives the rest of the response.
func answerOf(t testing.TB, from *bufio.Reader, want string) answer {
	t.Helper()
	r, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatalf("want %q: %v", want, err)
	}
	body, err := io.ReadAll(r.Body)
	_ = r.Body.Close()
	if err != nil || string(body) != want {
		t.Fatalf("got %q, %v, want %q", body, err, want)
	}
	return answer{r.StatusCode, r.Header, r.Close}
}

func send(t testing.TB, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

func expectClosed(t testing.TB, from io.Reader) {
	t.Helper()
	if n, err := from.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		t.Fatalf("got %d bytes, %v; want a connection that is closed", n, err)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

func (s *Server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func TestPipelinedRequests(t *testing.T) {
	t.Parallel()
	address, _ := startServer(t, Options{Handler: echo})
	c := dial(t, address)
	from := bufio.NewReader(c)
	var all strings.Builder
	const requests = 500
	for i := range requests { // far more than a buffer holds, so that some are cut in two
		all.WriteString(post("/p", fmt.Sprint(i, strings.Repeat("x", i))))
	}
	written := make(chan error, 1)
	go func() { _, err := io.WriteString(c, all.String()); written <- err }()
	for i := range requests {
		expect(t, from, fmt.Sprint("/p ", i, strings.Repeat("x", i)))
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

func TestRequestInSingleBytes(t *testing.T) {
	t.Parallel()
	address := startWithRest(t, Options{Handler: echo}, nil)
	c := dial(t, address)
	from := bufio.NewReader(c)
	for range 3 {
		for _, b := range []byte(post("/slow", "in bytes")) {
			send(t, c, string(b))
		}
		expect(t, from, "/slow in bytes")
	}
}

// startWithRest has net/http for what is not taken; handed counts that, and may be nil.
func startWithRest(t testing.TB, o Options, handed *atomic.Int64) (address string) {
	t.Helper()
	o.Rest = restOf(t, o.Handler, handed)
	address, _ = startServer(t, o)
	return address
}

// restOf is net/http for connections that are given away.
func restOf(t testing.TB, handler http.Handler, handed *atomic.Int64) func(net.Conn) {
	t.Helper()
	rest := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	t.Cleanup(func() { _ = rest.Close() })
	return func(c net.Conn) {
		if handed != nil {
			handed.Add(1)
		}
		_ = rest.Serve(&once{c: c}) // always an error: there is one connection
	}
}

// TestNotPlainGoesToRest, unread, also after plain requests and with what follows.
func TestNotPlainGoesToRest(t *testing.T) {
	t.Parallel()
	const chunked = "POST /chunked HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
	for name, first := range map[string]struct{ text, want string }{
		"chunked":     {chunked, "/chunked abc"},
		"other path":  {post("/other", "a"), "/other a"},
		"large body":  {post("/p", strings.Repeat("y", largestBody+1)), "/p " + strings.Repeat("y", largestBody+1)},
		"long header": {"GET /p HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("b", largestHeader) + "\r\n\r\n", "/p "},
		"PUT":         {strings.Replace(post("/p", "a"), "POST", "PUT", 1), "/p a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var handed atomic.Int64
			c := dial(t, startWithRest(t, Options{Handler: echo, Takes: func(path string) bool { return path != "/other" }}, &handed))
			from := bufio.NewReader(c)
			send(t, c, post("/p", "before"))
			expect(t, from, "/p before")
			if handed.Load() != 0 {
				t.Fatal("a plain request was given away")
			}
			send(t, c, post("/p", "just before")+first.text+post("/p", "after"))
			expect(t, from, "/p just before")
			expect(t, from, first.want)
			expect(t, from, "/p after")
			if handed.Load() != 1 {
				t.Errorf("the connection was given away %d times, want once", handed.Load())
			}
		})
	}
}

// TestStalledRequestGoesToRest, which waits by its own rules.
func TestStalledRequestGoesToRest(t *testing.T) {
	t.Parallel()
	text := post("/p", "the body")
	for name, cut := range map[string]int{"first byte": 1, "header": 20, "end of the header": len(text) - len("the body") - 2, "body": len(text) - 3} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var handed atomic.Int64
			c := dial(t, startWithRest(t, Options{Handler: echo}, &handed))
			from := bufio.NewReader(c)
			send(t, c, text+text[:cut])
			expect(t, from, "/p the body")
			eventually(t, "it is given away", func() bool { return handed.Load() == 1 })
			send(t, c, text[cut:]+text)
			expect(t, from, "/p the body")
			expect(t, from, "/p the body")
		})
	}
}

// TestHalfARequest: a client that closes in the middle gets what net/http says to it.
func TestHalfARequest(t *testing.T) {
	t.Parallel()
	address := startWithRest(t, Options{Handler: echo}, nil)
	text := post("/p", "the body")
	for _, cut := range []int{10, len(text) - 2} {
		c := dial(t, address)
		send(t, c, text[:cut])
		_ = c.(*net.TCPConn).CloseWrite()
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || answer.StatusCode != http.StatusBadRequest {
			t.Errorf("cut at %d: got %v, %v", cut, answer, err)
			continue
		}
		_ = answer.Body.Close()
	}
}

func TestConnectionsThatAreNoSockets(t *testing.T) {
	t.Parallel()
	mine, theirs := net.Pipe()
	_ = mine.SetDeadline(time.Now().Add(patient))
	var handed atomic.Int64
	serveOn(t, &queue{conns: []net.Conn{theirs}, closed: make(chan struct{})}, Options{Handler: echo, Rest: restOf(t, echo, &handed)})
	from := bufio.NewReader(mine)
	send(t, mine, post("/p", "a"))
	expect(t, from, "/p a")
	if handed.Load() != 1 {
		t.Errorf("given away %d times", handed.Load())
	}
	_ = mine.Close()
}

// queue is a listener with errors and connections that are there already.
type queue struct {
	errs   []error
	conns  []net.Conn
	end    error // after them; nil: it waits to be closed
	closed chan struct{}
	once   sync.Once
}

func (q *queue) Accept() (net.Conn, error) {
	if len(q.errs) > 0 {
		err := q.errs[0]
		q.errs = q.errs[1:]
		return nil, err
	}
	if len(q.conns) > 0 {
		c := q.conns[0]
		q.conns = q.conns[1:]
		return c, nil
	}
	if q.end != nil {
		return nil, q.end
	}
	<-q.closed
	return nil, net.ErrClosed
}

func (q *queue) Close() error   { q.once.Do(func() { close(q.closed) }); return nil }
func (q *queue) Addr() net.Addr { return &net.TCPAddr{} }

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	serveOn(t, listenLocal(t, "unix", path), Options{Handler: echo})
	c := dial(t, path)
	from := bufio.NewReader(c)
	for range 3 {
		send(t, c, post("/p", "a"))
		expect(t, from, "/p a")
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	address, s := startServer(t, Options{Handler: echo, FirstTimeout: time.Hour, IdleTimeout: 2 * tick})
	unused, used := dial(t, address), dial(t, address)
	from := bufio.NewReader(used)
	send(t, used, post("/p", "a"))
	expect(t, from, "/p a")
	expectClosed(t, from)
	eventually(t, "it is forgotten", func() bool { return s.count() == 1 })
	send(t, unused, post("/p", "b"))
	expect(t, bufio.NewReader(unused), "/p b")
}

// TestNewConnectionsAreClosed when no request comes; others may wait for the next one.
func TestNewConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	address, s := startServer(t, Options{Handler: echo, FirstTimeout: 40 * tick, IdleTimeout: time.Hour})
	unused, used := dial(t, address), dial(t, address)
	from := bufio.NewReader(used)
	send(t, used, post("/p", "a"))
	expect(t, from, "/p a")
	expectClosed(t, bufio.NewReader(unused))
	eventually(t, "it is forgotten", func() bool { return s.count() == 1 })
	send(t, used, post("/p", "b"))
	expect(t, from, "/p b")
}

// TestKeeperRests without connections, and wakes with the next one.
func TestKeeperRests(t *testing.T) {
	t.Parallel()
	address, s := startServer(t, Options{Handler: echo})
	for range 3 {
		eventually(t, "the keeper rests", func() bool { return s.count() == 0 && s.date.text.Load() == nil })
		c := dial(t, address)
		from := bufio.NewReader(c)
		send(t, c, post("/p", "a"))
		answer := answerOf(t, from, "/p a")
		at, err := http.ParseTime(answer.header.Get("Date"))
		if age := time.Since(at); err != nil || age > patient || age < -time.Second {
			t.Errorf("the date is %q, %v", answer.header.Get("Date"), err)
		}
		eventually(t, "the keeper is awake", func() bool { return s.date.text.Load() != nil })
		_ = c.Close()
	}
}

// TestManyConnections come and go, with requests and without.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	address, s := startServer(t, Options{Handler: echo})
	var clients sync.WaitGroup
	for i := range 200 {
		clients.Go(func() {
			c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(patient))
			from := bufio.NewReader(c)
			for range i % 4 {
				if _, err := io.WriteString(c, post("/p", "a")); err != nil {
					t.Error(err)
					return
				}
				response, err := http.ReadResponse(from, nil)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if err != nil || string(body) != "/p a" {
					t.Errorf("got %q, %v", body, err)
					return
				}
			}
		})
	}
	clients.Wait()
	eventually(t, "all are forgotten", func() bool { return s.count() == 0 })
}

// TestAcceptErrors: those that pass are waited for, others end Serve.
func TestAcceptErrors(t *testing.T) {
	t.Parallel()
	l := listenLocal(t, "tcp", "127.0.0.1:0")
	defer l.Close()
	client := dial(t, l.Addr().String())
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	final := errors.New("final")
	s := New(Options{Handler: echo, Takes: func(string) bool { return true }, Logger: discard})
	defer s.Close()
	q := &queue{errs: []error{passingError{}, passingError{}}, conns: []net.Conn{accepted}, end: final, closed: make(chan struct{})}
	if err := s.Serve(q); err != final { //nolint:errorlint // it is this one
		t.Errorf("got %v", err)
	}
	send(t, client, post("/p", "a"))
	expect(t, bufio.NewReader(client), "/p a")
}

type passingError struct{}

func (passingError) Error() string   { return "passing" }
func (passingError) Temporary() bool { return true }

func TestHandlersThatEndTheirGoroutine(t *testing.T) {
	t.Parallel()
	address, s := startServer(t, Options{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { runtime.Goexit() })})
	c := dial(t, address)
	send(t, c, post("/p", "a"))
	expectClosed(t, c)
	eventually(t, "it is forgotten", func() bool { return s.count() == 0 })
}
