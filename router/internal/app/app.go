// Package app is the router put together: it turns a configuration into packages that know nothing of each other, runs
// them, and stops them in order. It is the only package that knows all.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/limits"
	"github.com/tributary-gql/tributary/router/internal/operation"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/server"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/source"
	"github.com/tributary-gql/tributary/router/internal/subgraphclient"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// App is a router that is ready to run.
type App struct {
	config   *config.Config
	logger   *slog.Logger
	server   *server.Server
	verifier *auth.Verifier
	source   source.Source
	client   *subgraphclient.Client
	snapshot atomic.Pointer[snapshot.Snapshot]
	policies *policies
	limiter  *ratelimit.Limiter // nil without rate limits
	metrics  *telemetry.Metrics // nil without an admin address

	mu    sync.Mutex
	bound net.Addr // guarded by mu; nil before Run listens
	ready chan struct{}
}

// New puts a router together. It starts nothing and opens no connection.
func New(c *config.Config, logger *slog.Logger) (*App, error) {
	a := &App{config: c, logger: logger, ready: make(chan struct{})}
	var err error
	if a.verifier, err = newVerifier(c, logger); err != nil {
		return nil, err
	}
	if a.policies, err = compilePolicies(c); err != nil {
		return nil, err
	}
	if a.limiter, err = newRateLimiter(c, logger, nil); err != nil {
		return nil, err
	}
	rules, err := newHeaderRules(c)
	if err != nil {
		return nil, err
	}
	page, err := newPlayground(c)
	if err != nil {
		return nil, err
	}
	if a.client, err = subgraphclient.New(subgraphclient.Options{}); err != nil {
		return nil, err
	}
	a.source = newSource(c, logger)
	if c.AdminListen != "" {
		a.metrics = a.newMetrics()
	}
	csrf := c.CSRF.Headers
	if !c.CSRF.Enabled {
		csrf = nil
	}
	a.server = server.New(server.Options{
		Observer: a.observer(),
		Snapshot: func(*http.Request) *snapshot.Snapshot { return a.snapshot.Load() },
		Fetcher:  newFetcher(c, a.client), Verifier: a.verifier, RateLimits: a.limiter, Headers: rules, Policy: a.policies.policy, Labels: a.policies.label,
		RejectUnauthorized: c.Authorization.Mode == "reject", MaskErrors: c.Errors.Mode == "production",
		Introspection: c.Introspection.Enabled, MaxBody: int64(c.Limits.Body), MaxBatch: c.Limits.Batch,
		Timeout: c.Traffic.Timeout.Std(), CSRFHeaders: csrf, Playground: page, AccessLog: c.Log.Access, Logger: logger,
	})
	return a, nil
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
	listener, err := listen(ctx, a.config.Listen)
	if err != nil {
		return err
	}
	a.mu.Lock()
	a.bound = listener.Addr()
	a.mu.Unlock()
	httpServer := &http.Server{
		Handler: a.handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}
	httpServer.Protocols = new(http.Protocols)
	httpServer.Protocols.SetHTTP1(true)
	httpServer.Protocols.SetUnencryptedHTTP2(true)

	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var owned sync.WaitGroup
	failed := make(chan error, 4)
	owned.Go(func() { a.verifier.Run(background) })
	if a.limiter != nil {
		owned.Go(func() { a.limiter.Run(background) })
	}
	owned.Go(func() {
		if err := a.source.Run(background, a.use); err != nil {
			failed <- err
		}
	})
	owned.Go(func() {
		if err := httpServer.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve %s: %w", a.config.Listen, err)
		}
	})
	a.logger.Info("listening", "address", listener.Addr().String())
	admin, err := a.startAdmin(ctx, &owned, failed)
	if err != nil {
		failed <- err
		err = nil
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	a.shutDown(httpServer, err == nil)
	stop()
	if admin != nil {
		_ = admin.Close() // last, so that operators can watch the shutdown
	}
	owned.Wait()
	a.client.Close()
	if a.limiter != nil {
		_ = a.limiter.Close() // only connections; nobody needs them any more
	}
	return err
}

func (a *App) shutDown(httpServer *http.Server, drain bool) {
	a.server.Drain()
	if wait := a.config.Traffic.Drain.Std(); drain && wait > 0 {
		a.logger.Info("draining", "for", wait)
		timer := time.NewTimer(wait)
		<-timer.C
	}
	ctx, cancel := context.WithTimeout(context.Background(), a.config.Traffic.Shutdown.Std())
	defer cancel()
	if err := httpServer.Shutdown(ctx); err != nil {
		a.logger.Warn("requests were cut off at the end of traffic.shutdown", "error", err)
		_ = httpServer.Close()
	}
	a.logger.Info("stopped")
}

// warmOperations bounds how many operations are planned before a new supergraph serves.
const warmOperations = 1000

// use makes a supergraph the one that serves. The one before keeps serving until the new one is warm.
func (a *App) use(ctx context.Context, sdl string) error {
	current := a.snapshot.Load()
	if current != nil && current.Hash == snapshot.HashOf(sdl) {
		return nil
	}
	began := time.Now()
	next, err := snapshot.Build(sdl, snapshotOptions(a.config))
	if err != nil {
		return err
	}
	if err := a.client.SetSubgraphs(endpoints(a.config, next.Supergraph)); err != nil {
		return err
	}
	warmed := 0
	if current != nil {
		warmed = next.Warm(ctx, current.Documents(warmOperations))
	}
	a.snapshot.Store(next)
	if current == nil {
		close(a.ready)
	}
	a.logger.Info("supergraph in use", "hash", next.Hash, "subgraphs", len(next.Supergraph.Graphs), "warmed", warmed, "took", time.Since(began))
	return nil
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	network, target := "tcp", address
	if file, ok := strings.CutPrefix(address, "unix://"); ok {
		network, target = "unix", file
		if info, err := os.Stat(file); err == nil && info.Mode()&os.ModeSocket != 0 {
			_ = os.Remove(file) // left by a router that was killed
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, network, target)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another address with --listen", address, err)
	}
	return listener, nil
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
	}
}

// NewLogger gives the router's logger.
func NewLogger(c *config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.Log.Level)) // checked by config
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "text" {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}
