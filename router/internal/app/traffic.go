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
func newTraffic(next exec.Fetcher, logger *slog.Logger) *traffic.Controller {
	return traffic.New(next, logger, nil)
}
