package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
)

// newRateLimiter gives nil when nothing is limited.
func newRateLimiter(c *config.Config, logger *slog.Logger, observe func(rule string, outcome ratelimit.Outcome)) (*ratelimit.Limiter, error) {
	l := c.RateLimits
	if len(l.Rules) == 0 {
		return nil, nil
	}
	encryption, err := redisTLS(l.Redis.TLS)
	if err != nil {
		return nil, config.Problem{Path: "rate_limits.redis.tls", Text: err.Error()}
	}
	o := ratelimit.Options{
		Redis: ratelimit.RedisOptions{
			Addresses: l.Redis.Addresses, MasterName: l.Redis.MasterName, Cluster: l.Redis.Cluster, DB: l.Redis.DB, TLS: encryption,
			Username: l.Redis.Username, Password: l.Redis.Password,
			SentinelUsername: l.Redis.SentinelUsername, SentinelPassword: l.Redis.SentinelPassword,
		},
		Prefix: l.Prefix, OnError: ratelimit.OnError(l.OnError), Timeout: l.Timeout.Std(), LeaseTime: l.LeaseTime.Std(),
		LocalKeys: l.LocalKeys, TrustedProxies: l.TrustedProxies, APIKeyHeader: l.APIKeyHeader, Logger: logger, Observe: observe,
	}
	for _, r := range l.Rules {
		rule := ratelimit.Rule{
			Name: r.Name, Key: r.Key, Rate: int64(r.Rate), Per: r.Per.Std(), Burst: int64(r.Burst), Measure: r.Measure, Lease: int64(r.Lease),
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
	redis.SetLogger(redisLog{logger}) // else it writes to standard error, a line for each connection that fails
	return limiter, nil
}

// redisTLS gives nil when connections are not encrypted.
func redisTLS(t config.RedisTLS) (*tls.Config, error) {
	if !t.Enabled {
		return nil, nil
	}
	out := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, fmt.Errorf("ca: %w", err)
		}
		out.RootCAs = x509.NewCertPool()
		if !out.RootCAs.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("ca: %s holds no certificate in PEM", t.CA)
		}
	}
	if t.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(t.Certificate, t.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		out.Certificates = []tls.Certificate{pair}
	}
	return out, nil
}

// redisLog passes what the client library says on connections to the log's lowest level.
type redisLog struct{ logger *slog.Logger }

// Printf implements the library's logger.
func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	if l.logger.Enabled(ctx, slog.LevelDebug) {
		l.logger.DebugContext(ctx, "redis", "text", fmt.Sprintf(format, args...))
	}
}
