// Package telemetry tells what the router does: metrics for Prometheus and OpenTelemetry collectors, traces with a span for
// each request, plan and fetch, and log lines. All names stand in names.go.
//
// Telemetry is made once and outlives configurations. Its Handler is put around the server and gives each request a
// *Request; the server begins an *Operation for each operation, which is the executor's observer. Where nothing is watched
// both are nil, their methods do nothing, and a request costs no allocation.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Options say what is watched, and where it goes.
type Options struct {
	ServiceName    string
	ServiceVersion string
	Attributes     map[string]string // of the resource: what all traces and metrics of this process have in common
	// Scrape keeps metrics for Metrics.Handler.
	Scrape  bool
	Traces  TraceOptions
	Metrics MetricOptions
	// Logger gets the access log, fetches that failed, and problems with exports.
	Logger *slog.Logger
}

// TraceOptions say which requests are traced. Without an endpoint none are.
type TraceOptions struct {
	Export ExportOptions
	// Sample is the share of requests that are traced, 0 to 1.
	Sample float64
	// IgnoreCallers decides anew for requests whose caller has already decided.
	IgnoreCallers bool
}

// MetricOptions say which metrics are sent. Without an endpoint none are.
type MetricOptions struct {
	Export   ExportOptions
	Interval time.Duration // between two exports
	// Operations is how many operation names are counted one by one.
	Operations int
	// Clients is how many names of clients are counted one by one. 0: requests are not told apart by client.
	Clients int
}

// ExportOptions say where an OpenTelemetry collector is.
type ExportOptions struct {
	Endpoint string // http:// or https://; empty: nothing is sent
	GRPC     bool   // instead of HTTP
	Headers  map[string]string
	Timeout  time.Duration
}

// Telemetry watches a router. It is safe for concurrent use.
type Telemetry struct {
	options    Options
	metrics    *Metrics // nil: off
	tracer     trace.Tracer
	provider   *sdktrace.TracerProvider // nil: off
	propagator propagation.TraceContext
	operations *vocabulary
	clients    *vocabulary // nil: off
	codes      *vocabulary
	failures   *failureLog
}

// mostCodes is how many error codes are counted one by one: subgraphs choose them.
const mostCodes = 200

// New makes what the options ask for. It starts nothing and opens no connection; Run does.
func New(o Options) (*Telemetry, error) {
	t := &Telemetry{options: o, operations: newVocabulary(o.Metrics.Operations), codes: newVocabulary(mostCodes), failures: newFailureLog(o.Logger)}
	if o.Metrics.Clients > 0 {
		t.clients = newVocabulary(o.Metrics.Clients)
	}
	about, err := t.resource()
	if err != nil {
		return nil, err
	}
	if o.Scrape || o.Metrics.Export.Endpoint != "" {
		if t.metrics, err = newMetrics(about, o.Metrics.Export.Endpoint != ""); err != nil {
			return nil, err
		}
	}
	if o.Traces.Export.Endpoint != "" {
		t.provider = sdktrace.NewTracerProvider(sdktrace.WithResource(about), sdktrace.WithSampler(sampler(o.Traces)))
		t.tracer = t.provider.Tracer(scopeName)
	}
	return t, nil
}

func (t *Telemetry) resource() (*resource.Resource, error) {
	attributes := []attribute.KeyValue{
		attribute.String("service.name", t.options.ServiceName), attribute.String("service.version", t.options.ServiceVersion),
	}
	for _, name := range slices.Sorted(maps.Keys(t.options.Attributes)) {
		attributes = append(attributes, attribute.String(name, t.options.Attributes[name]))
	}
	about, err := resource.Merge(resource.Default(), resource.NewSchemaless(attributes...))
	if err != nil {
		return nil, fmt.Errorf("telemetry: %w", err)
	}
	return about, nil
}

func sampler(o TraceOptions) sdktrace.Sampler {
	share := sdktrace.TraceIDRatioBased(o.Sample)
	if o.IgnoreCallers {
		return sdktrace.ParentBased(share, sdktrace.WithRemoteParentSampled(share), sdktrace.WithRemoteParentNotSampled(share))
	}
	return sdktrace.ParentBased(share)
}

// Metrics are nil when none are kept.
func (t *Telemetry) Metrics() *Metrics { return t.metrics }

// Traces tells whether requests are traced: then subgraphs get our traceparent, and the client's stays out.
func (t *Telemetry) Traces() bool { return t.provider != nil }

// lastExport bounds the wait for collectors when the router stops.
const lastExport = 5 * time.Second

// Run sends traces and metrics until ctx ends, and then what is left. A collector that is down costs what it misses, and a
// line in the log.
func (t *Telemetry) Run(ctx context.Context) error {
	traces, err := t.startTraces(ctx)
	if err != nil {
		return err
	}
	metrics, err := t.startMetrics(ctx)
	if err != nil {
		return errors.Join(err, traces(ctx))
	}
	var tick <-chan time.Time
	if metrics.export != nil && t.options.Metrics.Interval > 0 {
		ticker := time.NewTicker(t.options.Metrics.Interval)
		defer ticker.Stop()
		tick = ticker.C
	}
	for {
		select {
		case <-tick:
			metrics.send(ctx)
			continue
		case <-ctx.Done():
		}
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastExport)
		defer cancel()
		metrics.send(last)
		return errors.Join(traces(last), metrics.shutdown(last))
	}
}

// startTraces gives the function that sends what is left.
func (t *Telemetry) startTraces(ctx context.Context) (func(context.Context) error, error) {
	if t.provider == nil {
		return func(context.Context) error { return nil }, nil
	}
	exporter, err := traceExporter(ctx, t.options.Traces.Export)
	if err != nil {
		return nil, fmt.Errorf("telemetry.traces: %w", err)
	}
	t.provider.RegisterSpanProcessor(sdktrace.NewBatchSpanProcessor(&loudExporter{SpanExporter: exporter, log: t.options.Logger}))
	return t.provider.Shutdown, nil
}

// metricExport sends metrics; one without an exporter does nothing.
type metricExport struct {
	t      *Telemetry
	export metricSender
	failed bool
}

func (t *Telemetry) startMetrics(ctx context.Context) (*metricExport, error) {
	m := &metricExport{t: t}
	if t.metrics == nil || t.metrics.reader == nil {
		return m, nil
	}
	var err error
	if m.export, err = metricExporter(ctx, t.options.Metrics.Export); err != nil {
		return nil, fmt.Errorf("telemetry.metrics: %w", err)
	}
	return m, nil
}

func (m *metricExport) send(ctx context.Context) {
	if m.export == nil {
		return
	}
	var all metricdata.ResourceMetrics
	err := m.t.metrics.reader.Collect(ctx, &all)
	if err == nil {
		err = m.export.Export(ctx, &all)
	}
	m.failed = logExport(ctx, m.t.options.Logger, "metrics", m.failed, err)
}

func (m *metricExport) shutdown(ctx context.Context) error {
	if m.export == nil {
		return nil
	}
	return m.export.Shutdown(ctx)
}

// logExport says when exports begin to fail and when they work again, not each time. It gives whether they fail.
func logExport(ctx context.Context, logger *slog.Logger, what string, failed bool, err error) bool {
	switch {
	case err != nil && !failed:
		logger.WarnContext(ctx, "the OpenTelemetry collector does not take "+what+"; they are lost until it does", logError, err)
	case err == nil && failed:
		logger.InfoContext(ctx, "the OpenTelemetry collector takes "+what+" again")
	}
	return err != nil
}
