package e2e

import (
	"context"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	_ "google.golang.org/grpc/encoding/gzip" // exporters may compress

	"github.com/tributary-gql/tributary/router/internal/redistest"
)

// grpcCollector is a collector that takes OTLP over gRPC, and that can go away and return at its address.
type grpcCollector struct {
	collector
	tracepb.UnimplementedTraceServiceServer
	address string
	server  *grpc.Server // nil while it is away
	done    chan error
}

// metricService keeps the method names of both services apart.
type metricService struct {
	metricspb.UnimplementedMetricsServiceServer
	to *collector
}

// reserveCollector finds an address for a collector that is away.
func reserveCollector(t *testing.T) *grpcCollector {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	c := &grpcCollector{collector: collector{metrics: map[string]bool{}}, address: listener.Addr().String()}
	c.URL = "http://" + c.address
	t.Cleanup(func() { c.Stop() })
	return c
}

// Start brings the collector to its address.
func (c *grpcCollector) Start(t *testing.T) {
	t.Helper()
	var listener net.Listener
	redistest.Eventually(t, "the collector listens at "+c.address, func() (ok bool) {
		var err error
		listener, err = (&net.ListenConfig{}).Listen(t.Context(), "tcp", c.address)
		return err == nil
	})
	c.server, c.done = grpc.NewServer(), make(chan error, 1)
	tracepb.RegisterTraceServiceServer(c.server, c)
	metricspb.RegisterMetricsServiceServer(c.server, metricService{to: &c.collector})
	go func(server *grpc.Server, done chan error) { done <- server.Serve(listener) }(c.server, c.done)
}

// Stop takes the collector away as a crash does.
func (c *grpcCollector) Stop() {
	if c.server == nil {
		return
	}
	c.server.Stop()
	<-c.done
	c.server = nil
}

// Export implements tracepb.TraceServiceServer.
func (c *grpcCollector) Export(ctx context.Context, request *tracepb.ExportTraceServiceRequest) (*tracepb.ExportTraceServiceResponse, error) {
	header, _ := metadata.FromIncomingContext(ctx)
	c.takeTraces(request, strings.Join(header.Get("api-key"), ","))
	return &tracepb.ExportTraceServiceResponse{}, nil
}

// Export implements metricspb.MetricsServiceServer.
func (m metricService) Export(_ context.Context, request *metricspb.ExportMetricsServiceRequest) (*metricspb.ExportMetricsServiceResponse, error) {
	m.to.takeMetrics(request)
	return &metricspb.ExportMetricsServiceResponse{}, nil
}

// Forget drops what has arrived so far.
func (c *grpcCollector) Forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spans, c.metrics = nil, map[string]bool{}
}

// Of counts the traces whose ids begin with prefix, and their spans.
func (c *grpcCollector) Of(prefix string) (traces, spans int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := map[string]bool{}
	for _, span := range c.spans {
		if id := hex.EncodeToString(span.GetTraceId()); strings.HasPrefix(id, prefix) {
			seen[id] = true
			spans++
		}
	}
	return len(seen), spans
}

// HasMetrics tells whether the router's metrics have arrived.
func (c *grpcCollector) HasMetrics() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.metrics["http.server.request.duration"] && c.metrics["go.goroutine.count"]
}

// The SDK's bounds on spans that wait for a collector, and on those that are on their way to it.
const (
	spansQueued = 2048
	spansSent   = 512
)

// traceAs is a traceparent whose trace id begins with prefix.
func traceAs(prefix string, n int) change {
	return withHeader("traceparent", fmt.Sprintf("00-%s%024x-b7ad6b7169203331-01", prefix, n+1))
}

// TestOTLPOverGRPC: a collector that is not there at the start, comes, dies and returns costs requests nothing; what it is
// there for arrives, and what waits for it meanwhile is bounded.
func TestOTLPOverGRPC(t *testing.T) {
	t.Parallel()
	c := reserveCollector(t)
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	otlp := `otlp: {endpoint: "` + c.URL + `", protocol: grpc, timeout: 1s, headers: {api-key: secret}}`
	r := start(t, options{
		Admin: true, Config: `telemetry: {service_name: shop, traces: {` + otlp + `}, metrics: {` + otlp + `, interval: 1s}}`,
		Supergraph: supergraphOf(t, graph{"users", users.URL, userSDL}), Env: []string{"OTEL_BSP_SCHEDULE_DELAY=100"},
	})
	load := func(prefix string, requests int) {
		t.Helper()
		const clients = 8
		var all sync.WaitGroup
		for client := range clients {
			all.Go(func() {
				for i := range requests / clients {
					if a := ask(t, r, `{ me { name } }`, traceAs(prefix, i*clients+client)); a.Status != http.StatusOK || len(a.Errors) > 0 {
						t.Errorf("%d %s", a.Status, a.Body)
						return
					}
				}
			})
		}
		all.Wait()
	}
	const requests = 2000 // with two spans each at least, they are more than may wait
	bounded := func(prefix string) {
		t.Helper()
		if _, n := c.Of(prefix); n > spansQueued+2*spansSent {
			t.Errorf("%d spans waited for the collector", n)
		}
	}
	load("aaaaaaaa", requests)
	r.WaitLog(t, "the OpenTelemetry collector does not take traces")
	r.WaitLog(t, "the OpenTelemetry collector does not take metrics")

	c.Start(t)
	r.WaitLog(t, "the OpenTelemetry collector takes traces again")
	r.WaitLog(t, "the OpenTelemetry collector takes metrics again")
	load("bbbbbbbb", 80)
	redistest.Eventually(t, "all traces and metrics have arrived", func() bool {
		traces, _ := c.Of("bbbbbbbb")
		return traces == 80 && c.HasMetrics()
	})
	bounded("aaaaaaaa")
	c.mu.Lock()
	if c.service[0] != "shop" || c.keys[0] != "secret" {
		t.Errorf("sent by %q with the key %q", c.service[0], c.keys[0])
	}
	c.mu.Unlock()

	before := metric(t, r, "go_goroutines")
	c.Stop()
	c.Forget()
	load("cccccccc", requests)
	if after := metric(t, r, "go_goroutines"); after > before+50 {
		t.Errorf("%v goroutines became %v without the collector", before, after)
	}
	if bytes := metric(t, r, "process_resident_memory_bytes"); bytes > 300<<20 {
		t.Errorf("the router takes %.0f MB", bytes/(1<<20))
	}
	c.Start(t)
	number := 0
	redistest.Eventually(t, "spans and metrics arrive again", func() bool {
		ask(t, r, `{ me { name } }`, traceAs("dddddddd", number))
		number++
		traces, _ := c.Of("dddddddd")
		return traces > 0 && c.HasMetrics()
	})
	bounded("cccccccc")
}
