package app

import (
	"log/slog"

	"github.com/tributary-gql/tributary/router/internal/apq"
	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/persisted"
	"github.com/tributary-gql/tributary/router/internal/redisconn"
	"github.com/tributary-gql/tributary/router/internal/server"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// documents are what lets clients name a document instead of sending it.
func (a *App) documents(g, previous *generation) (server.DocumentOptions, error) {
	c := g.config
	o := server.DocumentOptions{RequireID: c.Persisted.RequireID}
	if metrics := a.watch.Metrics(); metrics != nil {
		o.Observe = func(result server.DocumentResult) { metrics.Add(telemetry.PersistedOperations, 1, string(result)) }
	}
	if c.Persisted.Safelist != "off" {
		o.Safelist = server.Safelist(c.Persisted.Safelist)
	}
	if len(c.Persisted.Manifests) > 0 {
		store, err := partOf(g, previous, "persisted_documents", c.Persisted, func() (*persisted.Store, *part, error) {
			s, err := persisted.New(persisted.Options{Files: c.Persisted.Manifests, Interval: c.Persisted.Interval.Std(), Logger: a.logger})
			if err != nil {
				return nil, nil, config.Problem{Path: "persisted_documents.manifests", Text: err.Error()}
			}
			return s, &part{run: s.Run}, nil
		})
		if err != nil {
			return o, err
		}
		o.Persisted = store.List
	}
	if !c.APQ.Enabled {
		return o, nil
	}
	var err error
	o.APQ, err = partOf(g, previous, "apq", c.APQ, func() (*apq.Cache, *part, error) {
		cache, err := newAPQ(c.APQ, a.logger)
		if err != nil {
			return nil, nil, err
		}
		return cache, &part{run: cache.Run, close: func() { _ = cache.Close() }}, nil // only connections; nobody needs them any more
	})
	return o, err
}

// newAPQ opens no connection.
func newAPQ(c config.APQ, logger *slog.Logger) (*apq.Cache, error) {
	o := apq.Options{Memory: int64(c.Memory), Prefix: c.Prefix, TTL: c.TTL.Std(), Timeout: c.Timeout.Std(), Logger: logger}
	if len(c.Redis.Addresses) > 0 {
		connection, err := redisOptions("apq.redis", c.Redis, logger)
		if err != nil {
			return nil, err
		}
		o.Redis = redisconn.New(connection, o.Timeout)
	}
	return apq.New(o)
}
