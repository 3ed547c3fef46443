package overload

import (
	"bufio"
	"net"
	"net/http"
	"sync/atomic"
)

// place is a request under way. A response that is streamed gives its place back when the stream begins: subscriptions
// stay for hours and do hardly anything.
type place struct {
	http.ResponseWriter
	limiter *Limiter
	left    atomic.Bool
}

type placeKey struct{}

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
