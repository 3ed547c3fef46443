package subgraphclient

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// plain speaks HTTP/1.1 over plain connections.
type plain struct {
	pool    pool
	head    []byte // request line and the headers that are always the same
	maxBody int64
	// expected is how large answers have been lately: the first read gets that much room.
	expected atomic.Int64
}

func newPlain(t target, settings Endpoint, dial func(context.Context, string, string) (net.Conn, error)) *plain {
	p := &plain{maxBody: settings.MaxResponse}
	p.pool = pool{max: settings.MaxConnections, idleTimeout: settings.IdleTimeout, dial: func(ctx context.Context) (net.Conn, error) {
		return dial(ctx, t.network, t.address)
	}}
	p.head = []byte("POST " + t.path + " HTTP/1.1\r\nHost: " + t.host +
		"\r\nContent-Type: application/json\r\nAccept: " + acceptedTypes + "\r\n")
	return p
}

const acceptedTypes = "application/graphql-response+json, application/json"

func (p *plain) close() { p.pool.close() }

// message is a request as it is sent; pooled.
type message struct{ data []byte }

var messages = sync.Pool{New: func() any { return &message{} }}

// retainedMessage is the largest request whose memory is kept.
const retainedMessage = 256 << 10

// exchange sends the request and reads the response. A kept connection may have been closed by the other side just
// now: when it brings nothing the request is made once more on a new one, if it may be made twice.
func (p *plain) exchange(ctx context.Context, request *exec.FetchRequest, deadline time.Time) (reply, error) {
	m := messages.Get().(*message)
	m.data = p.appendRequest(m.data[:0], request)
	isRepeatable := request.Fetch.Kind != plan.Mutation
	r, stale, err := p.try(ctx, m.data, deadline, false, isRepeatable)
	if stale && ctx.Err() == nil {
		r, _, err = p.try(ctx, m.data, deadline, true, isRepeatable)
	}
	if cap(m.data) <= retainedMessage {
		messages.Put(m)
	}
	return r, err
}

func (p *plain) appendRequest(dst []byte, request *exec.FetchRequest) []byte {
	dst = append(dst, p.head...)
	dst = append(dst, requestHeader(request)...)
	dst = append(dst, "Content-Length: "...)
	dst = strconv.AppendInt(dst, int64(len(request.Body)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, request.Body...)
}

// try makes one attempt. stale tells that a kept connection was found closed and that trying again does no harm.
func (p *plain) try(ctx context.Context, message []byte, deadline time.Time, fresh, isRepeatable bool) (r reply, stale bool, err error) {
	c, err := p.pool.get(ctx, deadline, fresh)
	if err != nil {
		return reply{}, false, err
	}
	if c.used && !isRepeatable && !isAlive(c.Conn) {
		p.pool.drop(c)
		return reply{}, true, io.EOF
	}
	if err := c.SetDeadline(deadline); err != nil {
		p.pool.drop(c)
		return reply{}, c.used && isRepeatable, err
	}
	c.watch.Start(ctx, c)
	received := false
	var got response
	if _, err = c.Write(message); err == nil || isClosed(err) {
		// Who closes before it has read everything may have said why.
		got, received, err = readResponse(c.Conn, int(p.expected.Load()), p.maxBody)
	}
	watching := c.watch.Stop() // false: the context has ended and may touch the connection even later
	if err != nil {
		stale := c.used && isRepeatable && !received && isClosed(err)
		p.pool.drop(c)
		return reply{}, stale, err
	}
	if got.keepAlive && watching {
		p.pool.put(c)
	} else {
		p.pool.drop(c)
	}
	p.learn(len(got.buffer.data))
	return reply{
		status: got.status, header: got.header, contentType: HeaderValue(got.header, "Content-Type"),
		body: got.body, release: got.buffer.release,
	}, false, nil
}

// learn follows the size of answers: up at once, down slowly.
func (p *plain) learn(size int) {
	expected := p.expected.Load()
	switch next := int64(size) + firstReadRoom; {
	case next > expected:
		p.expected.Store(min(next, 1<<20))
	case next < expected-expected/4:
		p.expected.Store(expected - expected/64)
	}
}

// isClosed tells whether an error means that the other side has closed the connection.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed)
}
