// Package gather lets a response leave in one system call. net/http writes the first four kilobytes of a large response as
// soon as its buffer is full, and the rest after them: two calls, and a client that is woken for a piece. Who knows how long
// a response is tells its connection, which then waits for the rest.
package gather

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// Listener accepts connections that can gather. A server on it needs ConnContext too.
func Listener(l net.Listener) net.Listener { return listener{l} }

type listener struct{ net.Listener }

// Accept implements net.Listener.
func (l listener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

type connKey struct{}

// ConnContext is for http.Server.ConnContext.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if gathering, ok := c.(*conn); ok {
		return context.WithValue(ctx, connKey{}, gathering)
	}
	return ctx
}

// smallest is the length from which it is worth it: net/http's buffer takes shorter responses with their header.
const smallest = 2 << 10

// Expect tells the connection of a request that a response with a body of that many bytes is going to be written. It must
// be, as a whole and at once. It does nothing where several responses, or encryption, share the connection's bytes, and
// where net/http leaves the body out.
func Expect(r *http.Request, status, bytes int) {
	if bytes < smallest || r.ProtoMajor != 1 || r.TLS != nil || r.Method == http.MethodHead ||
		status < 200 || status == http.StatusNoContent || status == http.StatusNotModified {
		return
	}
	if c, ok := r.Context().Value(connKey{}).(*conn); ok {
		c.expected = bytes
	}
}

// conn holds back what is written until what is expected is there. Only the goroutine that serves the connection writes; with
// HTTP/2 several do, but then nothing is expected, and nothing here changes.
type conn struct {
	net.Conn
	expected int     // bytes that are still to come before anything leaves
	held     *[]byte // nil: nothing
	parts    [2][]byte
	vector   net.Buffers // of parts
}

// pieces holds what connections hold back: at most net/http's buffer.
var pieces = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// Write implements net.Conn.
func (c *conn) Write(data []byte) (int, error) {
	switch {
	case len(data) < c.expected && c.held == nil:
		c.held = pieces.Get().(*[]byte)
		*c.held = append((*c.held)[:0], data...)
		c.expected -= len(data)
		return len(data), nil
	case c.held == nil:
		if c.expected != 0 { // with HTTP/2 it never is, and other goroutines look at it
			c.expected = 0
		}
		return c.Conn.Write(data)
	}
	before := len(*c.held)
	n, err := c.release(data)
	return max(0, int(n)-before), err
}

// release writes what is held, and data after it.
func (c *conn) release(data []byte) (int64, error) {
	held := c.held
	c.expected, c.held = 0, nil
	c.parts = [2][]byte{*held, data}
	c.vector = c.parts[:]
	n, err := c.write(&c.vector)
	c.parts, c.vector = [2][]byte{}, nil
	pieces.Put(held)
	return n, err
}

// write lets the connection below write pieces in its own way, if it has one.
func (c *conn) write(pieces *net.Buffers) (int64, error) {
	if own, ok := c.Conn.(interface {
		WriteBuffers(pieces *net.Buffers) (int64, error)
	}); ok {
		return own.WriteBuffers(pieces)
	}
	return pieces.WriteTo(c.Conn)
}

// SetReadDeadline implements net.Conn. net/http calls it when it has written a response: nothing may be held then.
func (c *conn) SetReadDeadline(t time.Time) error {
	if c.expected != 0 {
		c.expected = 0
	}
	if c.held != nil {
		if _, err := c.release(nil); err != nil {
			return err
		}
	}
	return c.Conn.SetReadDeadline(t)
}

// CloseWrite is what net/http closes connections with before it waits for the client to do so.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
