package telemetry_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/lifetime"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// scratched is a context with memory for later requests, as connections of package http1 have it.
type scratched struct {
	context.Context
	scratch lifetime.Scratch
}

func (s *scratched) Scratch() *lifetime.Scratch { return &s.scratch }
func (s *scratched) Value(key any) any {
	if v := s.scratch.Value(key); v != nil {
		return v
	}
	return s.Context.Value(key)
}

// TestRequestsAreUsedAgain, and know nothing of the one before.
func TestRequestsAreUsedAgain(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	watch, err := telemetry.New(telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Operations: 10}, Logger: slog.New(slog.NewJSONHandler(&text, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx := &scratched{Context: t.Context()}
	var requests []*telemetry.Request
	handler := watch.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := telemetry.FromContext(r.Context())
		requests = append(requests, request)
		if len(requests) == 2 {
			return // nothing is told of it
		}
		request.Caller("somebody")
		request.Refused("FORBIDDEN")
		for range 2 {
			o, _ := request.Begin(r.Context())
			o.Known("Name", "query", [16]byte{1}, true)
			o.Cost(7)
			o.End(errors.New("broken"))
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "body")
	}), true)
	for i, header := range []string{"first", "", "third"} {
		r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/graphql", nil)
		if header != "" {
			r.Header.Set("Apollographql-Client-Name", header)
		}
		handler.ServeHTTP(httptest.NewRecorder(), r)
		ctx.scratch.Reset()
		if requests[i] == nil || requests[i] != requests[0] {
			t.Errorf("request %d has memory of its own", i)
		}
	}
	lines := logLines(t, &text)
	if len(lines) != 3 {
		t.Fatalf("got %d lines", len(lines))
	}
	second := lines[1]
	for _, name := range []string{"subject", "codes", "errors", "cost", "client", "operation", "type", "hash", "fetches", "batch"} {
		if second[name] != nil {
			t.Errorf("the second request has the first one's %s: %v", name, second[name])
		}
	}
	if second["status"] != 200.0 || second["bytes"] != 0.0 {
		t.Errorf("the second request has status %v and %v bytes", second["status"], second["bytes"])
	}
	delete(lines[0], "time")
	delete(lines[2], "time")
	for name, value := range lines[0] {
		if name != "duration" && name != "client" && name != "codes" && lines[2][name] != value {
			t.Errorf("%s is %v, and was %v in the same request before", name, lines[2][name], value)
		}
	}
	if lines[0]["subject"] != "somebody" || lines[0]["status"] != 418.0 || lines[2]["client"] != "third" {
		t.Errorf("got %v and %v", lines[0], lines[2])
	}
}
