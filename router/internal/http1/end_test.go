package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// never is a deadline that does not come.
var never = time.Now().Add(time.Hour)

var discard = slog.New(slog.DiscardHandler)

// held is a handler that waits until it may go on, or its context ends.
type held struct {
	begun chan context.Context
	goOn  chan struct{}
	ended chan error // what the context ended with; nil: the handler could go on
}

func newHeld() *held {
	return &held{begun: make(chan context.Context, 100), goOn: make(chan struct{}), ended: make(chan error, 100)}
}

func (h *held) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.begun <- r.Context()
	select {
	case <-h.goOn:
		h.ended <- nil
		_, _ = io.WriteString(w, "held")
	case <-r.Context().Done():
		h.ended <- r.Context().Err()
	}
}

// TestClientsThatGo: the context of their request ends, whether they are gone altogether or for sending.
func TestClientsThatGo(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*net.TCPConn){
		"closed": func(c *net.TCPConn) { _ = c.Close() },
		"half":   func(c *net.TCPConn) { _ = c.CloseWrite() },
		"reset":  func(c *net.TCPConn) { _ = c.SetLinger(0); _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHeld()
			address, s := startServer(t, Options{Handler: h})
			c := dial(t, address)
			send(t, c, post("/p", "a"))
			<-h.begun
			leave(c.(*net.TCPConn))
			if err := <-h.ended; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			eventually(t, "it is forgotten", func() bool { return s.count() == 0 })
		})
	}
}

// TestClientsThatStay are not taken for others: neither those that have sent their next request already, nor those whose
// request came at the moment in which the wait for it was over.
func TestClientsThatStay(t *testing.T) {
	t.Parallel()
	h := newHeld()
	address, s := startServer(t, Options{Handler: h})
	c := dial(t, address)
	from := bufio.NewReader(c)
	send(t, c, post("/p", "a")+post("/p", "b"))
	ctx := <-h.begun
	s.mu.Lock()
	for _, its := range s.conns {
		its.mu.Lock()
		its.expired = 1 // a phase that is over
		_ = its.SetReadDeadline(aLongTimeAgo)
		its.mu.Unlock()
	}
	s.mu.Unlock()
	eventually(t, "the keeper has looked", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, its := range s.conns {
			its.mu.Lock()
			defer its.mu.Unlock()
			return its.expired == 0
		}
		return false
	})
	if ctx.Err() != nil {
		t.Errorf("the request has ended: %v", ctx.Err())
	}
	close(h.goOn)
	expect(t, from, "held")
	expect(t, from, "held")
	send(t, c, post("/p", "c"))
	expect(t, from, "held")
}

// TestShutdown closes idle connections at once, and waits for requests, whose answers say that they are the last.
func TestShutdown(t *testing.T) {
	t.Parallel()
	h := newHeld()
	address, s := startServer(t, Options{Handler: h})
	idle, busy := dial(t, address), dial(t, address)
	eventually(t, "both are there", func() bool { return s.count() == 2 })
	send(t, busy, post("/p", "a"))
	<-h.begun
	ended := make(chan error, 1)
	go func() { ended <- s.Shutdown(t.Context()) }()
	expectClosed(t, idle)
	if c, err := net.Dial("tcp", address); err == nil {
		_ = c.Close()
		t.Error("a connection is taken")
	}
	select {
	case err := <-ended:
		t.Fatalf("it did not wait: %v", err)
	default:
	}
	close(h.goOn)
	from := bufio.NewReader(busy)
	if answer := answerOf(t, from, "held"); !answer.closes {
		t.Error("the answer does not say that it is the last")
	}
	expectClosed(t, from)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("the second time: %v", err)
	}
}

// TestShutdownLosesNothing that has reached the server.
func TestShutdownLosesNothing(t *testing.T) {
	t.Parallel()
	lost := 0
	for range 30 {
		address, s := startServer(t, Options{Handler: echo})
		c := dial(t, address)
		from := bufio.NewReader(c)
		send(t, c, post("/p", "a"))
		expect(t, from, "/p a")
		send(t, c, post("/p", "b"))
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(from, nil)
		if err != nil {
			lost++
			continue
		}
		_ = answer.Body.Close()
	}
	if lost > 0 {
		t.Errorf("%d of 30 requests were lost", lost)
	}
}

// TestShutdownInTime: when its time is over the others go on until Close.
func TestShutdownInTime(t *testing.T) {
	t.Parallel()
	h := newHeld()
	address, s := startServer(t, Options{Handler: h})
	c := dial(t, address)
	send(t, c, post("/p", "a"))
	<-h.begun
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	select {
	case err := <-h.ended:
		t.Errorf("the request has ended: %v", err)
	default:
	}
	s.Close()
	if err := <-h.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	expectClosed(t, c)
	if s.count() != 0 {
		t.Error("the connection is still there")
	}
}

// TestShutdownHandsOver what is not whole yet, before it returns.
func TestShutdownHandsOver(t *testing.T) {
	t.Parallel()
	var handed atomic.Int64
	address, s := startServer(t, Options{Handler: echo, Rest: restOf(t, echo, &handed)})
	c := dial(t, address)
	send(t, c, post("/p", "whole")[:30])
	eventually(t, "it is being read", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, its := range s.conns {
			return phase(its.phase.Load()).activity() == reading
		}
		return false
	})
	if err := s.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if handed.Load() != 1 {
		t.Fatalf("given away %d times", handed.Load())
	}
	send(t, c, post("/p", "whole")[30:])
	expect(t, bufio.NewReader(c), "/p whole")
}

// TestCloseLeavesHandlersBehind that do not mind their context.
func TestCloseLeavesHandlersBehind(t *testing.T) {
	t.Parallel()
	begun, goOn, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	address, s := startServer(t, Options{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		defer close(ended)
		close(begun)
		<-goOn
	})})
	c := dial(t, address)
	send(t, c, post("/p", "a"))
	<-begun
	s.Close()
	expectClosed(t, c)
	close(goOn)
	<-ended
	eventually(t, "it is forgotten", func() bool { return s.count() == 0 })
}

func TestServeAfterClose(t *testing.T) {
	t.Parallel()
	l := listenLocal(t, "tcp", "127.0.0.1:0")
	s := New(Options{Handler: echo, Logger: discard})
	s.Close()
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		t.Errorf("got %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener is open: %v", err)
	}
	s.Close()
}

// TestCloseWhileEverythingHappens: connections come, ask, stall and go while the server is closed.
func TestCloseWhileEverythingHappens(t *testing.T) {
	t.Parallel()
	for range 20 {
		l := listenLocal(t, "tcp", "127.0.0.1:0")
		s := New(Options{Handler: echo, Takes: func(string) bool { return true }, Rest: restOf(t, echo, nil), Logger: discard})
		served, stop := make(chan error, 1), make(chan struct{})
		go func() { served <- s.Serve(l) }()
		clients := make(chan struct{}, 8)
		for i := range cap(clients) {
			go func() {
				defer func() { clients <- struct{}{} }()
				for n := i; ; n++ {
					select {
					case <-stop:
						return
					default:
					}
					c, err := net.Dial("tcp", l.Addr().String())
					if err != nil {
						continue
					}
					_ = c.SetDeadline(time.Now().Add(patient))
					text := post("/p", "abc")
					_, _ = io.WriteString(c, text+text[:n%len(text)]) // it may be closed
					if answer, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
						_ = answer.Body.Close()
					}
					_ = c.Close()
				}
			}()
		}
		eventually(t, "some are there", func() bool { return s.count() > 2 })
		s.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("got %v", err)
		}
		close(stop)
		for range cap(clients) {
			<-clients
		}
		if s.count() != 0 {
			t.Errorf("%d connections are still there", s.count())
		}
	}
}
