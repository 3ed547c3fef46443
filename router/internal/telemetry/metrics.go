// Package telemetry counts and times what the router does. All names stand here. Labels are bounded: they come from the
// supergraph, from the router's own codes or from small fixed sets, never from clients.
package telemetry

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/plan"
)

// buckets are for durations in seconds: from what a cached answer takes to what a deadline allows.
var buckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}

// Metrics are the router's metrics. They are safe for concurrent use.
type Metrics struct {
	registry    *prometheus.Registry
	requests    *prometheus.HistogramVec
	active      prometheus.Gauge
	fetches     *prometheus.HistogramVec
	fetchErrors *prometheus.CounterVec
	entities    *prometheus.CounterVec
}

// NewMetrics makes metrics with those of the Go runtime and the process.
func NewMetrics() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "http_server_request_duration_seconds", Help: "Time to answer a request.", Buckets: buckets,
		}, []string{"http_request_method", "http_response_status_code"}),
		active: prometheus.NewGauge(prometheus.GaugeOpts{Name: "http_server_active_requests", Help: "Requests under way."}),
		fetches: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tributary_subgraph_fetch_duration_seconds", Help: "Time until a subgraph's answer was there.", Buckets: buckets,
		}, []string{"subgraph"}),
		fetchErrors: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tributary_subgraph_fetch_errors_total", Help: "Fetches that failed, and answers with errors, by code.",
		}, []string{"subgraph", "code"}),
		entities: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tributary_subgraph_representations_total", Help: "Entity representations sent, after equal ones were put together.",
		}, []string{"subgraph"}),
	}
	m.registry.MustRegister(m.requests, m.active, m.fetches, m.fetchErrors, m.entities,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Gauge adds a value that is read when somebody asks.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// Handler serves the metrics in Prometheus' formats.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// codeOfErrors is the code under which answers with GraphQL errors are counted.
const codeOfErrors = "GRAPHQL_ERRORS"

// FetchStarts implements exec.Observer.
func (m *Metrics) FetchStarts(ctx context.Context, _ *plan.Fetch) context.Context { return ctx }

// ErrorReported implements exec.Observer.
func (m *Metrics) ErrorReported(string, string) {}

// FetchDone implements exec.Observer.
func (m *Metrics) FetchDone(report exec.FetchReport) {
	subgraph := report.Fetch.Subgraph
	m.fetches.WithLabelValues(subgraph).Observe(report.Duration.Seconds())
	if report.Representations > 0 {
		m.entities.WithLabelValues(subgraph).Add(float64(report.Representations))
	}
	if report.Err != nil {
		code := exec.CodeInternal
		if failed := (*exec.FetchError)(nil); errors.As(report.Err, &failed) {
			code = failed.Code
		}
		m.fetchErrors.WithLabelValues(subgraph, code).Inc()
	} else if report.Errors > 0 {
		m.fetchErrors.WithLabelValues(subgraph, codeOfErrors).Inc()
	}
}

// Measure times the requests that next answers.
func (m *Metrics) Measure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m.active.Inc()
		defer m.active.Dec()
		began := time.Now()
		recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(recorder, r)
		m.requests.WithLabelValues(method(r.Method), strconv.Itoa(recorder.status)).Observe(time.Since(began).Seconds())
	})
}

// method bounds the label: clients may send any word.
func method(name string) string {
	switch name {
	case http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodHead:
		return name
	}
	return "_OTHER"
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap serves http.ResponseController.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
