package http1

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// exchange is one request, its response and its context. It is used again for the next request of the connection if the
// handler has said that nothing of it is used any more (lifetime.Release), and nobody was seen who could.
type exchange struct {
	conn     *conn
	request  http.Request
	url      url.URL
	values   []string // of the header
	body     body
	response response
	end      lifetime.End
	kept     atomic.Bool
	released bool
	blank    http.Request // with the exchange as context
	scratch  lifetime.Scratch
}

func newExchange(c *conn) *exchange {
	x := &exchange{conn: c}
	x.blank = *(&http.Request{Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: c.remote}).WithContext(x)
	x.request.Header = make(http.Header, 8)
	x.response = response{conn: c, header: make(http.Header, 8)}
	return x
}

// begin takes the request that the connection has read; body is borrowed until the next one.
func (x *exchange) begin(content []byte) {
	h := &x.conn.head
	header := x.request.Header
	clear(header)
	x.values = x.values[:0]
	for i := range h.fields {
		f := &h.fields[i]
		if before, ok := header[f.name]; ok {
			header[f.name] = append(before, f.value)
			continue
		}
		x.values = append(x.values, f.value)
		n := len(x.values)
		header[f.name] = x.values[n-1 : n : n] // a second value gets memory of its own
	}
	x.url = url.URL{Path: h.path, RawQuery: h.query}
	x.request = x.blank
	r := &x.request
	r.Method, r.URL, r.Header, r.Host, r.ContentLength = h.method, &x.url, header, h.host, h.length
	r.RequestURI = h.target
	if x.body.rest = content; len(content) > 0 {
		r.Body = &x.body
	} else {
		r.Body = http.NoBody
	}
	x.released = false
	x.response.reset()
}

// isOver ends the exchange, and tells whether it can be used again.
func (x *exchange) isOver() bool {
	x.body.rest = nil // the buffer is the next request's
	if x.released && !x.kept.Load() && x.end.Unused() {
		x.scratch.Reset()
		return true
	}
	x.end.Finish(context.Canceled)
	return false
}

// Deadline implements context.Context.
func (x *exchange) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context. Who asks may wait for longer than the request takes.
func (x *exchange) Done() <-chan struct{} {
	x.Keep()
	return x.end.Done()
}

// Err implements context.Context.
func (x *exchange) Err() error { return x.end.Err() }

// Value implements context.Context.
func (x *exchange) Value(key any) any {
	if key == http.LocalAddrContextKey {
		return x.localAddr()
	}
	return x.scratch.Value(key)
}

func (x *exchange) localAddr() net.Addr { return x.conn.LocalAddr() }

// Lifetime is for lifetime.Watch.
func (x *exchange) Lifetime() *lifetime.End { return &x.end }

// AfterFunc is that of lifetime.End.
func (x *exchange) AfterFunc(call func()) (stop func() bool) {
	x.Keep()
	return x.end.AfterFunc(call)
}

// Keep is for lifetime.Keep.
func (x *exchange) Keep() { x.kept.Store(true) }

// Release is for lifetime.Release.
func (x *exchange) Release() { x.released = true }

// Scratch is for lifetime.ScratchOf.
func (x *exchange) Scratch() *lifetime.Scratch { return &x.scratch }

// body is a request's, which has been read already.
type body struct{ rest []byte }

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close implements io.Closer.
func (b *body) Close() error { return nil }
