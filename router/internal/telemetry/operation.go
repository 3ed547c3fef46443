package telemetry

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// Operation is one operation that is watched: it is the executor's observer. A nil *Operation does nothing.
type Operation struct {
	request *Request
	began   time.Time
	span    trace.Span // of an operation in a batch, else nil
	plan    trace.Span // nil: not traced, or over

	name, kind string
	hash       [16]byte
	known      bool

	// What the executor tells, one call at a time:
	fetches int
	errors  int
	codes   []string // distinct, in the order in which they came
	fresh   string   // code of the first error since the last fetch
	cost    float64
	failed  bool // there is no data, because it was not executed
}

// mostOperationCodes bounds how many codes of one operation are kept.
const mostOperationCodes = 16

// Begin starts to watch an operation. What belongs to it runs in the context that is given back.
func (r *Request) Begin(ctx context.Context) (*Operation, context.Context) {
	if r == nil {
		return nil, ctx
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	o := &r.own
	if len(r.operations) > 0 {
		o = &Operation{}
	}
	o.request, o.began = r, time.Now()
	r.operations = append(r.operations, o)
	if r.batched && r.span != nil {
		ctx, o.span = r.telemetry.tracer.Start(ctx, spanOperation)
	}
	return o, ctx
}

// PlanStarts begins the time in which the operation is looked up, and on a miss parsed, validated and planned.
func (o *Operation) PlanStarts(ctx context.Context) {
	if o != nil && o.request.span != nil {
		_, o.plan = o.request.telemetry.tracer.Start(ctx, spanPlan)
	}
}

// PlanEnds ends what PlanStarts began; cached tells that the operation was asked for before. It may be called again.
func (o *Operation) PlanEnds(cached bool, err error) {
	if o == nil || o.plan == nil {
		return
	}
	o.plan.SetAttributes(keyPlanCached.Bool(cached))
	if err != nil {
		fail(o.plan, codeOf(err))
	}
	o.plan.End()
	o.plan = nil
}

// Known names the operation once it is. repeated tells that it was asked for before: only then its name may become a label,
// so that operations that nobody repeats take no place.
func (o *Operation) Known(name, kind string, hash [16]byte, repeated bool) {
	if o != nil {
		o.name, o.kind, o.hash, o.known = name, kind, hash, repeated
	}
}

// Cost notes the estimated cost.
func (o *Operation) Cost(cost float64) {
	if o != nil {
		o.cost = cost
		o.request.telemetry.metrics.Record(OperationCost, cost)
	}
}

// End tells how the operation ended: err is what kept it from being executed, or from being answered.
func (o *Operation) End(err error) {
	if o == nil {
		return
	}
	if err != nil {
		o.failed = true
		o.note(codeOf(err))
		o.request.telemetry.metrics.Add(Errors, 1, "", o.request.telemetry.codes.label(codeOf(err), true))
	}
	o.PlanEnds(false, err)
	t := o.request.telemetry
	t.metrics.Record(OperationDuration, time.Since(o.began).Seconds(), o.kind, t.operations.label(o.name, o.known), o.outcome())
	if o.span != nil {
		o.describe(o.span)
		o.span.End()
	}
}

// EndSince is End for an operation that began before Begin was called.
func (o *Operation) EndSince(began time.Time, err error) {
	if o != nil {
		o.began = began
		o.End(err)
	}
}

// Outcome is what became of an execution, for the operations that share it.
type Outcome struct {
	errors int
	codes  []string
}

// Outcome tells what the executor has told so far.
func (o *Operation) Outcome() Outcome {
	if o == nil || o.errors == 0 {
		return Outcome{}
	}
	return Outcome{errors: o.errors, codes: slices.Clone(o.codes)}
}

// Shares notes the outcome of another operation's execution as this one's own. Metrics of subgraphs and their errors do not
// count it again: they tell of calls, and there was one.
func (o *Operation) Shares(outcome Outcome) {
	if o != nil {
		o.errors, o.codes = outcome.errors, outcome.codes
	}
}

// hashText is "" when the operation is not known.
func (o *Operation) hashText() string {
	if o.kind == "" {
		return ""
	}
	return hex.EncodeToString(o.hash[:])
}

// outcome is "ok", "partial" (with errors beside data), or "failed" (not executed).
func (o *Operation) outcome() string {
	switch {
	case o.failed:
		return "failed"
	case o.errors > 0:
		return "partial"
	}
	return "ok"
}

// note keeps a code of the operation's errors.
func (o *Operation) note(code string) {
	o.errors++
	if o.fresh == "" {
		o.fresh = code
	}
	if len(o.codes) < mostOperationCodes && !slices.Contains(o.codes, code) {
		o.codes = append(o.codes, code)
	}
}

// describe writes the operation to its span.
func (o *Operation) describe(span trace.Span) {
	if o.kind != "" {
		span.SetName(strings.TrimSpace(o.kind + " " + bounded(o.name)))
		span.SetAttributes(keyOperationType.String(o.kind), keyOperationHash.String(o.hashText()))
	}
	if o.name != "" {
		span.SetAttributes(keyOperationName.String(bounded(o.name)))
	}
	if len(o.codes) > 0 {
		span.SetAttributes(keyErrorCount.Int(o.errors))
		fail(span, o.codes[0])
	}
}

// FetchStarts implements exec.Observer.
func (o *Operation) FetchStarts(ctx context.Context, fetch *plan.Fetch) context.Context {
	if o.request.span == nil {
		return ctx
	}
	ctx, span := o.request.telemetry.tracer.Start(ctx, spanFetch+fetch.Subgraph, trace.WithSpanKind(trace.SpanKindClient))
	if span.IsRecording() {
		span.SetAttributes(keyFetchSubgraph.String(fetch.Subgraph), keyOperationType.String(string(fetch.Kind)), keyMethod.String("POST"))
		if at := pathText(fetch); at != "" {
			span.SetAttributes(keyFetchPath.String(at))
		}
	}
	return ctx
}

// ErrorReported implements exec.Observer.
func (o *Operation) ErrorReported(subgraph, code string) {
	o.note(code)
	t := o.request.telemetry
	t.metrics.Add(Errors, 1, subgraph, t.codes.label(code, true))
}

// FetchDone implements exec.Observer.
func (o *Operation) FetchDone(report exec.FetchReport) {
	o.fetches++
	code := o.fresh
	o.fresh = ""
	if report.Err != nil {
		code = codeOf(report.Err)
	}
	t := o.request.telemetry
	t.countFetch(&report, code)
	if o.request.span != nil && report.Context != nil {
		endFetch(trace.SpanFromContext(report.Context), &report, code)
	}
	if report.Err != nil {
		t.failures.note(&report, code, o.hashText())
	}
}

func endFetch(span trace.Span, report *exec.FetchReport, code string) {
	defer span.End(trace.WithTimestamp(report.Start.Add(report.Duration)))
	if !span.IsRecording() {
		return
	}
	attributes := []attribute.KeyValue{keyRequestSize.Int(report.RequestBytes), keyResponseSize.Int(report.ResponseBytes)}
	if report.Representations > 0 {
		attributes = append(attributes, keyFetchSent.Int(report.Representations))
	}
	if status := statusOf(report); status != 0 {
		attributes = append(attributes, keyStatus.Int(status))
	}
	span.SetAttributes(attributes...)
	if code != "" {
		span.SetAttributes(keyErrorType.String(code))
		description := "the answer has GraphQL errors"
		if report.Err != nil {
			description = report.Err.Error()
		}
		span.SetStatus(codes.Error, description)
	}
}

// statusOf is the HTTP status of an answer, also of one that was refused; 0 when there was none.
func statusOf(report *exec.FetchReport) int {
	if failure := (*exec.FetchError)(nil); errors.As(report.Err, &failure) {
		return failure.Status
	}
	return report.Status
}

// codeOfErrors is the code under which fetches are counted whose answers have GraphQL errors.
const codeOfErrors = "GRAPHQL_ERRORS"

func (t *Telemetry) countFetch(report *exec.FetchReport, code string) {
	if t.metrics == nil {
		return
	}
	subgraph := report.Fetch.Subgraph
	if report.Context != nil {
		t.metrics.Record(FetchDuration, report.Duration.Seconds(), subgraph)
	}
	t.metrics.Add(Representations, int64(report.Representations), subgraph)
	switch {
	case report.Err != nil:
		t.metrics.Add(FetchErrors, 1, subgraph, t.codes.label(code, true))
	case report.Errors > 0:
		t.metrics.Add(FetchErrors, 1, subgraph, codeOfErrors)
	}
}

// CodeOf is the code that a client sees for an error.
func CodeOf(err error) string { return codeOf(err) }

func codeOf(err error) string {
	if list, ok := gqlerr.From(err); ok && len(list) > 0 {
		return string(list[0].Code)
	}
	if failure := (*exec.FetchError)(nil); errors.As(err, &failure) {
		return failure.Code
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return string(gqlerr.RequestTimeout)
	case errors.Is(err, context.Canceled):
		return codeCanceled
	}
	return string(gqlerr.InternalServerError)
}

// codeCanceled is for operations whose client went away.
const codeCanceled = "CLIENT_GONE"
