package e2e

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	metricspb "go.opentelemetry.io/proto/otlp/collector/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// collector is an OpenTelemetry collector that keeps what it gets.
type collector struct {
	URL string

	mu      sync.Mutex
	spans   []*trace.Span
	service []string // names of the services that sent spans
	metrics map[string]bool
	keys    []string // of the header api-key
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{metrics: map[string]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", func(w http.ResponseWriter, r *http.Request) {
		var request tracepb.ExportTraceServiceRequest
		if readProto(w, r, &request) {
			c.takeTraces(&request, r.Header.Get("api-key"))
		}
	})
	mux.HandleFunc("POST /v1/metrics", func(w http.ResponseWriter, r *http.Request) {
		var request metricspb.ExportMetricsServiceRequest
		if readProto(w, r, &request) {
			c.takeMetrics(&request)
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	c.URL = server.URL
	return c
}

func (c *collector) takeTraces(request *tracepb.ExportTraceServiceRequest, key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.keys = append(c.keys, key)
	for _, resource := range request.GetResourceSpans() {
		c.service = append(c.service, attribute(resource.GetResource().GetAttributes(), "service.name"))
		for _, scope := range resource.GetScopeSpans() {
			c.spans = append(c.spans, scope.GetSpans()...)
		}
	}
}

func (c *collector) takeMetrics(request *metricspb.ExportMetricsServiceRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, resource := range request.GetResourceMetrics() {
		for _, scope := range resource.GetScopeMetrics() {
			for _, m := range scope.GetMetrics() {
				c.metrics[m.GetName()] = true
			}
		}
	}
}

func readProto(w http.ResponseWriter, r *http.Request, into proto.Message) bool {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return false
		}
		body = unzipped
	}
	data, err := io.ReadAll(body)
	if err == nil {
		err = proto.Unmarshal(data, into)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
	}
	return err == nil
}

// Spans are those of one trace, by name.
func (c *collector) Spans(traceID string) map[string]*trace.Span {
	c.mu.Lock()
	defer c.mu.Unlock()
	byName := map[string]*trace.Span{}
	for _, span := range c.spans {
		if hex.EncodeToString(span.GetTraceId()) == traceID {
			byName[span.GetName()] = span
		}
	}
	return byName
}

// attribute gives an attribute as text.
func attribute(attributes []*commonpb.KeyValue, key string) string {
	for _, a := range attributes {
		if a.GetKey() != key {
			continue
		}
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			return v.StringValue
		case *commonpb.AnyValue_IntValue:
			return fmt.Sprint(v.IntValue)
		case *commonpb.AnyValue_BoolValue:
			return fmt.Sprint(v.BoolValue)
		}
	}
	return ""
}

const (
	userSDL    = `type Query { me: User } type User @key(fields: "id") { id: ID! name: String }`
	balanceSDL = `type User @key(fields: "id") { id: ID! balance: Int }`
)

// fieldError is how payments answers when it fails at an entity.
func fieldError(w http.ResponseWriter, _ *http.Request) {
	reply(w, `{"data":{"_entities":[null]},"errors":[{"message":"no account","path":["_entities",0],"extensions":{"code":"NO_ACCOUNT"}}]}`)
}

func TestTracesArriveWithTheirParents(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	payments := subgraph(t, fieldError)
	r := start(t, options{
		Config: `
log: {access: true}
headers: {all: {request: [{propagate: "*"}]}}
telemetry:
  service_name: shop
  traces: {otlp: {endpoint: "` + c.URL + `", headers: {api-key: secret}}}
  metrics: {otlp: {endpoint: "` + c.URL + `"}, interval: 1s}
`,
		Supergraph: supergraphOf(t, graph{"users", users.URL, userSDL}, graph{"payments", payments.URL, balanceSDL}),
	})
	const traceID, parent = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
	a := r.Post(t, `query Account { me { name balance } }`, withHeader("traceparent", "00-"+traceID+"-"+parent+"-01"), withHeader("tracestate", "vendor=x"))
	if a.DataJSON() != `{"me":{"balance":null,"name":"Ada"}}` || len(a.Errors) != 1 {
		t.Fatalf("%d %s", a.Status, a.Body)
	}

	var spans map[string]*trace.Span
	r.eventually(t, "all spans have arrived", func() bool {
		spans = c.Spans(traceID)
		return len(spans) == 4
	})
	request := spans["query Account"]
	if hex.EncodeToString(request.GetParentSpanId()) != parent || request.GetKind() != trace.Span_SPAN_KIND_SERVER {
		t.Errorf("the request's span: %v", request)
	}
	if request.GetStatus().GetCode() != trace.Status_STATUS_CODE_ERROR || attribute(request.GetAttributes(), "error.type") != "NO_ACCOUNT" {
		t.Errorf("the request's span tells no error: %v", request)
	}
	if attribute(request.GetAttributes(), "http.response.status_code") != "200" || attribute(request.GetAttributes(), "graphql.operation.name") != "Account" {
		t.Errorf("the request's attributes: %v", request.GetAttributes())
	}
	for _, name := range []string{"plan", "fetch users", "fetch payments"} {
		if string(spans[name].GetParentSpanId()) != string(request.GetSpanId()) {
			t.Errorf("%s has another parent than the request: %v", name, spans[name])
		}
	}
	if s := spans["fetch users"]; s.GetStatus().GetCode() == trace.Status_STATUS_CODE_ERROR || s.GetKind() != trace.Span_SPAN_KIND_CLIENT {
		t.Errorf("the fetch from users: %v", s)
	}
	if s := spans["fetch payments"]; s.GetStatus().GetCode() != trace.Status_STATUS_CODE_ERROR || attribute(s.GetAttributes(), "error.type") != "NO_ACCOUNT" ||
		attribute(s.GetAttributes(), "tributary.fetch.path") != "me" {
		t.Errorf("the fetch from payments: %v", s)
	}
	for name, service := range map[string]*service{"users": users, "payments": payments} {
		header := service.Last(t).Header
		want := "00-" + traceID + "-" + hex.EncodeToString(spans["fetch "+name].GetSpanId()) + "-01"
		if got := header.Values("Traceparent"); len(got) != 1 || got[0] != want || header.Get("Tracestate") != "vendor=x" {
			t.Errorf("%s got the traceparent %q (tracestate %q), its fetch is %s", name, got, header.Get("Tracestate"), want)
		}
	}
	r.WaitLog(t, `"msg":"request"`, `"trace_id":"`+traceID+`"`, `"operation":"Account"`, `"codes":["NO_ACCOUNT"]`, `"fetches":2`)
	r.eventually(t, "metrics have arrived", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.metrics["http.server.request.duration"] && c.metrics["tributary.errors"] && c.metrics["go.goroutine.count"]
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.service[0] != "shop" || c.keys[0] != "secret" {
		t.Errorf("sent by %q with the key %q", c.service[0], c.keys[0])
	}
}

func TestACollectorThatIsDownHarmsNobody(t *testing.T) {
	t.Parallel()
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	r := start(t, options{
		Config:     `telemetry: {traces: {otlp: {endpoint: "` + down.URL + `", timeout: 1s}}, metrics: {otlp: {endpoint: "` + down.URL + `", timeout: 1s}, interval: 1s}}`,
		Supergraph: supergraphOf(t, graph{"users", users.URL, userSDL}),
	})
	if a := r.Post(t, `{ me { name } }`); a.Status != http.StatusOK || len(a.Errors) > 0 {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	r.WaitLog(t, "the OpenTelemetry collector does not take metrics")
}

// TestMetricsStayFew: whatever clients send, the number of series is bounded.
func TestMetricsStayFew(t *testing.T) {
	t.Parallel()
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	r := start(t, options{
		Admin: true, Config: `telemetry: {metrics: {operations: 20}}`,
		Supergraph: supergraphOf(t, graph{"users", users.URL, userSDL}),
	})
	post := func(name string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.URL+"/graphql", strings.NewReader(`{"query":"query `+name+` { __typename }"}`))
		if err != nil {
			t.Error(err)
			return
		}
		request.Header.Set("Content-Type", "application/json")
		if a, err := r.Try(request); err != nil || a.Status != http.StatusOK {
			t.Errorf("%s: %v, %v", name, a, err)
		}
	}
	for range 3 {
		post("Popular")
	}
	const clients, each = 16, 625 // 10,000 names, and every tenth one twice
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for i := range each {
				name := fmt.Sprintf("Op%d_%d", client, i)
				post(name)
				if i%10 == 0 {
					post(name)
				}
			}
		})
	}
	all.Wait()
	text := r.Metrics(t)
	if n := strings.Count(text, "\ntributary_operation_duration_seconds_count{"); n != 21 {
		t.Errorf("%d series of operations", n)
	}
	if !strings.Contains(text, `tributary_operation_duration_seconds_count{graphql_operation_name="Popular",graphql_operation_type="query",outcome="ok"} 2`) {
		t.Error("a known operation is not counted by its name")
	}
	if n := strings.Count(text, "\n"); n > 2000 {
		t.Errorf("%d lines of metrics", n)
	}
}

func TestFailedFetchesAreCountedAndLogged(t *testing.T) {
	t.Parallel()
	users := subgraph(t, data(`{"me":{"__typename":"User","id":"u1","name":"Ada"}}`))
	payments := subgraph(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	r := start(t, options{
		Admin: true, Supergraph: supergraphOf(t, graph{"users", users.URL, userSDL}, graph{"payments", payments.URL, balanceSDL}),
	})
	if a := r.Post(t, `{ me { name balance } }`); len(a.Errors) != 1 || a.Errors[0].Code() != "SUBGRAPH_HTTP_ERROR" {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	r.WaitLog(t, "a fetch failed", `"subgraph":"payments"`, `"code":"SUBGRAPH_HTTP_ERROR"`, `"at":"me"`, `"status":502`)
	text := r.Metrics(t)
	for _, line := range []string{
		`tributary_errors_total{code="SUBGRAPH_HTTP_ERROR",subgraph="payments"} 1`,
		`tributary_subgraph_fetch_errors_total{code="SUBGRAPH_HTTP_ERROR",subgraph="payments"} 1`,
		`tributary_subgraph_fetch_duration_seconds_count{subgraph="users"} 1`,
		`tributary_supergraph_loaded 1`,
		`go_goroutines `,
	} {
		if !strings.Contains(text, "\n"+line) {
			t.Errorf("missing: %s", line)
		}
	}
}
