package app

import (
	"context"
	"maps"
	"slices"

	"github.com/tributary-gql/tributary/router/internal/certs"
	"github.com/tributary-gql/tributary/router/internal/config"
)

// newListenerCerts gives what clients are shown; nil without TLS.
func (a *App) newListenerCerts(c *config.Config) (*certs.Listener, error) {
	t := c.TLS
	if t.Certificate == "" {
		return nil, nil
	}
	l, err := certs.NewListener(certs.Server{
		Certificate: certs.Material(t.Certificate), Key: certs.Material(t.Key), ClientCA: certs.Material(t.ClientCA),
		ClientOptional: t.ClientAuth == "optional", MinVersion: certs.Versions[t.MinVersion],
	}, t.Reload.Std(), a.logger)
	if err != nil {
		return nil, config.Problem{Path: "tls", Text: err.Error()}
	}
	return l, nil
}

// watchCerts takes up new certificates, of the router and towards subgraphs, until ctx ends.
func (a *App) watchCerts(ctx context.Context) {
	if a.certs != nil {
		a.owned.Go(func() { a.certs.Run(ctx) })
	}
	said := ""
	certs.Watch(ctx, a.config.TLS.Reload.Std(), func() {
		err := a.renewSubgraphCerts()
		if err != nil && err.Error() != said {
			a.logger.ErrorContext(ctx, "new certificates cannot be used; the old ones stay in use", "error", err)
		}
		if said = ""; err != nil {
			said = err.Error()
		}
	})
}

// renewSubgraphCerts makes new connections to subgraphs when a file behind them has changed.
func (a *App) renewSubgraphCerts() error {
	a.change.Lock()
	defer a.change.Unlock()
	snap := a.snapshot.Load()
	if snap == nil {
		return nil
	}
	changed, err := a.clientCerts.Changed()
	if err != nil || !changed {
		return err
	}
	if err := a.setSubgraphs(a.current.Load().config, snap.Supergraph); err != nil {
		return err
	}
	a.logger.Info("new certificates towards subgraphs in use")
	return nil
}

func subgraphCerts(t config.SubgraphTLS) certs.Client {
	return certs.Client{
		CA: certs.Material(t.CA), Certificate: certs.Material(t.Certificate), Key: certs.Material(t.Key),
		ServerName: t.ServerName, MinVersion: certs.Versions[t.MinVersion],
	}
}

// checkSubgraphCerts says at the start, or before a new configuration is used, what will not work.
func checkSubgraphCerts(c *config.Config) error {
	for _, name := range slices.Sorted(maps.Keys(c.Subgraphs)) {
		if _, err := subgraphCerts(c.For(name).TLS).Config(); err != nil {
			return config.Problem{Path: "subgraphs." + name + ".tls", Text: err.Error()}
		}
	}
	return nil
}
