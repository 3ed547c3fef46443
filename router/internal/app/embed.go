package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/hook"
)

// Embedding is what a program that embeds the router gives it beside a configuration.
type Embedding struct {
	Hooks *hook.Hooks // nil: none
	// Supergraph is SDL that takes the place of what the configuration says; "": the configuration's.
	Supergraph string
}

// given is a supergraph that never changes.
type given string

// Run implements source.Source.
func (g given) Run(ctx context.Context, use func(context.Context, string) error) error {
	if err := use(ctx, string(g)); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// Embed puts a router together that listens on nothing: it is an http.Handler in somebody else's program. Start belongs to it.
// c is not changed.
func Embed(c *config.Config, logger *slog.Logger, e Embedding) (*App, error) {
	own := *c
	if e.Supergraph != "" {
		own.Supergraph.File, own.Supergraph.Compose = "given", ""
	}
	if problems := own.Validate(); len(problems) > 0 {
		return nil, errors.Join(problems...)
	}
	a, err := New(&own, logger)
	if err != nil {
		return nil, err
	}
	if e.Supergraph != "" {
		a.source = given(e.Supergraph)
	}
	if e.Hooks == nil {
		return a, nil
	}
	a.hooks = e.Hooks
	first := a.current.Load()
	hooked, err := a.newGeneration(&own, first)
	if err != nil {
		return nil, err
	}
	a.current.Store(hooked)
	first.release()
	return a, nil
}

// Start begins what runs beside requests; see begin. stop ends everything and returns when it has; requests have to have
// ended before.
func (a *App) Start(failed func(error)) (stop func()) {
	background, cancel := context.WithCancel(context.Background())
	a.begin(background, failed)
	return func() {
		a.mu.Lock()
		a.draining = true
		g := a.current.Load()
		a.mu.Unlock()
		g.server.Drain()
		cancel()
		a.owned.Wait()
		a.client.Close()
	}
}
