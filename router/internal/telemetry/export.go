package telemetry

import (
	"context"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
)

// An endpoint is the collector's base address, or with HTTP one with a path of its own. The base gets the standard paths.
const (
	tracesPath  = "/v1/traces"
	metricsPath = "/v1/metrics"
)

func traceExporter(ctx context.Context, o ExportOptions) (sdktrace.SpanExporter, error) {
	if o.GRPC {
		return otlptracegrpc.New(ctx, otlptracegrpc.WithEndpointURL(o.Endpoint), otlptracegrpc.WithHeaders(o.Headers), otlptracegrpc.WithTimeout(o.Timeout),
			otlptracegrpc.WithDialOption(reconnect()))
	}
	return otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(withPath(o.Endpoint, tracesPath)), otlptracehttp.WithHeaders(o.Headers), otlptracehttp.WithTimeout(o.Timeout))
}

// metricSender is what both exporters of metrics have.
type metricSender interface {
	Export(context.Context, *metricdata.ResourceMetrics) error
	Shutdown(context.Context) error
}

func metricExporter(ctx context.Context, o ExportOptions) (metricSender, error) {
	if o.GRPC {
		return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpointURL(o.Endpoint), otlpmetricgrpc.WithHeaders(o.Headers), otlpmetricgrpc.WithTimeout(o.Timeout),
			otlpmetricgrpc.WithDialOption(reconnect()))
	}
	return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpointURL(withPath(o.Endpoint, metricsPath)), otlpmetrichttp.WithHeaders(o.Headers), otlpmetrichttp.WithTimeout(o.Timeout))
}

// mostBackoff bounds the time between two tries to connect by gRPC. Its default of two minutes would lose that much of what
// happens after a collector is back.
const mostBackoff = 5 * time.Second

// reconnect tries again soon when a collector is away.
func reconnect() grpc.DialOption {
	how := backoff.DefaultConfig
	how.MaxDelay = mostBackoff
	return grpc.WithConnectParams(grpc.ConnectParams{Backoff: how, MinConnectTimeout: mostBackoff})
}

// loudExporter says when spans cannot be sent.
type loudExporter struct {
	sdktrace.SpanExporter
	log    *slog.Logger
	mu     sync.Mutex
	failed bool // guarded by mu
}

// ExportSpans implements sdktrace.SpanExporter.
func (e *loudExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := e.SpanExporter.ExportSpans(ctx, spans)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failed = logExport(ctx, e.log, "traces", e.failed, err)
	return nil // it is said
}

// withPath adds the standard path to an address without one.
func withPath(endpoint, path string) string {
	u, err := url.Parse(endpoint)
	if err != nil || strings.Trim(u.Path, "/") != "" {
		return endpoint
	}
	u.Path = path
	return u.String()
}
