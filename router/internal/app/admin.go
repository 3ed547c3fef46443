package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// newMetrics are the router's metrics with what can be read from its parts.
func (a *App) newMetrics() *telemetry.Metrics {
	m := telemetry.NewMetrics()
	m.Gauge("tributary_supergraph_loaded", "1 when a supergraph is in use.", func() float64 {
		if a.snapshot.Load() == nil {
			return 0
		}
		return 1
	})
	m.Gauge("tributary_operations_cached", "Documents that are parsed, validated and planned.", func() float64 {
		if snap := a.snapshot.Load(); snap != nil {
			return float64(snap.Cached())
		}
		return 0
	})
	return m
}

// observer is nil, not an interface that holds nil, when nothing is measured.
func (a *App) observer() exec.Observer {
	if a.metrics == nil {
		return nil
	}
	return a.metrics
}

// startAdmin serves operators in the background until the server that it returns is closed; nil without an address.
func (a *App) startAdmin(ctx context.Context, failed chan<- error) (*http.Server, error) {
	if a.metrics == nil {
		return nil, nil
	}
	listener, err := listen(ctx, a.config.AdminListen)
	if err != nil {
		return nil, err
	}
	a.logger.Info("listening for operators", "address", listener.Addr().String())
	server := adminServer(a.metrics)
	a.owned.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve %s: %w", a.config.AdminListen, err)
		}
	})
	return server, nil
}

// adminServer answers /metrics and profiles, for operators only: nothing of it is on the clients' address.
func adminServer(m *telemetry.Metrics) *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", m.Handler())
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
}
