// Package server is the router's HTTP surface: GraphQL over HTTP at /graphql, health and readiness, and the playground at
// the root address. It turns an HTTP request into an operation, asks the snapshot for its program, runs it, and writes the
// answer. What a request may do before that (identity, limits) it asks of the packages that know.
package server

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/tributary-gql/tributary/router/internal/auth"
	"github.com/tributary-gql/tributary/router/internal/exec"
	"github.com/tributary-gql/tributary/router/internal/gqlerr"
	"github.com/tributary-gql/tributary/router/internal/headers"
	"github.com/tributary-gql/tributary/router/internal/hook"
	"github.com/tributary-gql/tributary/router/internal/ratelimit"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
)

// Options are what a Server is made of.
type Options struct {
	// Snapshot gives the snapshot for a request, nil while there is none yet.
	Snapshot func(*http.Request) *snapshot.Snapshot
	Fetcher  exec.Fetcher
	// Share says whose identical queries share one execution.
	Share    ShareRequests
	Verifier *auth.Verifier
	Observer exec.Observer // of operations that telemetry does not watch; nil: nobody
	Headers  *headers.Rules
	// ResponseHeaders takes headers of subgraphs' answers to the client; nil: none.
	ResponseHeaders *headers.ResponseRules
	// RateLimits refuses callers who ask too often; nil: nobody.
	RateLimits *ratelimit.Limiter
	// Documents are those that clients may name instead of sending them.
	Documents DocumentOptions
	// Cost bounds what an operation may cost.
	Cost CostOptions
	// Policy tells which policies (@policy; sorted, each once) hold for a caller, also beside an error; nil: none.
	Policy func(ctx context.Context, names []string, identity *auth.Identity, r *http.Request) ([]bool, error)
	// Labels decides an override label for a request; nil turns every label off but percentages.
	Labels func(label string, identity *auth.Identity, r *http.Request) bool
	// Hooks are called at points of a request; nil: there are none.
	Hooks *hook.Hooks
	// RejectUnauthorized refuses a whole operation when any of its fields is not allowed; else those fields are null.
	RejectUnauthorized bool
	// Errors says what clients see of subgraphs' errors; nil: everything.
	Errors        *gqlerr.Policy
	Introspection bool
	MaxBody       int64
	MaxBatch      int
	Timeout       time.Duration
	CSRFHeaders   []string     // empty: no protection
	Playground    http.Handler // nil: none
	Logger        *slog.Logger
}

// Server handles requests. It is safe for concurrent use.
type Server struct {
	options  Options
	draining atomic.Bool
	// documents finds what a request asks for.
	documents *documents
	handler   http.Handler
	sharer    *sharer // nil: no executions are shared
}

// New makes a Server.
func New(o Options) *Server {
	s := &Server{options: o, documents: newDocuments(o.Documents, o.Logger), sharer: newSharer(o.Share)}
	mux := http.NewServeMux()
	mux.HandleFunc("/health", s.health)
	mux.HandleFunc("/ready", s.ready)
	if o.Playground != nil {
		mux.Handle("/", o.Playground)
	}
	s.handler = mux
	s.useHooks()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/graphql" {
		if s.options.Hooks != nil {
			s.serveHooked(w, r)
			return
		}
		s.serveGraphQL(w, r)
		return
	}
	s.handler.ServeHTTP(w, r)
}

// Drain turns readiness off; requests are still served.
func (s *Server) Drain() { s.draining.Store(true) }

// health says that the process lives.
func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	writeStatus(w, http.StatusOK, "ok")
}

// ready says whether requests can be served: a supergraph is loaded and the router is not shutting down.
func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	switch {
	case s.draining.Load():
		writeStatus(w, http.StatusServiceUnavailable, "draining")
	case s.options.Snapshot(r) == nil:
		writeStatus(w, http.StatusServiceUnavailable, "no supergraph")
	default:
		writeStatus(w, http.StatusOK, "ok")
	}
}

func writeStatus(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(`{"status":"` + text + `"}` + "\n"))
}
