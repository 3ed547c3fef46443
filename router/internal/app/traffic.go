package app

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/tributary-gql/tributary/router/internal/certs"
	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/overload"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
	"github.com/tributary-gql/tributary/router/internal/traffic"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// setSubgraphs tells those who ask subgraphs where they are and how they are treated. On an error nothing changes. The
// caller holds a.change.
func (a *App) setSubgraphs(c *config.Config, s *supergraph.Supergraph) error {
	shown := certs.NewClients(a.clientCerts)
	at, err := endpoints(c, s, shown)
	if err != nil {
		return err
	}
	if err := a.client.SetSubgraphs(at); err != nil {
		return err
	}
	shown.Forget()
	a.clientCerts = shown
	settings := make(map[string]traffic.Settings, len(s.Graphs))
	for _, g := range s.Graphs {
		settings[g.Name] = trafficSettings(c.For(g.Name))
	}
	a.traffic.SetSubgraphs(settings)
	return nil
}

// retryCodes gives the names in retry.on their meaning.
var retryCodes = map[string]string{
	"unreachable": exec.CodeUnreachable, "timeout": exec.CodeTimeout, "malformed": exec.CodeMalformed,
}

func trafficSettings(s config.Subgraph) traffic.Settings {
	out := traffic.Settings{
		Timeout: s.Timeout.Std(),
		Budget:  traffic.Budget{Share: float64(s.Retry.BudgetPercent) / 100, Burst: s.Retry.BudgetBurst},
		Hedge: traffic.Hedge{
			Enabled: *s.Hedge.Enabled, Delay: s.Hedge.Delay.Std(), Percentile: float64(s.Hedge.Percentile), MinDelay: s.Hedge.MinDelay.Std(),
		},
		Breaker: traffic.Breaker{
			Enabled: *s.Breaker.Enabled, FailureRate: float64(s.Breaker.FailurePercent) / 100, MinRequests: s.Breaker.MinRequests,
			Window: s.Breaker.Window.Std(), Open: s.Breaker.Open.Std(), Probes: s.Breaker.Probes,
		},
		Concurrency: traffic.Concurrency{
			Max: s.Concurrency.Max, Queue: max(0, s.Concurrency.Queue), Wait: s.Concurrency.Wait.Std(),
			Adaptive: *s.Concurrency.Adaptive, Min: s.Concurrency.Min,
		},
		Retry: traffic.Retry{
			Max: s.Retry.Max, Backoff: s.Retry.Backoff.Std(), MaxBackoff: s.Retry.MaxBackoff.Std(), TryTimeout: s.Retry.TryTimeout.Std(),
			MaxRetryAfter: s.Retry.MaxRetryAfter.Std(), Statuses: s.Retry.Statuses,
		},
	}
	if out.Concurrency.Max == 0 {
		out.Concurrency.Max = s.MaxConnections
	}
	for _, name := range s.Retry.On {
		out.Retry.Codes = append(out.Retry.Codes, retryCodes[name])
	}
	if !*s.Retry.Enabled {
		out.Retry.Max = 0
	}
	return out
}

// newFetcher lets identical fetches share an answer, where that is on, in front of what asks subgraphs.
func newFetcher(c *config.Config, next exec.Streamer) exec.Fetcher {
	shared := &sharing{Streamer: next, shared: subgraphclient.Share(next), others: *c.For("all").Share, bySubgraph: map[string]bool{}}
	for name := range c.Subgraphs {
		shared.bySubgraph[name] = *c.For(name).Share
	}
	return shared
}

// sharing lets the fetches to some subgraphs share answers.
type sharing struct {
	exec.Streamer
	shared     *subgraphclient.Sharer
	bySubgraph map[string]bool // those with settings of their own
	others     bool
}

// Fetch implements exec.Fetcher.
func (s *sharing) Fetch(ctx context.Context, request *exec.FetchRequest) (exec.Answer, error) {
	shares, ok := s.bySubgraph[request.Fetch.Subgraph]
	if !ok {
		shares = s.others
	}
	if shares {
		return s.shared.Fetch(ctx, request)
	}
	return s.Streamer.Fetch(ctx, request)
}

// shedding puts load shedding in front of next.
func (a *App) shedding(g, previous *generation) (func(next http.Handler) http.Handler, error) {
	o := g.config.Traffic.Overload
	limiter, err := partOf(g, previous, "overload", o, func() (*overload.Limiter, *part, error) {
		if !*o.Enabled {
			return nil, nil, nil
		}
		l := overload.New(overload.Options{
			MaxInFlight: o.MaxInFlight, MinInFlight: o.MinInFlight, TargetDelay: o.TargetDelay.Std(), RetryAfter: o.RetryAfter.Std(),
			Exempt: isProbe, Logger: a.logger,
			Shed: func(reason overload.Reason) { a.watch.Metrics().Add(telemetry.ShedRequests, 1, string(reason)) },
		})
		return l, &part{run: l.Run}, nil
	})
	if err != nil || limiter == nil {
		return func(next http.Handler) http.Handler { return next }, err
	}
	return limiter.Handler, nil
}

// isProbe tells whether an orchestrator or a balancer asks how the router is.
func isProbe(r *http.Request) bool { return r.URL.Path == "/health" || r.URL.Path == "/ready" }

// newTraffic keeps the trouble of one subgraph from the others.
func newTraffic(next exec.Fetcher, logger *slog.Logger, m *telemetry.Metrics) *traffic.Controller {
	return traffic.New(next, logger, trafficEvents{m})
}

// trafficEvents count what is done about subgraphs.
type trafficEvents struct{ metrics *telemetry.Metrics }

// SubgraphEvent implements traffic.Observer.
func (t trafficEvents) SubgraphEvent(subgraph string, event traffic.Event) {
	switch m := t.metrics; event {
	case traffic.Retried:
		m.Add(telemetry.Retries, 1, subgraph)
	case traffic.Hedged:
		m.Add(telemetry.Hedges, 1, subgraph)
	case traffic.HedgeWon:
		m.Add(telemetry.HedgesWon, 1, subgraph)
	case traffic.BudgetDenied:
		m.Add(telemetry.BudgetDenials, 1, subgraph)
	case traffic.CircuitOpened:
		m.Add(telemetry.CircuitTransitions, 1, subgraph, traffic.Open.String())
	case traffic.CircuitProbed:
		m.Add(telemetry.CircuitTransitions, 1, subgraph, traffic.HalfOpen.String())
	case traffic.CircuitClosed:
		m.Add(telemetry.CircuitTransitions, 1, subgraph, traffic.Closed.String())
	case traffic.CircuitRefused:
		m.Add(telemetry.FetchesRefused, 1, subgraph, "circuit")
	case traffic.QueueRefused:
		m.Add(telemetry.FetchesRefused, 1, subgraph, "queue")
	}
}

// gaugeTraffic lets operators see how things are at the moment.
func (a *App) gaugeTraffic(m *telemetry.Metrics) {
	bySubgraph := func(value func(traffic.Stats) float64) func(func(string, float64)) {
		return func(observe func(string, float64)) {
			for _, s := range a.traffic.Stats() {
				observe(s.Subgraph, value(s))
			}
		}
	}
	m.GaugeOf("tributary.subgraph.fetches.active", "Fetches under way.", "subgraph", bySubgraph(func(s traffic.Stats) float64 { return float64(s.InFlight) }))
	m.GaugeOf("tributary.subgraph.fetches.waiting", "Fetches that wait for their turn.", "subgraph", bySubgraph(func(s traffic.Stats) float64 { return float64(s.Waiting) }))
	m.GaugeOf("tributary.subgraph.fetches.limit", "Fetches that may be under way at once.", "subgraph", bySubgraph(func(s traffic.Stats) float64 { return float64(s.Limit) }))
	m.GaugeOf("tributary.subgraph.circuit.state", "0: closed, 1: half-open, 2: open.", "subgraph", bySubgraph(func(s traffic.Stats) float64 { return float64(s.State) }))
	m.Gauge("tributary.requests.limit", "Requests that may be under way at once; 0: any number.", func() float64 {
		if l, ok := valueOf[*overload.Limiter](a.current.Load(), "overload"); ok {
			return float64(l.Stats().Limit)
		}
		return 0
	})
	if a.certs != nil {
		m.Gauge("tributary.tls.certificate.expiry", "When the router's certificate ends, in Unix time.", func() float64 { return float64(a.certs.Expiry().Unix()) })
	}
}

// valueOf gives the value of a generation's part.
func valueOf[T any](g *generation, name string) (value T, ok bool) {
	for _, p := range g.parts {
		if p.name == name {
			value, ok = p.value.(T)
		}
	}
	return value, ok
}
