package telemetry

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/tributary-gql/tributary/router/internal/clientname"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// LogHandler puts the trace that a line belongs to into it: ours, or the caller's where requests are not traced.
func LogHandler(inner slog.Handler) slog.Handler { return traceHandler{inner} }

type traceHandler struct{ slog.Handler }

// Handle implements slog.Handler.
func (h traceHandler) Handle(ctx context.Context, record slog.Record) error {
	if at := trace.SpanContextFromContext(ctx); at.IsValid() {
		record = record.Clone()
		record.AddAttrs(slog.String(logTraceID, at.TraceID().String()), slog.String(logSpanID, at.SpanID().String()))
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h traceHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h traceHandler) WithGroup(name string) slog.Handler {
	return traceHandler{h.Handler.WithGroup(name)}
}

// logAttrs are the access log's line for a request.
func (r *Request) logAttrs(status int, took time.Duration) []slog.Attr {
	r.mu.Lock()
	defer r.mu.Unlock()
	attrs := []slog.Attr{
		slog.String(logMethod, methodLabel(r.http.Method)), slog.String(logPath, bounded(r.http.URL.Path)), slog.Int(logStatus, status),
		slog.Duration(logDuration, took), slog.Int64(logBytes, r.writer.bytes), slog.String(logAddress, r.http.RemoteAddr),
	}
	if name, version := clientname.Of(r.http.Header); name != "" {
		attrs = append(attrs, slog.String(logClient, name), slog.String(logVersion, version))
	}
	if r.subject != "" {
		attrs = append(attrs, slog.String(logSubject, r.subject))
	}
	codes, count, fetches, cost := r.codes, len(r.codes), 0, 0.0
	for _, o := range r.operations {
		codes = append(codes, o.codes...)
		count, fetches, cost = count+o.errors, fetches+o.fetches, cost+o.cost
	}
	switch {
	case r.batched:
		attrs = append(attrs, slog.Int(logBatch, len(r.operations)))
	case len(r.operations) == 1:
		o := r.operations[0]
		attrs = append(attrs, slog.String(logOperation, bounded(o.name)), slog.String(logType, o.kind), slog.String(logHash, o.hashText()))
	}
	if len(r.operations) > 0 {
		attrs = append(attrs, slog.Int(logFetches, fetches))
	}
	if cost > 0 {
		attrs = append(attrs, slog.Float64(logCost, cost))
	}
	if count > 0 {
		attrs = append(attrs, slog.Int(logErrors, count), slog.Any(logCodes, codes))
	}
	return attrs
}

// failureLog writes a line for each fetch that failed, so that an operator sees which subgraph it was; when many fail, not
// for all of them.
type failureLog struct {
	logger *slog.Logger
	mu     sync.Mutex
	recent map[string]*recentFailures // by subgraph
}

// recentFailures are those of one subgraph.
type recentFailures struct {
	since          time.Time
	lines, leftOut int
}

const (
	failureWindow = time.Second
	failureLines  = 10 // for each subgraph in each window
)

func newFailureLog(logger *slog.Logger) *failureLog {
	return &failureLog{logger: logger, recent: map[string]*recentFailures{}}
}

// note writes the line, if there is to be one. hash is the operation's, "" when it is not known.
func (f *failureLog) note(report *exec.FetchReport, code, hash string) {
	if report.Err == nil || report.Context == nil || errors.Is(report.Context.Err(), context.Canceled) {
		return
	}
	leftOut, ok := f.admit(report.Fetch.Subgraph, time.Now())
	if !ok {
		return
	}
	attrs := []slog.Attr{
		slog.String(logSubgraph, report.Fetch.Subgraph), slog.String(logCode, code), slog.String(logError, failureText(report.Err)),
		slog.String(logAt, pathText(report.Fetch)), slog.String(logHash, hash), slog.Duration(logDuration, report.Duration),
	}
	if status := statusOf(report); status != 0 {
		attrs = append(attrs, slog.Int(logStatus, status))
	}
	if leftOut > 0 {
		attrs = append(attrs, slog.Int(logLeftOut, leftOut))
	}
	f.logger.LogAttrs(report.Context, slog.LevelWarn, logFetch, attrs...)
}

// admit tells whether a line may be written, and how many were not since the last window.
func (f *failureLog) admit(subgraph string, now time.Time) (leftOut int, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.recent[subgraph]
	if r == nil {
		r = &recentFailures{}
		f.recent[subgraph] = r
	}
	if now.Sub(r.since) >= failureWindow {
		leftOut = r.leftOut
		*r = recentFailures{since: now}
	}
	if r.lines >= failureLines {
		r.leftOut++
		return 0, false
	}
	r.lines++
	return leftOut, true
}

// failureText is an error with its cause, which clients do not see.
func failureText(err error) string {
	if failure := (*exec.FetchError)(nil); errors.As(err, &failure) && failure.Err != nil {
		return failure.Message + " (" + failure.Err.Error() + ")"
	}
	return err.Error()
}

// pathText is where a fetch's entities stand in the response, "" for fetches at the root.
func pathText(fetch *plan.Fetch) string {
	var paths []string
	for _, e := range fetch.Entities {
		for _, path := range e.Paths {
			paths = append(paths, path.String())
		}
	}
	return strings.Join(paths, " ")
}

// Failures is an executor's observer that only writes the log of failed fetches: for requests that nobody watches.
func (t *Telemetry) Failures() exec.Observer { return failuresOnly{t.failures} }

type failuresOnly struct{ log *failureLog }

// FetchStarts implements exec.Observer.
func (failuresOnly) FetchStarts(ctx context.Context, _ *plan.Fetch) context.Context { return ctx }

// ErrorReported implements exec.Observer.
func (failuresOnly) ErrorReported(string, string) {}

// FetchDone implements exec.Observer.
func (f failuresOnly) FetchDone(report exec.FetchReport) {
	if report.Err != nil {
		f.log.note(&report, codeOf(report.Err), "")
	}
}
