package telemetry_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// BenchmarkRequest is what metrics cost a request with one operation.
func BenchmarkRequest(b *testing.B) {
	for _, c := range []struct {
		name    string
		clients int
	}{{"by operation", 0}, {"and by client", 50}} {
		b.Run(c.name, func(b *testing.B) {
			tel := newTelemetry(b, telemetry.Options{Scrape: true, Metrics: telemetry.MetricOptions{Operations: 5, Clients: c.clients}})
			handler := tel.Handler(operationHandler(func(*telemetry.Operation) {}), false)
			w, r := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/graphql?Named", nil)
			r.Header.Set("graphql-client-name", "shop")
			b.ReportAllocs()
			for b.Loop() {
				handler.ServeHTTP(w, r)
			}
		})
	}
}
