package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/tributary-gql/tributary/router/internal/slowread"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// startAdmin serves operators in the background until the server that it returns is closed; nil without an address.
func (a *App) startAdmin(ctx context.Context, slow *slowread.Guard, failed chan<- error) (*http.Server, error) {
	if a.config.AdminListen == "" {
		return nil, nil
	}
	listener, err := listen(ctx, a.config.AdminListen)
	if err != nil {
		return nil, err
	}
	a.logger.Info("listening for operators", "address", listener.Addr().String())
	listener = slow.Listener(listener)
	server := adminServer(a.watch.Metrics())
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
