// Package app is the router put together: it turns a configuration into packages that know nothing of each other, runs
// them, and stops them in order. It is the only package that knows all.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/certs"
	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/hook"
	"github.com/tributary-gql/tributary/router/internal/limits"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/server"
	"github.com/tributary-gql/tributary/router/internal/slowread"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/source"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
	"github.com/tributary-gql/tributary/router/internal/traffic"
)

// App is a router that is ready to run.
type App struct {
	config   *config.Config // of the start: what cannot change is taken from it
	logger   *slog.Logger
	source   source.Source
	client   *subgraphclient.Client
	traffic  *traffic.Controller
	drain    drainer
	certs    *certs.Listener // nil without TLS
	snapshot atomic.Pointer[snapshot.Snapshot]
	current  atomic.Pointer[generation]
	watch    *telemetry.Telemetry
	hooks    *hook.Hooks // of the program that embeds the router; nil: none
	reloads  *reloads    // nil: the configuration stays as it is

	background context.Context // of what runs beside requests; set by begin
	owned      sync.WaitGroup  // everything that was started

	change sync.Mutex // held while a supergraph or a configuration is put to use
	sdl    string     // of the snapshot; guarded by change
	// clientCerts are shown to subgraphs; guarded by change.
	clientCerts *certs.Clients

	mu       sync.Mutex
	bound    net.Addr // guarded by mu; nil before Run listens
	draining bool     // guarded by mu
	ready    chan struct{}
}

// New puts a router together. It starts nothing and opens no connection.
func New(c *config.Config, logger *slog.Logger) (*App, error) {
	a := &App{config: c, logger: logger, ready: make(chan struct{}), source: newSource(c, logger)}
	var err error
	if a.client, err = subgraphclient.New(subgraphclient.Options{}); err != nil {
		return nil, err
	}
	if a.watch, err = a.newTelemetry(c); err != nil {
		return nil, err
	}
	if a.certs, err = a.newListenerCerts(c); err != nil {
		return nil, err
	}
	a.drain.ready = func() bool { return a.snapshot.Load() != nil }
	a.traffic = newTraffic(a.fetcher(), logger, a.watch.Metrics())
	a.gaugeTraffic(a.watch.Metrics())
	first, err := a.newGeneration(c, nil)
	if err != nil {
		return nil, err
	}
	a.current.Store(first)
	return a, nil
}

// newGeneration builds what a configuration decides, with what stays the same of the generation before.
func (a *App) newGeneration(c *config.Config, previous *generation) (*generation, error) {
	g := &generation{config: c}
	g.users.Store(1)
	if err := a.build(g, previous); err != nil {
		g.release()
		return nil, err
	}
	return g, nil
}

func (a *App) build(g, previous *generation) error {
	c := g.config
	verifier, err := partOf(g, previous, "authentication", c.Auth, func() (*auth.Verifier, *part, error) {
		v, err := newVerifier(c, a.logger)
		if err != nil {
			return nil, nil, err
		}
		return v, &part{run: v.Run}, nil
	})
	if err != nil {
		return err
	}
	policies, err := compilePolicies(c)
	if err != nil {
		return err
	}
	limiter, err := partOf(g, previous, "rate_limits", c.RateLimits, func() (*ratelimit.Limiter, *part, error) {
		l, err := newRateLimiter(c, a.logger, a.observeLimits())
		if err != nil || l == nil {
			return nil, nil, err
		}
		return l, &part{run: l.Run, close: func() { _ = l.Close() }}, nil // only connections; nobody needs them any more
	})
	if err != nil {
		return err
	}
	documents, err := a.documents(g, previous)
	if err != nil {
		return err
	}
	rules, returned, err := a.headerRules(c)
	if err != nil {
		return err
	}
	page, err := newPlayground(c)
	if err != nil {
		return err
	}
	csrf := c.CSRF.Headers
	if !c.CSRF.Enabled {
		csrf = nil
	}
	g.server = server.New(server.Options{
		Observer: a.watch.Failures(),
		Snapshot: func(*http.Request) *snapshot.Snapshot { return a.snapshot.Load() }, Share: shareRequests[c.Sharing.Requests],
		Fetcher: newFetcher(c, a.traffic), Verifier: verifier, RateLimits: limiter, Documents: documents, Headers: rules, ResponseHeaders: returned, Policy: policies.policy, Labels: policies.label,
		Cost:               a.costOptions(c),
		RejectUnauthorized: c.Authorization.Mode == "reject", Errors: errorPolicy(c),
		Introspection: c.Introspection.Enabled, MaxBody: int64(c.Limits.Body), MaxBatch: c.Limits.Batch,
		Hooks:   hooksOf(c, a.hooks, a.logger),
		Timeout: c.Traffic.Timeout.Std(), CSRFHeaders: csrf, Playground: page, Logger: a.logger,
	})
	if err := checkSubgraphCerts(c); err != nil {
		return err
	}
	shed, err := a.shedding(g, previous)
	if err != nil {
		return err
	}
	g.handler = a.handler(g, shed)
	return nil
}

// Addr is the address that clients reach, once Ready is closed.
func (a *App) Addr() net.Addr {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bound
}

// Ready is closed when the router serves its first supergraph.
func (a *App) Ready() <-chan struct{} { return a.ready }

// Run serves until ctx ends, then drains: readiness goes off, requests are still taken for traffic.drain, those under way
// get traffic.shutdown to end. It returns nil after a clean stop.
func (a *App) Run(ctx context.Context) error {
	bound, err := listen(ctx, a.config.Listen)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.bound = bound.Addr()
	a.mu.Unlock()
	slow := slowread.New(a.config.Traffic.WriteTimeout.Std(), func() { a.watch.Metrics().Add(telemetry.ClientsCutOff, 1) })
	clients := a.newListener(bound, slow)

	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	failed := make(chan error, 4)
	a.begin(background, func(err error) { failed <- err })
	a.owned.Go(func() {
		if err := clients.serve(); err != nil {
			failed <- fmt.Errorf("serve %s: %w", a.config.Listen, err)
		}
	})
	a.logger.Info("listening", "address", bound.Addr().String())
	admin, err := a.startAdmin(ctx, slow, failed)
	if err != nil {
		failed <- err
		err = nil
	}
	if a.reloads != nil {
		a.owned.Go(func() { a.reloads.run(ctx, a) })
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.shutDown(clients, err == nil)
	stop()
	if admin != nil {
		_ = admin.Close() // last, so that operators can watch the shutdown
	}
	a.owned.Wait()
	a.client.Close()
	return err
}

// begin starts what runs beside requests until background ends: key sets, certificates, the supergraph, telemetry. failed is
// told when the supergraph cannot be had at all; it is called at most once.
func (a *App) begin(background context.Context, failed func(error)) {
	a.background = background
	a.owned.Go(func() { a.watchCerts(background) })
	a.owned.Go(func() {
		if err := a.watch.Run(background); err != nil {
			a.logger.Warn("telemetry is incomplete", "error", err)
		}
	})
	for _, p := range a.current.Load().parts {
		a.start(p)
	}
	a.owned.Go(func() {
		if err := a.source.Run(background, a.use); err != nil {
			failed(err)
		}
	})
}

func (a *App) shutDown(clients *listener, drain bool) {
	a.mu.Lock()
	a.draining = true // no configuration takes the place of the one that drains
	g := a.current.Load()
	a.mu.Unlock()
	a.drain.closing.Store(true)
	g.server.Drain()
	wait := g.config.Traffic.Drain.Std()
	if a.drain.isWatched(time.Now()) {
		wait = max(wait, g.config.Traffic.DrainWatched.Std())
	}
	if drain && wait > 0 {
		a.logger.Info("draining", "for", wait)
		timer := time.NewTimer(wait)
		<-timer.C
	}
	ctx, cancel := context.WithTimeout(context.Background(), g.config.Traffic.Shutdown.Std())
	defer cancel()
	if err := clients.shutDown(ctx); err != nil {
		a.logger.Warn("requests were cut off at the end of traffic.shutdown", "error", err)
	}
	a.logger.Info("stopped")
}

// warmOperations bounds how many operations are planned before a new supergraph serves.
const warmOperations = 1000

// use makes a supergraph the one that serves. The one before keeps serving until the new one is warm.
func (a *App) use(ctx context.Context, sdl string) error {
	a.change.Lock()
	defer a.change.Unlock()
	c := a.current.Load().config
	current := a.snapshot.Load()
	if current != nil && current.Hash == snapshot.HashOf(sdl) {
		return nil
	}
	began := time.Now()
	next, err := a.buildSnapshot(sdl, c)
	if err != nil {
		return err
	}
	if err := a.setSubgraphs(c, next.Supergraph); err != nil {
		return err
	}
	warmed := 0
	if current != nil {
		warmed = next.Warm(ctx, current.Documents(warmOperations))
	}
	a.snapshot.Store(next)
	a.sdl = sdl
	if current == nil {
		close(a.ready)
	}
	a.watch.Metrics().Add(telemetry.SupergraphLoads, 1, "used")
	a.logger.Info("supergraph in use", "hash", next.Hash, "subgraphs", len(next.Supergraph.Graphs), "warmed", warmed, "took", time.Since(began))
	return nil
}

func snapshotOptions(c *config.Config) snapshot.Options {
	o := operation.DefaultOptions()
	if c.Limits.Tokens > 0 {
		o.MaxTokens = c.Limits.Tokens
	}
	o.Inspect = limits.Limits{
		Depth: c.Limits.Depth, Fields: c.Limits.Fields, RootFields: c.Limits.RootFields, Aliases: c.Limits.Aliases,
		Directives: c.Limits.Directives, Variables: c.Limits.Variables, IntrospectionDepth: c.Limits.IntrospectDepth,
	}.Check
	return snapshot.Options{
		Operation: o, CacheBytes: int64(c.Plans.CacheSize), PlanTimeout: c.Plans.Timeout.Std(), PlanWorkers: c.Plans.Workers,
		Demand: demandOptions(c),
	}
}
