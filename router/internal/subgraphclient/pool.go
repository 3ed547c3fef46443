package subgraphclient

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// errClosed is returned by a closed client.
var errClosed = errors.New("the client is closed")

// connection is one connection to an endpoint. Between requests it is in the pool's idle list, else it belongs to the
// fetch that took it.
type connection struct {
	net.Conn
	idleSince time.Time
	// used tells whether it had a request before: then the other side may have closed it meanwhile.
	used  bool
	watch lifetime.Watch // of the request's context
}

// ContextEnded implements lifetime.Watcher: reads and writes fail at once.
func (c *connection) ContextEnded() { _ = c.SetDeadline(longAgo) }

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// pool keeps the connections of one endpoint: at most max, the last used first, so that the others can grow old.
type pool struct {
	dial        func(ctx context.Context) (net.Conn, error)
	max         int
	idleTimeout time.Duration

	mu      sync.Mutex
	idle    []*connection      // guarded by mu, like all below; the last one was used last
	open    int                // idle, in use, or being dialled
	waiting []chan *connection // in the order they came; nil is sent to who may dial
	closed  bool
	sweeper *time.Timer // runs while there are idle connections
}

// get gives an idle connection, or dials one, or waits for one. fresh asks for one that had no request before.
func (p *pool) get(ctx context.Context, deadline time.Time, fresh bool) (*connection, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if last := len(p.idle) - 1; last >= 0 {
		c := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.mu.Unlock()
		if !fresh {
			return c, nil
		}
		_ = c.Close() // its place is taken by the new one
		return p.connect(ctx, deadline)
	}
	if p.open < p.max {
		p.open++
		p.mu.Unlock()
		return p.connect(ctx, deadline)
	}
	turn := make(chan *connection, 1)
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	return p.wait(ctx, deadline, turn)
}

func (p *pool) wait(ctx context.Context, deadline time.Time, turn chan *connection) (*connection, error) {
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	var err error
	select {
	case c := <-turn:
		if c != nil {
			return c, nil
		}
		return p.connect(ctx, deadline)
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = errPoolWait
	}
	p.mu.Lock()
	for i, other := range p.waiting {
		if other == turn {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			p.mu.Unlock()
			return nil, err
		}
	}
	p.mu.Unlock()
	// The turn came at the same moment: pass it on.
	if c := <-turn; c != nil {
		p.put(c)
	} else {
		p.gone()
	}
	return nil, err
}

// errPoolWait is a time-out that was spent waiting for a connection.
var errPoolWait = errors.New("all connections were in use")

// connect dials. The place among the open connections is taken already, and given back when it fails.
func (p *pool) connect(ctx context.Context, deadline time.Time) (*connection, error) {
	dialContext, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	conn, err := p.dial(dialContext)
	if err != nil {
		p.gone()
		return nil, err
	}
	return &connection{Conn: conn}, nil
}

// put gives a connection back that can be used again.
func (p *pool) put(c *connection) {
	c.used = true
	p.mu.Lock()
	if p.closed {
		p.open--
		p.mu.Unlock()
		_ = c.Close()
		return
	}
	if turn := p.nextTurn(); turn != nil {
		p.mu.Unlock()
		turn <- c
		return
	}
	c.idleSince = time.Now()
	p.idle = append(p.idle, c)
	if p.sweeper == nil {
		p.sweeper = time.AfterFunc(p.idleTimeout, p.sweep)
	}
	p.mu.Unlock()
}

// drop closes a connection that cannot be used again.
func (p *pool) drop(c *connection) {
	_ = c.Close()
	p.gone()
}

// gone gives the place of a connection back: to who waits, if anyone does.
func (p *pool) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if turn := p.nextTurn(); turn != nil && !p.closed {
		turn <- nil
		return
	}
	p.open--
}

// nextTurn takes the first who waits. The caller holds mu.
func (p *pool) nextTurn() chan *connection {
	if len(p.waiting) == 0 {
		return nil
	}
	turn := p.waiting[0]
	p.waiting = p.waiting[1:]
	return turn
}

// sweep closes connections that nobody has used for the idle time-out, the oldest first.
func (p *pool) sweep() {
	p.mu.Lock()
	now, old := time.Now(), 0
	for old < len(p.idle) && now.Sub(p.idle[old].idleSince) >= p.idleTimeout {
		old++
	}
	expired := append([]*connection(nil), p.idle[:old]...)
	n := copy(p.idle, p.idle[old:])
	clear(p.idle[n:])
	p.idle = p.idle[:n]
	p.open -= old
	if n > 0 && !p.closed {
		p.sweeper.Reset(p.idleTimeout - now.Sub(p.idle[0].idleSince))
	} else {
		p.sweeper = nil
	}
	p.mu.Unlock()
	for _, c := range expired {
		_ = c.Close()
	}
}

// close ends the pool: idle connections are closed, those in use when they come back.
func (p *pool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.open -= len(idle)
	if p.sweeper != nil {
		p.sweeper.Stop()
		p.sweeper = nil
	}
	p.mu.Unlock()
	for _, c := range idle {
		_ = c.Close()
	}
}
