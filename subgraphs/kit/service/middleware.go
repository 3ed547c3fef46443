package service

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"go.opentelemetry.io/otel/propagation"

	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
)

const (
	requestIDHeader = "X-Request-Id"
	// maxRequestIDLength bounds an id that a caller chose, in bytes.
	maxRequestIDLength = 128
)

type requestIDKey struct{}

// RequestID returns the id of the request that ctx belongs to, and "" outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// identify gives each request an id, the caller's when it sent a sane one, and takes over its trace. The answer names the id.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !isSaneID(id) {
			id = rand.Text()
		}
		w.Header().Set(requestIDHeader, id)
		ctx := context.WithValue(r.Context(), requestIDKey{}, id)
		ctx = propagation.TraceContext{}.Extract(ctx, propagation.HeaderCarrier(r.Header))
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// isSaneID keeps control characters and novels out of the log.
func isSaneID(id string) bool {
	if id == "" || len(id) > maxRequestIDLength {
		return false
	}
	for _, character := range []byte(id) {
		if character <= ' ' || character >= 0x7f {
			return false
		}
	}
	return true
}

// recordRequests logs each request when it is done, and turns a panic outside of GraphQL execution into an opaque answer.
func recordRequests(logger *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, start := r.Context(), time.Now()
			recorder := &statusRecorder{ResponseWriter: w}
			defer func() {
				if panicked := recover(); panicked != nil {
					if panicked == http.ErrAbortHandler { //nolint:errorlint // net/http compares it so
						panic(panicked)
					}
					logger.ErrorContext(ctx, "a request panicked", "panic", panicked, "stack", string(debug.Stack()))
					if recorder.status == 0 {
						fault.WriteResponse(recorder, http.StatusInternalServerError, fault.Internal,
							"an unexpected error happened; the service's log has it under the request id "+RequestID(ctx))
					}
				}
				logger.DebugContext(ctx, "request", "method", r.Method, "path", r.URL.Path, "status", recorder.status, "duration", time.Since(start))
			}()
			next.ServeHTTP(recorder, r)
		})
	}
}

// statusRecorder remembers the status of an answer; 0 means that none was begun.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (s *statusRecorder) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (s *statusRecorder) Write(body []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	return s.ResponseWriter.Write(body)
}

// Unwrap lets http.ResponseController reach the writer underneath.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// limitTime ends each request's context after limit.
func limitTime(limit time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}
