// Package slowread cuts off clients that do not read what they have asked for: they would hold a connection, the memory of
// an answer and a place among the requests under way for as long as they like.
//
// A client has a time in which it has to take the next part of what is written to it. How long the router takes to write
// something does not count, so that streams live as long as they go on. On the connection a deadline stands before each
// write, below TLS and HTTP: it costs a response no allocation. A client of HTTP/2 can hold back one response while its
// connection goes on (RFC 9113, section 5.2); Handler sees to those.
package slowread

import (
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"
)

// leastProgress is how many bytes a client has to take in the time: by a trickle it could hold a large answer for hours.
const leastProgress = 256 << 10

// Guard cuts off clients. It is safe for concurrent use.
type Guard struct {
	timeout time.Duration
	cut     func()
}

// New makes a Guard that gives clients the time. cut hears of each one that is cut off; nil: nobody. With no time, or less,
// clients have any time, and the Guard is nil, which changes nothing.
func New(timeout time.Duration, cut func()) *Guard {
	if timeout <= 0 {
		return nil
	}
	if cut == nil {
		cut = func() {}
	}
	return &Guard{timeout: timeout, cut: cut}
}

// Listener guards the connections of next.
func (g *Guard) Listener(next net.Listener) net.Listener {
	if g == nil {
		return next
	}
	return listener{next, g}
}

type listener struct {
	net.Listener
	guard *Guard
}

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	next, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: next, guard: l.guard}, nil
}

// conn is a connection whose writes have a deadline of their own. Others' deadlines hold too, where they are earlier.
type conn struct {
	net.Conn
	guard  *Guard
	theirs atomic.Int64 // deadline of others for writes, in Unix nanoseconds; 0: none
}

// Write implements net.Conn.
func (c *conn) Write(p []byte) (int, error) {
	written, err := c.guarded(func(written int64) (int64, error) {
		n, err := c.Conn.Write(p[written:])
		return int64(n), err
	})
	return int(written), err
}

// NetConn gives the connection below.
func (c *conn) NetConn() net.Conn { return c.Conn }

// WriteBuffers is Write for pieces that leave together; it takes from pieces what was written.
func (c *conn) WriteBuffers(pieces *net.Buffers) (int64, error) {
	return c.guarded(func(int64) (int64, error) { return pieces.WriteTo(c.Conn) })
}

// CloseWrite is what net/http closes connections with before it waits for the client to do so.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

// guarded writes with a deadline. It goes on after that when enough was taken meanwhile.
func (c *conn) guarded(write func(written int64) (int64, error)) (written int64, err error) {
	for {
		deadline, own := time.Now().Add(c.guard.timeout), true
		if theirs := c.theirs.Load(); theirs != 0 && theirs < deadline.UnixNano() {
			deadline, own = time.Unix(0, theirs), false
		}
		if err := c.Conn.SetWriteDeadline(deadline); err != nil {
			return written, err
		}
		n, err := write(written)
		written += n
		if err == nil || !own || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		if n < leastProgress {
			c.guard.cut()
			return written, err
		}
	}
}

// SetWriteDeadline implements net.Conn. net/http takes its deadline back after every request: each write sets one anyway.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.keep(t)
	if t.IsZero() {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

// SetDeadline implements net.Conn.
func (c *conn) SetDeadline(t time.Time) error {
	c.keep(t)
	return c.Conn.SetDeadline(t)
}

func (c *conn) keep(t time.Time) {
	if t.IsZero() {
		c.theirs.Store(0)
		return
	}
	c.theirs.Store(t.UnixNano())
}
