package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/trace"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// inTrace is a context in a trace that came from elsewhere.
func inTrace(t *testing.T) context.Context {
	t.Helper()
	traceID, err := trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")
	if err != nil {
		t.Fatal(err)
	}
	spanID, err := trace.SpanIDFromHex("b7ad6b7169203331")
	if err != nil {
		t.Fatal(err)
	}
	state, err := trace.ParseTraceState("vendor=x")
	if err != nil {
		t.Fatal(err)
	}
	return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID, TraceFlags: trace.FlagsSampled, TraceState: state}))
}

func TestTraceHeaders(t *testing.T) {
	t.Parallel()
	if got := telemetry.AppendTraceHeaders(t.Context(), []byte("A: b\r\n")); string(got) != "A: b\r\n" {
		t.Errorf("without a trace: %q", got)
	}
	const want = "A: b\r\ntraceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\ntracestate: vendor=x\r\n"
	if got := telemetry.AppendTraceHeaders(inTrace(t), []byte("A: b\r\n")); string(got) != want {
		t.Errorf("got %q", got)
	}
}

func logLines(t *testing.T, text *bytes.Buffer) (lines []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text.String()) {
		var parsed map[string]any
		if err := json.Unmarshal([]byte(line), &parsed); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, parsed)
	}
	return lines
}

func TestLogLinesNameTheTrace(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	logger := slog.New(telemetry.LogHandler(slog.NewJSONHandler(&text, nil))).With("a", 1)
	logger.InfoContext(inTrace(t), "one")
	logger.InfoContext(t.Context(), "two")
	lines := logLines(t, &text)
	if lines[0]["trace_id"] != "0af7651916cd43dd8448eb211c80319c" || lines[0]["span_id"] != "b7ad6b7169203331" {
		t.Errorf("got %v", lines[0])
	}
	if _, ok := lines[1]["trace_id"]; ok {
		t.Errorf("got %v", lines[1])
	}
}

func TestTheAccessLogTellsWhatARequestWas(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	tel := newTelemetry(t, telemetry.Options{Logger: slog.New(telemetry.LogHandler(slog.NewJSONHandler(&text, nil)))})
	handler := tel.Handler(operationHandler(func(o *telemetry.Operation) {
		o.ErrorReported("users", "NO_USER")
		o.Cost(12)
	}), true)
	r := httptest.NewRequest(http.MethodPost, "/graphql?Named", nil)
	r.Header.Set("Graphql-Client-Name", "app")
	r.Header.Set("Graphql-Client-Version", "1.2")
	r.Header.Set("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	serve(handler, http.MethodGet, "/health") // probes are not worth a line
	lines := logLines(t, &text)
	if len(lines) != 1 {
		t.Fatalf("%d lines", len(lines))
	}
	for key, want := range map[string]any{
		"msg": "request", "method": "POST", "path": "/graphql", "status": 200.0, "operation": "Named", "type": "query", "client": "app",
		"client_version": "1.2", "cost": 12.0, "errors": 1.0, "trace_id": "0af7651916cd43dd8448eb211c80319c",
	} {
		if lines[0][key] != want {
			t.Errorf("%s is %v, want %v", key, lines[0][key], want)
		}
	}
}

func TestAHandlerThatPanicsIsAFailure(t *testing.T) {
	t.Parallel()
	tel := newTelemetry(t, telemetry.Options{Scrape: true})
	handler := tel.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("x") }), false)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		serve(handler, http.MethodPost, "/graphql")
	}()
	wantLines(t, scrape(t, tel.Metrics()),
		`http_server_request_duration_seconds_count{http_request_method="POST",http_response_status_code="500",http_route="/graphql"} 1`,
		`http_server_active_requests 0`)
}

// TestManyFailuresWriteFewLines: an outage must not fill the disk.
func TestManyFailuresWriteFewLines(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	tel := newTelemetry(t, telemetry.Options{Logger: slog.New(slog.NewJSONHandler(&text, nil))})
	observer := tel.Failures()
	for range 1000 {
		fetch := &plan.Fetch{Subgraph: "users"}
		ctx := observer.FetchStarts(t.Context(), fetch)
		observer.FetchDone(exec.FetchReport{Fetch: fetch, Context: ctx, Err: &exec.FetchError{Code: exec.CodeUnreachable, Message: "m"}})
	}
	if lines := logLines(t, &text); len(lines) < 10 || len(lines) > 100 || lines[0]["subgraph"] != "users" || lines[0]["code"] != exec.CodeUnreachable {
		t.Errorf("%d lines: %v", len(lines), lines[0])
	}
}
