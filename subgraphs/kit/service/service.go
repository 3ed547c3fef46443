package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"github.com/tributary-gql/tributary/subgraphs/kit/config"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	// writeSlack is how long writing an answer may take after the work on it had its whole time.
	writeSlack = 10 * time.Second
)

// Task is work beside the requests, such as relaying events. It ends when its context does, and owns what it starts.
type Task struct {
	Name string
	Run  func(ctx context.Context) error
}

// Options is all that a service is made of.
type Options struct {
	// Name is the service's name in logs and metrics.
	Name   string
	Config config.Config
	Logger *slog.Logger
	// GraphQL answers /graphql.
	GraphQL http.Handler
	// Verifier checks the access tokens of requests to /graphql.
	Verifier *identity.Verifier
	// Routes, when set, adds further paths; they are public.
	Routes func(mux *http.ServeMux)
	Checks []Check
	Tasks  []Task
	// Metrics, when set, is served beside the process's own; make it with NewMetrics and register the service's on it.
	Metrics *Metrics
	// Output gets the line with the address; nil is none.
	Output io.Writer
	// Listening, when set, is called once with the address, host:port, before the first request is taken.
	Listening func(address string)
}

// Metrics is a registry of a service's own metrics.
type Metrics = prometheus.Registry

// NewMetrics returns an empty registry for Options.Metrics.
func NewMetrics() *Metrics { return prometheus.NewRegistry() }

// Run serves until ctx ends, and then stops in the order that the package comment gives. It returns nil when it was asked to
// stop and could.
func Run(ctx context.Context, options Options) error {
	listeners, err := listen(ctx, options.Config)
	if err != nil {
		return err
	}
	registry := options.Metrics
	if registry == nil {
		registry = NewMetrics()
	}
	health := &health{checks: options.Checks, logger: options.Logger}
	public := newServer(options, publicHandler(options, health, registry))
	admin := newServer(options, adminHandler(registry))
	admin.WriteTimeout = 0 // a profile takes as long as it is asked to

	// Tasks and servers outlive ctx: requests under way may still need the tasks.
	background, endBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer endBackground()
	group, groupCtx := errgroup.WithContext(background)
	for _, task := range options.Tasks {
		group.Go(func() error { return runTask(groupCtx, task) })
	}
	group.Go(func() error { return serve(public, listeners.public) })
	if listeners.admin != nil {
		group.Go(func() error { return serve(admin, listeners.admin) })
		options.Logger.Info("admin listening", "address", listeners.admin.Addr().String())
	}
	announce(options, listeners.public.Addr().String())

	select {
	case <-ctx.Done():
	case <-groupCtx.Done(): // something failed
	}
	options.Logger.Info("stopping")
	health.stopping.Store(true)
	if ctx.Err() != nil && groupCtx.Err() == nil {
		pause(groupCtx, options.Config.DrainDelay)
	}
	drain, cancel := context.WithTimeout(background, options.Config.ShutdownTimeout)
	defer cancel()
	stopped := shutDown(drain, public, admin)
	endBackground()
	return errors.Join(group.Wait(), stopped)
}

// shutDown waits for the requests under way and, when their time is over, cuts them off.
func shutDown(ctx context.Context, servers ...*http.Server) error {
	var problems []error
	for _, server := range servers {
		if err := server.Shutdown(ctx); err != nil {
			problems = append(problems, fmt.Errorf("requests were still under way at the end of the shutdown timeout: %w", err), server.Close())
		}
	}
	return errors.Join(problems...)
}

func pause(ctx context.Context, length time.Duration) {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func runTask(ctx context.Context, task Task) (err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("task %s panicked: %v\n%s", task.Name, panicked, debug.Stack())
		}
	}()
	if err := task.Run(ctx); err != nil && ctx.Err() == nil {
		return fmt.Errorf("task %s: %w", task.Name, err)
	}
	return nil
}

func serve(server *http.Server, listener net.Listener) error {
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type listeners struct {
	public net.Listener
	admin  net.Listener // nil when there is none
}

func listen(ctx context.Context, cfg config.Config) (listeners, error) {
	var (
		found  listeners
		err    error
		dialer net.ListenConfig
	)
	if found.public, err = dialer.Listen(ctx, "tcp", cfg.Listen); err != nil {
		return listeners{}, fmt.Errorf("--listen %s: %w", cfg.Listen, err)
	}
	if cfg.AdminListen == "" {
		return found, nil
	}
	if found.admin, err = dialer.Listen(ctx, "tcp", cfg.AdminListen); err != nil {
		return listeners{}, errors.Join(fmt.Errorf("--admin-listen %s: %w", cfg.AdminListen, err), found.public.Close())
	}
	return found, nil
}

func announce(options Options, address string) {
	options.Logger.Info("listening", "address", address)
	if options.Output != nil {
		fmt.Fprintf(options.Output, "listening on http://%s\n", address)
	}
	if options.Listening != nil {
		options.Listening(address)
	}
}

func newServer(options Options, handler http.Handler) *http.Server {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      options.Config.RequestTimeout + writeSlack,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		Protocols:         &protocols,
		ErrorLog:          slog.NewLogLogger(options.Logger.Handler(), slog.LevelWarn),
	}
}

// publicHandler is everything on Config.Listen.
func publicHandler(options Options, health *health, registry *prometheus.Registry) http.Handler {
	requests := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:        "http_server_request_duration_seconds",
		Help:        "How long requests to /graphql took.",
		ConstLabels: prometheus.Labels{"service": options.Name},
		Buckets:     []float64{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10},
	}, []string{"code"})
	registry.MustRegister(requests)
	graphql := limitTime(options.Config.RequestTimeout)(options.GraphQL)
	if options.Verifier != nil {
		graphql = identity.Middleware(options.Verifier, options.Logger)(graphql)
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", promhttp.InstrumentHandlerDuration(requests, graphql))
	mux.HandleFunc("GET /health", health.live)
	mux.HandleFunc("GET /ready", health.ready)
	if options.Routes != nil {
		options.Routes(mux)
	}
	return identify(recordRequests(options.Logger)(mux))
}

// adminHandler is everything on Config.AdminListen.
func adminHandler(registry *prometheus.Registry) http.Handler {
	own := prometheus.NewRegistry()
	own.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(prometheus.Gatherers{own, registry}, promhttp.HandlerOpts{}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
