package app

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// drainer lets clients and balancers find another router before this one stops. While it drains every answer closes its
// connection (in HTTP/2: no new streams), so that no request is sent on one that is about to go.
type drainer struct {
	closing atomic.Bool
	ready   func() bool

	mu     sync.Mutex
	probes int       // that found the router ready, at least probeGap apart
	last   time.Time // of them
}

const (
	// probeGap tells a balancer that asks regularly from somebody who waits for the start.
	probeGap = 500 * time.Millisecond
	// watchingProbes make a balancer.
	watchingProbes = 3
	// forgetProbes is the time without a probe after which nobody watches any more.
	forgetProbes = time.Minute
)

// handler puts the drainer in front of next.
func (d *drainer) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.closing.Load() {
			w.Header()["Connection"] = closeConnection
		}
		if r.URL.Path == "/ready" && d.ready() {
			d.probed(time.Now())
		}
		next.ServeHTTP(w, r)
	})
}

// closeConnection is shared by all responses.
var closeConnection = []string{"close"}

func (d *drainer) probed(now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch since := now.Sub(d.last); {
	case since < probeGap:
		return
	case since > forgetProbes:
		d.probes = 0
	}
	d.probes++
	d.last = now
}

// isWatched tells whether somebody asks regularly whether the router is ready.
func (d *drainer) isWatched(now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.probes >= watchingProbes && now.Sub(d.last) <= forgetProbes
}
