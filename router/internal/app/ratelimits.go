package app

import (
	"log/slog"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// newRateLimiter gives nil when nothing is limited.
func newRateLimiter(c *config.Config, logger *slog.Logger, observe func(rule string, outcome ratelimit.Outcome)) (*ratelimit.Limiter, error) {
	l := c.RateLimits
	if len(l.Rules) == 0 {
		return nil, nil
	}
	connection, err := redisOptions("rate_limits.redis", l.Redis, logger)
	if err != nil {
		return nil, err
	}
	o := ratelimit.Options{
		Redis: connection, Prefix: l.Prefix, OnError: ratelimit.OnError(l.OnError), Timeout: l.Timeout.Std(), LeaseTime: l.LeaseTime.Std(),
		LocalKeys: l.LocalKeys, TrustedProxies: l.TrustedProxies, APIKeyHeader: l.APIKeyHeader, Logger: logger, Observe: observe,
	}
	for _, r := range l.Rules {
		rule := ratelimit.Rule{
			Name: r.Name, Key: r.Key, By: ratelimit.By(r.By), Rate: int64(r.Rate), Per: r.Per.Std(), Burst: int64(r.Burst), Measure: r.Measure, Lease: int64(r.Lease),
		}
		for _, v := range r.Overrides {
			rule.Overrides = append(rule.Overrides, ratelimit.Override{When: v.When, Rate: int64(v.Rate), Burst: int64(v.Burst)})
		}
		o.Rules = append(o.Rules, rule)
	}
	limiter, err := ratelimit.New(o)
	if err != nil {
		return nil, config.Problem{Path: "rate_limits", Text: err.Error()}
	}
	return limiter, nil
}

// observeLimits counts what limits decide; nil when nobody counts.
func (a *App) observeLimits() func(rule string, outcome ratelimit.Outcome) {
	metrics := a.watch.Metrics()
	if metrics == nil {
		return nil
	}
	return func(rule string, outcome ratelimit.Outcome) {
		metrics.Add(telemetry.RateLimitDecisions, 1, rule, string(outcome))
	}
}
