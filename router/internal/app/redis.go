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
	"github.com/tributary-gql/tributary/router/internal/redisconn"
)

// redisOptions say where the Redis of the section at path is.
func redisOptions(path string, r config.Redis, logger *slog.Logger) (redisconn.Options, error) {
	encryption, err := redisTLS(r.TLS)
	if err != nil {
		return redisconn.Options{}, config.Problem{Path: path + ".tls", Text: err.Error()}
	}
	redis.SetLogger(redisLog{logger}) // else the library writes to standard error, a line for each connection that fails
	return redisconn.Options{
		Addresses: r.Addresses, MasterName: r.MasterName, Cluster: r.Cluster, DB: r.DB, TLS: encryption,
		Username: r.Username, Password: r.Password, SentinelUsername: r.SentinelUsername, SentinelPassword: r.SentinelPassword,
	}, nil
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
