package slowread

import (
	"net/http"
	"time"
)

// Handler guards the responses of HTTP/2; others pass as they are: their connection is guarded. It has to be the first
// handler of a server.
func (g *Guard) Handler(next http.Handler) http.Handler {
	if g == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor < 2 {
			next.ServeHTTP(w, r)
			return
		}
		s := &stream{ResponseWriter: w, control: http.NewResponseController(w), guard: g}
		next.ServeHTTP(s, r)
		_ = s.arm() // the server writes what is left in its buffer
	})
}

// stream is a response by HTTP/2. Unlike a connection's, the deadline of a stream ends it also while nothing is written, and
// for good: a long write is made in parts, and what is flushed may be followed by nothing for a while.
type stream struct {
	http.ResponseWriter
	control *http.ResponseController
	guard   *Guard
	until   time.Time
}

// arm begins the time in which the client has to take what is written next.
func (s *stream) arm() error {
	s.until = time.Now().Add(s.guard.timeout)
	return s.control.SetWriteDeadline(s.until)
}

// done tells of a client that was cut off.
func (s *stream) done(err error) error {
	if err != nil && !time.Now().Before(s.until) {
		s.guard.cut()
	}
	return err
}

// Write implements http.ResponseWriter.
func (s *stream) Write(p []byte) (written int, err error) {
	for {
		part := p[written:min(len(p), written+leastProgress)]
		if err := s.arm(); err != nil {
			return written, err
		}
		n, err := s.ResponseWriter.Write(part)
		written += n
		if err != nil || written == len(p) {
			return written, s.done(err)
		}
	}
}

// Flush implements http.Flusher.
func (s *stream) Flush() { _ = s.FlushError() } // http.Flusher has no error

// FlushError serves http.ResponseController.
func (s *stream) FlushError() error {
	if err := s.arm(); err != nil {
		return err
	}
	if err := s.done(s.control.Flush()); err != nil {
		return err
	}
	return s.control.SetWriteDeadline(time.Time{})
}

// Unwrap serves http.ResponseController.
func (s *stream) Unwrap() http.ResponseWriter { return s.ResponseWriter }
