package telemetry

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/attribute"
	otelprometheus "go.opentelemetry.io/otel/exporters/prometheus"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Metrics count and measure what the router does. They are safe for concurrent use; a nil *Metrics does nothing. Adding to a
// series that exists allocates nothing.
type Metrics struct {
	provider   *sdkmetric.MeterProvider
	meter      metric.Meter
	registry   *prometheus.Registry
	reader     *sdkmetric.ManualReader // for the exporter; nil without one
	counters   [len(counters)]metric.Int64Counter
	histograms [len(histograms)]metric.Float64Histogram
	active     atomic.Int64 // requests under way

	counterSeries   [len(counters)]series[metric.AddOption]
	histogramSeries [len(histograms)]series[metric.RecordOption]
}

// maxSeries bounds the series of one metric, whatever happens: vocabularies keep far below it.
const maxSeries = 20_000

const scopeName = "github.com/tributary-gql/tributary/router"

// newMetrics makes metrics that Prometheus can scrape, and that are also sent when export is set.
func newMetrics(about *resource.Resource, export bool) (*Metrics, error) {
	m := &Metrics{registry: prometheus.NewRegistry()}
	scraped, err := otelprometheus.New(otelprometheus.WithRegisterer(m.registry), otelprometheus.WithoutScopeInfo())
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	options := []sdkmetric.Option{sdkmetric.WithResource(about), sdkmetric.WithReader(scraped), sdkmetric.WithCardinalityLimit(maxSeries)}
	if export {
		m.reader = sdkmetric.NewManualReader()
		options = append(options, sdkmetric.WithReader(m.reader))
	}
	m.provider = sdkmetric.NewMeterProvider(options...)
	m.meter = m.provider.Meter(scopeName)
	if err := m.makeInstruments(); err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	if export {
		if err := runtime.Start(runtime.WithMeterProvider(m.provider)); err != nil {
			return nil, fmt.Errorf("metrics of the runtime: %w", err)
		}
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m, nil
}

func (m *Metrics) makeInstruments() (err error) {
	for i, c := range counters {
		if m.counters[i], err = m.meter.Int64Counter(c.name, metric.WithDescription(c.help), metric.WithUnit(c.unit)); err != nil {
			return err
		}
	}
	for i, h := range histograms {
		bounds := durations
		if Histogram(i) == OperationCost || Histogram(i) == ActualCost {
			bounds = costs
		}
		if m.histograms[i], err = m.meter.Float64Histogram(h.name, metric.WithDescription(h.help), metric.WithUnit(h.unit),
			metric.WithExplicitBucketBoundaries(bounds...)); err != nil {
			return err
		}
	}
	_, err = m.meter.Int64ObservableUpDownCounter(activeRequests.name, metric.WithDescription(activeRequests.help), metric.WithUnit(activeRequests.unit),
		metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error { o.Observe(m.active.Load()); return nil }))
	return err
}

// Add counts n of what c is, with one value for each of its labels.
func (m *Metrics) Add(c Counter, n int64, values ...string) {
	if m != nil && n != 0 {
		m.counters[c].Add(context.Background(), n, m.counterSeries[c].options(counters[c], values, counterOption)...)
	}
}

// Record measures a value of what h is, with one value for each of its labels. Durations are in seconds.
func (m *Metrics) Record(h Histogram, value float64, values ...string) {
	if m != nil {
		m.histograms[h].Record(context.Background(), value, m.histogramSeries[h].options(histograms[h], values, histogramOption)...)
	}
}

// Gauge adds a value that is read when somebody asks. Its name is written like those of the counters, with dots.
func (m *Metrics) Gauge(name, help string, value func() float64) {
	if m == nil {
		return
	}
	_, err := m.meter.Float64ObservableGauge(name, metric.WithDescription(help), metric.WithFloat64Callback(
		func(_ context.Context, o metric.Float64Observer) error { o.Observe(value()); return nil }))
	if err != nil {
		panic(fmt.Sprintf("telemetry: gauge %q: %v", name, err)) // the name is a constant
	}
}

// GaugeOf is Gauge with one label, whose values are few: value calls observe for each of them.
func (m *Metrics) GaugeOf(name, help, label string, value func(observe func(labelValue string, value float64))) {
	if m == nil {
		return
	}
	_, err := m.meter.Float64ObservableGauge(name, metric.WithDescription(help), metric.WithFloat64Callback(
		func(_ context.Context, o metric.Float64Observer) error {
			value(func(labelValue string, value float64) {
				o.Observe(value, metric.WithAttributes(attribute.String(label, labelValue)))
			})
			return nil
		}))
	if err != nil {
		panic(fmt.Sprintf("telemetry: gauge %q: %v", name, err)) // the name is a constant
	}
}

// Handler serves the metrics in Prometheus' formats.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// seriesKey holds the values of a series' labels; no metric has more.
type seriesKey [4]string

// series keeps the options for each combination of labels, so that a request makes none.
type series[Option any] struct {
	mu    sync.RWMutex
	known map[seriesKey][]Option
}

func (s *series[Option]) options(of instrument, values []string, option func(attribute.Set) Option) []Option {
	var key seriesKey
	if copy(key[:], values) != len(of.labels) || len(values) != len(of.labels) {
		panic("telemetry: " + of.name + " has other labels than it was given")
	}
	s.mu.RLock()
	options, ok := s.known[key]
	s.mu.RUnlock()
	if ok {
		return options
	}
	attributes := make([]attribute.KeyValue, 0, len(of.labels))
	for i, label := range of.labels {
		key[i] = cloned(key[i])
		value := label.String(key[i])
		switch number, err := strconv.Atoi(key[i]); {
		case label == keyStatus && err == nil:
			value = label.Int(number)
		case label == keyClientName && key[i] == "":
			continue // requests are not told apart by it
		}
		attributes = append(attributes, value)
	}
	options = []Option{option(attribute.NewSet(attributes...))}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil {
		s.known = map[seriesKey][]Option{}
	}
	if len(s.known) < maxSeries {
		s.known[key] = options
	}
	return options
}

func counterOption(set attribute.Set) metric.AddOption { return metric.WithAttributeSet(set) }

func histogramOption(set attribute.Set) metric.RecordOption { return metric.WithAttributeSet(set) }
