// Package router is Tributary's router as a library: an http.Handler that answers GraphQL requests over a supergraph, in a
// program of your own, with hooks at four points of every request. The command cmd/router is the same router as a program.
//
//	c := router.DefaultConfig()
//	c.Supergraph.File = "supergraph.graphql"
//	r, err := router.New(c, router.WithHooks(&router.Hooks{
//		OnRequest: func(ctx context.Context, request *router.Request) error { … },
//	}))
//	if err != nil { … }
//	defer r.Close()
//	http.ListenAndServe(":4000", r)
//
// Programs in other languages take part in requests at the same points through the section coprocessor of router.yml.
package router

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"

	"github.com/tributary-gql/tributary/router/internal/app"
	"github.com/tributary-gql/tributary/router/internal/hook"
)

// What hooks see and give; see Hooks.
type (
	// Hooks are functions that are called at points of a request; those that are nil are not there.
	Hooks = hook.Hooks
	// Request is an HTTP request for GraphQL, before it is read.
	Request = hook.Request
	// Operation is a valid operation of a caller who is known, before it is executed.
	Operation = hook.Operation
	// Fetch is a request to a subgraph, before it is sent.
	Fetch = hook.Fetch
	// Response is a whole response, before it is written.
	Response = hook.Response
	// Values are what the hooks of one request tell each other.
	Values = hook.Values
	// Refusal is the error with which a hook refuses a request.
	Refusal = hook.Refusal
	// RefusalError is one error of a Refusal.
	RefusalError = hook.Error
)

// Refuse is a refusal with one error: an HTTP status, extensions.code, and a message for the client.
func Refuse(status int, code, message string) *Refusal { return hook.Refuse(status, code, message) }

// Option changes how a Router is made.
type Option func(*options)

type options struct {
	logger    *slog.Logger
	embedding app.Embedding
}

// WithHooks adds hooks. Those of several options are called in their order.
func WithHooks(h *Hooks) Option {
	return func(o *options) { o.embedding.Hooks = hook.Chain(o.embedding.Hooks, h) }
}

// WithSupergraph serves a supergraph from its SDL, whatever the configuration says of one.
func WithSupergraph(sdl string) Option {
	return func(o *options) { o.embedding.Supergraph = sdl }
}

// WithLogger takes the router's log; without it slog.Default does.
func WithLogger(l *slog.Logger) Option {
	return func(o *options) { o.logger = l }
}

// Router answers /graphql, /health, /ready, and / with the playground if that is on. It is safe for concurrent use.
type Router struct {
	app  *app.App
	stop func()

	closing sync.Once
	failed  chan struct{} // closed when there will be no supergraph
	reason  error         // then
}

// New makes a router and starts what it does beside requests; Close ends that. The error says everything that is wrong with
// the configuration. Before its supergraph is loaded the router answers 503: see Ready.
func New(c *Config, opts ...Option) (*Router, error) {
	o := options{logger: slog.Default()}
	for _, option := range opts {
		option(&o)
	}
	made, err := app.Embed(c, o.logger, o.embedding)
	if err != nil {
		return nil, fmt.Errorf("router: the configuration is not valid: %w", err)
	}
	r := &Router{app: made, failed: make(chan struct{})}
	r.stop = made.Start(func(err error) {
		r.reason = err
		close(r.failed)
	})
	return r, nil
}

// ServeHTTP implements http.Handler.
func (r *Router) ServeHTTP(w http.ResponseWriter, request *http.Request) { r.app.ServeHTTP(w, request) }

// Ready waits until the router serves a supergraph. The error is why it never will, or that ctx has ended.
func (r *Router) Ready(ctx context.Context) error {
	select {
	case <-r.app.Ready():
		return nil
	case <-r.failed:
		return fmt.Errorf("router: %w", r.reason)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ErrClosed is what Close gives when it is called again.
var ErrClosed = errors.New("router: closed already")

// Close ends everything that the router has started, and its connections. Shut the http.Server down first: requests that are
// under way may fail.
func (r *Router) Close() error {
	err := ErrClosed
	r.closing.Do(func() {
		r.stop()
		err = nil
	})
	return err
}
