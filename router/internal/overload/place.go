package overload

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// place is a request under way. A response that is streamed gives its place back when the stream begins: subscriptions
// stay for hours and do hardly anything.
type place struct {
	http.ResponseWriter
	limiter *Limiter
	left    atomic.Bool
}

type placeKey struct{}

// newPlace takes the memory of an earlier request, or makes a place that a later one may take.
func newPlace(scratch *lifetime.Scratch) *place {
	if scratch == nil {
		return new(place)
	}
	p, _ := scratch.Take(placeKey{}).(*place)
	if p == nil {
		p = new(place)
		scratch.Put(placeKey{}, p)
	}
	*p = place{}
	return p
}

func (p *place) leave() {
	if p.left.CompareAndSwap(false, true) {
		p.limiter.inFlight.Add(-1)
		p.limiter.answered.Add(1)
	}
}

// Unwrap serves http.ResponseController.
func (p *place) Unwrap() http.ResponseWriter { return p.ResponseWriter }

// Flush implements http.Flusher.
func (p *place) Flush() { _ = p.FlushError() } // http.Flusher has no error

// FlushError serves http.ResponseController.
func (p *place) FlushError() error {
	p.leave()
	return http.NewResponseController(p.ResponseWriter).Flush()
}

// Hijack implements http.Hijacker.
func (p *place) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	p.leave()
	return http.NewResponseController(p.ResponseWriter).Hijack()
}
