// Package http1 serves the plain part of HTTP/1.1 at a fraction of what net/http spends on a request: no goroutine beside
// the connection's own, no timers, and the memory of a request is used again for the next one where that is safe.
//
// It takes only requests that leave no doubt: canonical lines, one Content-Length or none, a body that is small and comes
// at once, a path that the router answers on its hot path. Everything else (HTTP/2, chunked bodies, upgrades, a header that
// is large, odd or malformed) is left unread and goes, with its connection, to net/http, which also refuses what has to be
// refused. What is taken is understood exactly as net/http understands it; a fuzz test holds the two against each other.
//
// Begin with Server, then conn.go for the life of a connection and head.go for what is plain.
package http1

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Options are what a Server is made of.
type Options struct {
	Handler http.Handler
	// Takes tells whether requests for a path are served here; those for others go to Rest.
	Takes func(path string) bool
	// Rest is given connections with whatever is not plain, also while the server shuts down. It owns them.
	Rest func(net.Conn)
	// FirstTimeout is how long a connection may wait for its first request, IdleTimeout for each further one; 0: for ever. A
	// request that has begun and does not end within a second goes to Rest, so that its timeouts are Rest's.
	FirstTimeout, IdleTimeout time.Duration
	Logger                    *slog.Logger // of handlers that panic
}

// Server serves connections. Responses have to be written by the goroutine of their handler, as a whole or in parts;
// handlers cannot take a connection over, nor send trailers.
type Server struct {
	options Options
	date    date

	mu       sync.Mutex
	closing  bool
	listener net.Listener  // nil before Serve
	conns    []*conn       // in no order
	changed  chan struct{} // closed when the last connection goes while the server is closing
	awake    chan struct{} // wakes the keeper when there is a first connection; of size 1
	stopped  chan struct{} // closed by Close
	owned    sync.WaitGroup
}

// New makes a Server.
func New(o Options) *Server {
	return &Server{
		options: o, changed: make(chan struct{}), awake: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
}

// slowestAccept bounds the wait after an error that may pass, such as too many open files.
const slowestAccept = time.Second

// Serve accepts connections until the server is closed, and then returns http.ErrServerClosed. It is called once.
func (s *Server) Serve(l net.Listener) error {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		_ = l.Close()
		return http.ErrServerClosed
	}
	s.listener = l
	s.owned.Go(s.keep)
	s.mu.Unlock()
	wait := 5 * time.Millisecond
	for {
		accepted, err := l.Accept()
		if err == nil {
			wait = 5 * time.Millisecond
			s.begin(accepted)
			continue
		}
		var passing interface{ Temporary() bool }
		switch {
		case s.isClosing():
			return http.ErrServerClosed
		case !errors.As(err, &passing) || !passing.Temporary():
			return err
		}
		s.options.Logger.Warn("a connection could not be accepted", "error", err, "again_in", wait)
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-s.stopped:
			timer.Stop()
		}
		wait = min(2*wait, slowestAccept)
	}
}

// begin serves a connection in a goroutine of its own.
func (s *Server) begin(accepted net.Conn) {
	c := newConn(s, accepted)
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		_ = accepted.Close()
		return
	}
	c.at = len(s.conns)
	s.conns = append(s.conns, c)
	s.owned.Add(1)
	first := len(s.conns) == 1
	s.mu.Unlock()
	if first {
		select {
		case s.awake <- struct{}{}:
		default:
		}
	}
	go func() {
		defer s.owned.Done()
		var rest net.Conn
		defer func() { s.end(c, rest) }()
		rest = c.serve()
	}()
}

// end forgets a connection; rest is what goes to net/http, nil if it is closed.
func (s *Server) end(c *conn, rest net.Conn) {
	if rest != nil {
		s.options.Rest(rest) // before it is forgotten: who shuts this server down shuts the other one down after it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	last := len(s.conns) - 1
	moved := s.conns[last]
	s.conns[c.at], moved.at, s.conns[last] = moved, c.at, nil
	s.conns = s.conns[:last]
	if s.closing && len(s.conns) == 0 {
		close(s.changed)
	}
}

func (s *Server) isClosing() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closing
}

// close stops accepting, once.
func (s *Server) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return
	}
	s.closing = true
	if s.listener != nil {
		_ = s.listener.Close()
	}
	if len(s.conns) == 0 {
		close(s.changed)
	}
	for _, c := range s.conns {
		c.closing.Store(true)
		if current := phase(c.phase.Load()); current.activity() == idle {
			c.expire(current)
		}
	}
}

// Shutdown stops accepting, closes connections as they become idle, and returns when all have ended. When ctx ends before, it
// returns its error, and the others go on until Close.
func (s *Server) Shutdown(ctx context.Context) error {
	s.close()
	select {
	case <-s.changed:
		s.Close()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lastWait bounds how long Close waits for handlers.
const lastWait = time.Second

// Close cuts off what is under way and waits for its end, but not for handlers that do not mind their context.
func (s *Server) Close() {
	s.close()
	s.mu.Lock()
	select {
	case <-s.stopped:
	default:
		close(s.stopped)
	}
	for _, c := range s.conns {
		c.abort()
	}
	s.mu.Unlock()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.owned.Wait()
	}()
	timer := time.NewTimer(lastWait)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
}
