package http1

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// firstBuffer is what a connection reads into.
	firstBuffer = 4 << 10
	// keptBuffer is the largest buffer that is kept between requests.
	keptBuffer = 16 << 10
	// largestHeader and largestBody are those of plain requests.
	largestHeader = 8 << 10
	largestBody   = 64 << 10
)

// conn is one connection and, in turn, its requests.
type conn struct {
	net.Conn
	server *Server
	socket syscall.RawConn
	remote string // address
	at     int    // in server.conns; guarded by server.mu

	phase   atomic.Uint64
	closing atomic.Bool // no further request

	// The keeper's: the phase it saw last, and since when.
	seen  phase
	since time.Time

	mu      sync.Mutex // guards what follows
	expired phase      // what the keeper has ended
	current *exchange  // whose handler runs; nil between requests

	// The connection's goroutine's:
	in       []byte // buffer; in[from:] is read and not yet used
	from     int
	head     head
	exchange *exchange // to be used again; nil: none
	out      []byte    // what is to be written
	pieces   [2][]byte
	vector   net.Buffers // of pieces
}

func newConn(s *Server, accepted net.Conn) *conn {
	c := &conn{Conn: accepted, server: s, in: make([]byte, 0, firstBuffer), socket: socketOf(accepted)}
	if address := accepted.RemoteAddr(); address != nil {
		c.remote = address.String()
	}
	c.turn(idle) // a phase that the keeper has not seen
	return c
}

// socketOf looks below wrappers; nil: there is no socket, or none that can be looked at.
func socketOf(c net.Conn) syscall.RawConn {
	if !canLook {
		return nil
	}
	for {
		switch below := c.(type) {
		case syscall.Conn:
			raw, err := below.SyscallConn()
			if err != nil {
				return nil
			}
			return raw
		case interface{ NetConn() net.Conn }:
			c = below.NetConn()
		default:
			return nil
		}
	}
}

// turn goes on to another activity.
func (c *conn) turn(activity phase) {
	c.phase.Store(uint64(phase(c.phase.Load()).next(activity)))
}

// leave is turn for the end: afterwards the keeper lets the connection alone.
func (c *conn) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.turn(gone)
}

// aLongTimeAgo ends a read that waits.
var aLongTimeAgo = time.Unix(1, 0)

// expire ends the read of a phase, if it is still the current one.
func (c *conn) expire(current phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if phase(c.phase.Load()) == current {
		c.expired = current
		_ = c.SetReadDeadline(aLongTimeAgo) // a connection that is closed needs none
	}
}

// lookForClient cancels the request of a client that has gone.
func (c *conn) lookForClient(current phase) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if phase(c.phase.Load()) != current || c.current == nil {
		return
	}
	if c.expired != 0 { // the request came at the moment in which the wait for it was ended: that is over
		c.expired = 0
		_ = c.SetReadDeadline(time.Time{})
	}
	if hasGone(c.socket) {
		c.current.end.Finish(context.Canceled)
	}
}

// abort cuts the connection off.
func (c *conn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if phase(c.phase.Load()).activity() == gone {
		return
	}
	if c.current != nil {
		c.current.end.Finish(context.Canceled)
	}
	_ = c.Conn.Close()
}

// serve answers requests until the connection ends, or gives it back with a request for net/http.
func (c *conn) serve() (rest net.Conn) {
	defer func() { // also when a handler ends its goroutine
		if rest == nil {
			c.leave()
			_ = c.Conn.Close()
		}
	}()
	if c.socket == nil {
		c.leave()
		return c.Conn
	}
	for {
		length, err := c.next()
		switch {
		case err == nil:
			if c.answer(length) {
				continue
			}
		case errors.Is(err, errNotPlain):
			c.leave()
			_ = c.SetReadDeadline(time.Time{})
			return &handed{Conn: c.Conn, unread: c.in[c.from:]}
		}
		return nil
	}
}

var (
	errNotPlain = errors.New("not a plain request")
	errExpired  = errors.New("the time is over")
)

// next reads the next request: its header is in c.head then, and it is the first length bytes of what is unread.
func (c *conn) next() (length int, err error) {
	searched := 0 // bytes without the end of a header
	for {
		unread := c.in[c.from:]
		if len(unread) > 0 && length == 0 {
			end := endOfHeader(unread, searched)
			switch {
			case end > largestHeader || end < 0 && len(unread) >= largestHeader || !isMethod(unread[0]):
				return 0, errNotPlain
			case end < 0:
				searched = len(unread)
			case !c.head.read(unread[:end]) || c.head.length > largestBody || !c.server.options.Takes(c.head.path):
				return 0, errNotPlain
			default:
				length = end + int(c.head.length)
			}
		}
		if length > 0 && len(unread) >= length {
			return length, nil
		}
		if err := c.more(length); err != nil {
			return 0, err
		}
	}
}

// more reads once. A request that does not go on is for net/http to wait for.
func (c *conn) more(length int) error {
	unread := len(c.in) - c.from
	if unread == 0 {
		c.rewind()
		c.turn(idle)
		if c.closing.Load() && !hasSent(c.socket) {
			return errExpired
		}
	} else if phase(c.phase.Load()).activity() != reading {
		c.turn(reading)
	}
	if len(c.in) == cap(c.in) || cap(c.in)-c.from < length {
		c.in = append(make([]byte, 0, max(length, 2*unread, firstBuffer)), c.in[c.from:]...)
		c.from = 0
	}
	for {
		n, err := c.Read(c.in[len(c.in):cap(c.in)])
		c.in = c.in[:len(c.in)+n]
		switch {
		case n > 0 || err == nil:
			return nil
		case !errors.Is(err, os.ErrDeadlineExceeded):
			if unread > 0 {
				return errNotPlain // net/http says what is missing
			}
			return err
		case !c.isExpired():
			continue // it was meant for the phase before
		case unread > 0:
			return errNotPlain
		case !hasSent(c.socket): // else the request came just now: it is answered
			return errExpired
		}
	}
}

// isExpired tells whether the keeper has ended this phase, and makes reading possible again.
func (c *conn) isExpired() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.SetReadDeadline(time.Time{})
	return uint64(c.expired) == c.phase.Load()
}

// rewind makes the whole buffer free.
func (c *conn) rewind() {
	if cap(c.in) > keptBuffer {
		c.in = make([]byte, 0, firstBuffer)
	}
	c.in, c.from = c.in[:0], 0
}

// answer handles the request that is the next length bytes, and tells whether another one may follow.
func (c *conn) answer(length int) bool {
	x := c.exchange
	if x == nil {
		x = newExchange(c)
	}
	c.exchange = nil
	x.begin(c.in[c.from+length-int(c.head.length) : c.from+length])
	c.setCurrent(x)
	c.turn(handling)
	completed := c.handle(x)
	c.setCurrent(nil)
	c.from += length
	if x.isOver() {
		c.exchange = x
	}
	if cap(c.out) > keptBuffer {
		c.out = nil
	}
	return completed && !x.response.closes
}

func (c *conn) setCurrent(x *exchange) {
	c.mu.Lock()
	c.current = x
	c.mu.Unlock()
}

// handle calls the handler and writes what is left of the response. It is false after a panic.
func (c *conn) handle(x *exchange) (completed bool) {
	defer func() {
		if completed {
			return
		}
		if r := recover(); r != nil && r != http.ErrAbortHandler { //nolint:errorlint // net/http compares like that
			c.server.options.Logger.Error("a handler panicked", "panic", r, "stack", string(debug.Stack()))
		}
	}()
	c.server.options.Handler.ServeHTTP(&x.response, &x.request)
	x.response.finish()
	return true
}

// write writes what is in c.out, and data after it, at once.
func (c *conn) write(data []byte) error {
	if len(data) == 0 {
		_, err := c.Conn.Write(c.out)
		c.out = c.out[:0]
		return err
	}
	c.pieces = [2][]byte{c.out, data}
	c.vector = c.pieces[:]
	var err error
	if own, ok := c.Conn.(bufferWriter); ok {
		_, err = own.WriteBuffers(&c.vector)
	} else {
		_, err = c.vector.WriteTo(c.Conn)
	}
	c.pieces, c.vector, c.out = [2][]byte{}, nil, c.out[:0]
	return err
}

// bufferWriter is a connection with its own way to write several pieces at once.
type bufferWriter interface {
	WriteBuffers(pieces *net.Buffers) (int64, error)
}

// handed is a connection with what has been read of it already.
type handed struct {
	net.Conn
	unread []byte
}

// Read implements net.Conn.
func (h *handed) Read(p []byte) (int, error) {
	if len(h.unread) == 0 {
		return h.Conn.Read(p)
	}
	n := copy(p, h.unread)
	if h.unread = h.unread[n:]; len(h.unread) == 0 {
		h.unread = nil
	}
	return n, nil
}

// WriteBuffers is for package gather.
func (h *handed) WriteBuffers(pieces *net.Buffers) (int64, error) {
	if own, ok := h.Conn.(bufferWriter); ok {
		return own.WriteBuffers(pieces)
	}
	return pieces.WriteTo(h.Conn)
}

// CloseWrite is what net/http closes connections with before it waits for the client to do so.
func (h *handed) CloseWrite() error {
	if half, ok := h.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
