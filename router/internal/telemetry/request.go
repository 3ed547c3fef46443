package telemetry

import (
	"bufio"
	"context"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/tributary-gql/tributary/router/internal/clientname"
	"github.com/tributary-gql/tributary/router/internal/lifetime"
)

// Request is one HTTP request that is watched. A nil *Request does nothing.
type Request struct {
	telemetry *Telemetry
	began     time.Time
	http      *http.Request
	writer    recorder
	span      trace.Span // nil: not recorded
	inside    requestContext

	mu         sync.Mutex // guards what follows: the operations of a batch run side by side
	operations []*Operation
	first      [1]*Operation // most requests have one: its place in operations, and
	own        Operation     // itself
	batched    bool
	codes      []string // of errors that no operation has
	subject    string
}

// requestContext is the context in which a request is answered: part of Request, so that it costs no memory of its own.
type requestContext struct {
	context.Context
	request *Request
	outer   context.Context // that of the request as it came: Context adds only values to it
}

type requestKey struct{}

// Value implements context.Context.
func (c *requestContext) Value(key any) any {
	if key == (requestKey{}) {
		return c.request
	}
	return c.Context.Value(key)
}

// Lifetime is for lifetime.Watch.
func (c *requestContext) Lifetime() *lifetime.End {
	if o, ok := c.outer.(interface{ Lifetime() *lifetime.End }); ok {
		return o.Lifetime()
	}
	return nil
}

// Keep is for lifetime.Keep.
func (c *requestContext) Keep() { lifetime.Keep(c.outer) }

// Release is for lifetime.Release. Who exports a span may hold its context.
func (c *requestContext) Release() {
	if c.request.span == nil {
		lifetime.Release(c.outer)
	}
}

// Scratch is for lifetime.ScratchOf.
func (c *requestContext) Scratch() *lifetime.Scratch { return lifetime.ScratchOf(c.outer) }

// newRequest takes the memory of an earlier request, or makes a Request that a later one may take.
func newRequest(scratch *lifetime.Scratch) *Request {
	r := lifetime.Zeroed[Request](scratch, requestKey{})
	r.operations = r.first[:0]
	return r
}

// FromContext gives the request that is watched, nil when none is.
func FromContext(ctx context.Context) *Request {
	r, _ := ctx.Value(requestKey{}).(*Request)
	return r
}

// Handler watches the requests that next answers. accessLog writes a line for each.
func (t *Telemetry) Handler(next http.Handler, accessLog bool) http.Handler {
	if t.metrics == nil && t.provider == nil && !accessLog {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		scratch := lifetime.ScratchOf(ctx)
		request := newRequest(scratch)
		request.telemetry, request.began, request.writer = t, time.Now(), recorder{ResponseWriter: w}
		if len(r.Header["Traceparent"]) > 0 { // looked for by its canonical name, which is made anew otherwise
			ctx = t.propagator.Extract(ctx, propagation.HeaderCarrier(r.Header))
		}
		isProbe := r.URL.Path == "/health" || r.URL.Path == "/ready" // they are many, and say nothing
		if t.provider != nil && !isProbe {
			var span trace.Span
			ctx, span = t.tracer.Start(ctx, spanRequest, trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(request.began))
			if span.IsRecording() { // else nothing below it is, and its identity alone goes on to subgraphs
				request.span = span
			}
		}
		if request.http = r; scratch == nil || ctx != r.Context() { // else the context has the request already
			request.inside = requestContext{Context: ctx, request: request, outer: r.Context()}
			request.http = r.WithContext(&request.inside)
		}
		if t.metrics != nil {
			t.metrics.active.Add(1)
		}
		completed := false
		defer func() { request.end(accessLog && !isProbe, completed) }()
		next.ServeHTTP(&request.writer, request.http)
		completed = true
	})
}

// end tells what came of the request. completed is false when it panicked.
func (r *Request) end(accessLog, completed bool) {
	t, took := r.telemetry, time.Since(r.began)
	status := r.status(completed)
	if t.metrics != nil {
		t.metrics.active.Add(-1)
		t.metrics.Record(RequestDuration, took.Seconds(), methodLabel(r.http.Method), routeLabel(r.http.URL.Path), statusText(status), r.clientLabel(status))
	}
	if r.span != nil {
		r.endSpan(status)
	}
	if accessLog {
		t.options.Logger.LogAttrs(r.http.Context(), levelOf(status), logRequest, r.logAttrs(status, took)...)
	}
}

// statusClosed is what is noted for clients that went away before an answer.
const statusClosed = 499

func (r *Request) status(completed bool) int {
	switch {
	case r.writer.status != 0:
		return r.writer.status
	case !completed:
		return http.StatusInternalServerError
	case r.http.Context().Err() != nil:
		return statusClosed
	}
	return http.StatusOK
}

func statusText(status int) string {
	switch status { // the usual ones without an allocation
	case http.StatusOK:
		return "200"
	case http.StatusBadRequest:
		return "400"
	case http.StatusTooManyRequests:
		return "429"
	}
	return strconv.Itoa(status)
}

// Refused notes the code of an error because of which there was no operation.
func (r *Request) Refused(code string) {
	if r == nil {
		return
	}
	r.telemetry.metrics.Add(Errors, 1, "", r.telemetry.codes.label(code, true))
	r.mu.Lock()
	defer r.mu.Unlock()
	r.codes = append(r.codes, code)
}

// Caller notes who asks, for the access log.
func (r *Request) Caller(subject string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.subject = subject
}

// Batch notes that the request has several operations: each gets a span of its own.
func (r *Request) Batch() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.batched = true
}

// bounded keeps what clients say short.
func bounded(text string) string {
	if len(text) > longestWord {
		return text[:longestWord]
	}
	return text
}

func (r *Request) endSpan(status int) {
	defer r.span.End()
	r.mu.Lock()
	defer r.mu.Unlock()
	attributes := []attribute.KeyValue{
		keyMethod.String(methodLabel(r.http.Method)), keyPath.String(r.http.URL.Path), keyScheme.String(scheme(r.http)),
		keyRoute.String(routeLabel(r.http.URL.Path)), keyStatus.Int(status),
	}
	if agent := r.http.UserAgent(); agent != "" {
		attributes = append(attributes, keyUserAgent.String(bounded(agent)))
	}
	if name, version := clientname.Of(r.http.Header); name != "" {
		attributes = append(attributes, keyClientName.String(name), keyClientVersion.String(version))
	}
	r.span.SetAttributes(attributes...)
	switch {
	case len(r.operations) == 1 && !r.batched:
		r.operations[0].describe(r.span)
	case len(r.codes) > 0:
		fail(r.span, r.codes[0])
	case status >= http.StatusInternalServerError:
		fail(r.span, statusText(status))
	}
}

// fail marks a span as one of an error.
func fail(span trace.Span, code string) {
	span.SetStatus(codes.Error, code)
	span.SetAttributes(keyErrorType.String(code))
}

func scheme(r *http.Request) string {
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// methodLabel bounds the label: clients may send any word.
func methodLabel(name string) string {
	switch name {
	case http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodHead:
		return name
	}
	return "_OTHER"
}

// routeLabel bounds the label: clients may ask for any path.
func routeLabel(path string) string {
	switch path {
	case "/graphql", "/health", "/ready", "/":
		return path
	}
	return other
}

// clientLabel bounds the label: clients may call themselves anything. A name takes a place once an operation of its was
// answered, so that requests which are refused cannot fill them. "" where requests are not counted by client.
func (r *Request) clientLabel(status int) string {
	clients := r.telemetry.clients
	if clients == nil {
		return ""
	}
	name, _ := clientname.Of(r.http.Header)
	if name == "" {
		return unknownClient
	}
	return clients.label(name, status == http.StatusOK && r.hasOperations())
}

func (r *Request) hasOperations() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.operations) > 0
}

func levelOf(status int) slog.Level {
	if status >= http.StatusInternalServerError {
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// recorder notes the status and counts the bytes of a response.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader implements http.ResponseWriter.
func (w *recorder) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (w *recorder) Write(data []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(data)
	w.bytes += int64(n)
	return n, err
}

// Flush implements http.Flusher.
func (w *recorder) Flush() {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	_ = http.NewResponseController(w.ResponseWriter).Flush() // as with http.Flusher there is nobody to tell
}

// Hijack implements http.Hijacker.
func (w *recorder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.status = http.StatusSwitchingProtocols
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap serves http.ResponseController.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
