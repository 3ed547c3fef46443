package http1

import (
	"net/http"
	"sync/atomic"
	"time"
)

// tick is how often the keeper looks at connections, and mostLooks at how many of them: a client that goes away is noticed
// after two ticks, and timeouts are exact to one, with more connections after as many ticks more as it takes to see all.
const (
	tick      = 50 * time.Millisecond
	mostLooks = 2000
)

// patience is how long the rest of a request may take before net/http waits for it.
const patience = time.Second

// phase is what a connection does, and in which turn: the keeper tells by it how long it has been doing it. A connection
// only counts; clocks are the keeper's.
type phase uint64

// The activities, in the low bits of a phase.
const (
	idle     phase = iota // waits for the first byte of a request
	reading               // has a part of a request
	handling              // the handler runs
	gone                  // closed, or somebody else's

	activities = 4
)

// firstWait is the phase of waiting for the first request: the second turn, as the connection itself was the first.
const firstWait = 2*activities + idle

func (p phase) activity() phase { return p % activities }

// next is the following turn, with another activity.
func (p phase) next(activity phase) phase { return p - p.activity() + activities + activity }

// keep ends what has taken too long and sees which clients have gone, as long as there are connections.
func (s *Server) keep() {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	s.date.set(time.Now())
	conns, next := make([]*conn, 0, 64), 0
	for {
		select {
		case <-s.stopped:
			return
		case <-ticker.C:
		}
		now := time.Now()
		s.date.set(now)
		conns, next = s.some(conns[:0], next)
		for _, c := range conns {
			s.lookAt(c, now)
		}
		if len(conns) > 0 {
			clear(conns)
			continue
		}
		ticker.Stop()
		s.date.forget()
		select {
		case <-s.stopped:
			return
		case <-s.awake:
			s.date.set(time.Now())
			ticker.Reset(tick)
		}
	}
}

// some appends the connections to look at now, those from next on, and gives where to go on. One that takes another one's
// place meanwhile is looked at in the next turn.
func (s *Server) some(conns []*conn, next int) ([]*conn, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next >= len(s.conns) {
		next = 0
	}
	end := min(next+mostLooks, len(s.conns))
	return append(conns, s.conns[next:end]...), end
}

// lookAt is the keeper's look at one connection.
func (s *Server) lookAt(c *conn, now time.Time) {
	current := phase(c.phase.Load())
	if current != c.seen {
		c.seen, c.since = current, now
		return
	}
	took := now.Sub(c.since)
	switch current.activity() {
	case idle:
		limit := s.options.IdleTimeout
		if current <= firstWait {
			limit = s.options.FirstTimeout
		}
		if limit > 0 && took > limit {
			c.expire(current)
		}
	case reading:
		if took > patience {
			c.expire(current)
		}
	case handling:
		c.lookForClient(current)
	}
}

// date is the value of the Date header (RFC 9110, section 6.6.1).
type date struct {
	text   atomic.Pointer[string]
	second int64 // of text; the keeper's
}

func (d *date) set(now time.Time) {
	if second := now.Unix(); second != d.second {
		d.second = second
		text := now.UTC().Format(http.TimeFormat)
		d.text.Store(&text)
	}
}

// forget is for a keeper that stops looking at the clock.
func (d *date) forget() {
	d.second = 0
	d.text.Store(nil)
}

func (d *date) get() string {
	if text := d.text.Load(); text != nil {
		return *text
	}
	return time.Now().UTC().Format(http.TimeFormat) // before the keeper's next look
}
