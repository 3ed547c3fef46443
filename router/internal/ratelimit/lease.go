package ratelimit

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// lease is what a router holds of one bucket: tokens that Redis has already debited, and what Redis last said of it.
// Whoever refills it keeps mu meanwhile, so that callers who wait for tokens ask Redis once.
type lease struct {
	mu      sync.Mutex
	tokens  int64
	expires time.Time // tokens are dropped then
	last    grant     // of the latest refill that was granted
	// Until deniedUntil, Redis has said, there are not deniedNeed tokens.
	deniedUntil time.Time
	deniedNeed  int64
}

// held is how many tokens can be spent; the caller holds mu.
func (l *lease) held(now time.Time) int64 {
	if now.Before(l.expires) {
		return l.tokens
	}
	return 0
}

// leases are the leases in use: the least recently used are dropped with their tokens.
type leases struct {
	mu    sync.Mutex
	byKey *simplelru.LRU[string, *lease]
}

func newLeases(size int) (*leases, error) {
	byKey, err := simplelru.NewLRU[string, *lease](size, nil)
	return &leases{byKey: byKey}, err
}

func (s *leases) of(key string) *lease {
	s.mu.Lock()
	defer s.mu.Unlock()
	l, ok := s.byKey.Get(key)
	if !ok {
		l = &lease{}
		s.byKey.Add(key, l)
	}
	return l
}

// leased is one demand's way through its lease.
type leased struct {
	lease   *lease
	block   int64
	need    int64
	refill  bool      // the lease is locked, and the demand has to ask Redis
	spent   bool      // need tokens were taken from the lease
	expires time.Time // of the tokens spent
}

// begin spends tokens that are there, or locks the lease for a refill and changes d to what Redis is to give. ok is
// false when Redis has to be asked; else g is the answer.
func (l *leased) begin(now time.Time, d *demand) (g grant, ok bool) {
	h := l.lease
	h.mu.Lock()
	held := h.held(now)
	switch {
	case held >= l.need:
		defer h.mu.Unlock()
		h.tokens = held - l.need
		l.spent, l.expires = true, h.expires
		return grant{granted: l.need, remaining: h.last.remaining + h.tokens, reset: h.last.reset}, true
	case now.Before(h.deniedUntil) && l.need-held >= h.deniedNeed:
		defer h.mu.Unlock()
		wait := h.deniedUntil.Sub(now)
		return grant{remaining: held, retry: wait, reset: wait}, true
	}
	l.refill = true
	d.need = l.need - held
	d.want = max(l.block, d.need)
	return grant{}, false
}

// end keeps what Redis gave beyond the need. taken is false when nothing was debited, because Redis failed or another
// rule refused: then the tokens that were spent come back.
func (l *leased) end(now time.Time, leaseTime time.Duration, d demand, g *grant, taken bool) {
	h := l.lease
	if l.spent {
		if !taken {
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.expires.Equal(l.expires) {
				h.tokens += l.need
			}
		}
		return
	}
	if !l.refill {
		return
	}
	defer h.mu.Unlock()
	switch {
	case g == nil:
	case g.granted > 0 && taken:
		h.tokens, h.expires, h.last = g.granted-d.need, now.Add(leaseTime), *g
		h.deniedUntil = time.Time{}
		g.remaining += h.tokens
	case g.granted == 0 && g.retry > 0:
		h.deniedUntil, h.deniedNeed = now.Add(g.retry), d.need
	}
}
