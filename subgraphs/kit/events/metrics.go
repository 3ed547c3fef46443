package events

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

// scrapeTimeout bounds counting the waiting events when metrics are read.
const scrapeTimeout = 2 * time.Second

// relayMetrics is what a relay counts. Without a registry it counts for nobody.
type relayMetrics struct {
	sent prometheus.Counter
}

func newRelayMetrics(registry prometheus.Registerer, service string, db *database.DB) relayMetrics {
	metrics := relayMetrics{sent: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "tributary_events_sent_total", Help: "Events sent to the service's stream, repetitions included.",
		ConstLabels: prometheus.Labels{"service": service},
	})}
	if registry == nil {
		return metrics
	}
	// Asked when metrics are read, so that it is right while Redis is down, which is when it matters.
	waiting := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tributary_events_waiting", Help: "Events in the outbox that are not sent; -1 when they cannot be counted.",
		ConstLabels: prometheus.Labels{"service": service},
	}, func() float64 {
		ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
		defer cancel()
		var count float64
		if err := db.GetContext(ctx, &count, `SELECT count(*) FROM kit_outbox WHERE sent_ms IS NULL`); err != nil {
			return -1
		}
		return count
	})
	registry.MustRegister(metrics.sent, waiting)
	return metrics
}

// consumerMetrics is what a consumer counts, by the stream's service.
type consumerMetrics struct {
	consumed, failed, deadLetters *prometheus.CounterVec
}

func newConsumerMetrics(registry prometheus.Registerer, consumer string) consumerMetrics {
	counter := func(name, help string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: name, Help: help, ConstLabels: prometheus.Labels{"service": consumer},
		}, []string{"stream"})
	}
	metrics := consumerMetrics{
		consumed:    counter("tributary_events_consumed_total", "Events that were done with, duplicates included."),
		failed:      counter("tributary_events_failed_total", "Failed tries of events."),
		deadLetters: counter("tributary_events_dead_letters_total", "Events that were given up."),
	}
	if registry != nil {
		registry.MustRegister(metrics.consumed, metrics.failed, metrics.deadLetters)
	}
	return metrics
}
