package app

import (
	"context"
	"net/http"
	"reflect"
	"sync/atomic"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/server"
)

// generation is everything that a configuration decides and that may change while the router runs, as one immutable value.
// A new configuration builds the next one beside it and swaps a pointer; requests end on the generation they began with.
type generation struct {
	config  *config.Config
	server  *server.Server
	handler http.Handler
	parts   []*part
	// users are the requests under way, and one more while the generation is the current one.
	users atomic.Int64
}

// acquire gives the current generation, which its user has to release.
func (a *App) acquire() *generation {
	for {
		g := a.current.Load()
		for n := g.users.Load(); n > 0; n = g.users.Load() {
			if g.users.CompareAndSwap(n, n+1) {
				return g
			}
		}
		// It was replaced just now, and nobody uses it any more.
	}
}

// release gives a generation back; the last user of a replaced one ends what only it needed.
func (g *generation) release() {
	if g.users.Add(-1) == 0 {
		for _, p := range g.parts {
			p.release()
		}
	}
}

// ServeHTTP implements http.Handler with the current generation.
func (a *App) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := a.acquire()
	defer g.release()
	g.handler.ServeHTTP(w, r)
}

// part is something with a life of its own: work in the background, or connections. Generations whose configuration says the
// same of it share it, so that what it has learnt (keys, counts, open circuits) survives a change elsewhere.
type part struct {
	name     string
	settings any // the configuration that it was made of
	value    any
	run      func(context.Context) // in the background; may be nil
	close    func()                // after run has returned; may be nil
	users    atomic.Int64          // generations
	stop     context.CancelFunc    // nil before it was started
}

// partOf gives the part of that name: the previous generation's when its settings are the same, else what build makes.
func partOf[T any](g, previous *generation, name string, settings any, build func() (T, *part, error)) (T, error) {
	if previous != nil {
		for _, p := range previous.parts {
			if p.name == name && reflect.DeepEqual(p.settings, settings) {
				g.keep(p)
				return p.value.(T), nil
			}
		}
	}
	value, p, err := build()
	if err != nil || p == nil {
		return value, err
	}
	p.name, p.settings, p.value = name, settings, value
	g.keep(p)
	return value, nil
}

func (g *generation) keep(p *part) {
	p.users.Add(1)
	g.parts = append(g.parts, p)
}

// start runs what the part does in the background, once.
func (a *App) start(p *part) {
	if p.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(a.background)
	p.stop = stop
	a.owned.Go(func() {
		defer stop()
		if p.run != nil {
			p.run(ctx)
		}
		<-ctx.Done()
		if p.close != nil {
			p.close()
		}
	})
}

// release ends the part with its last generation.
func (p *part) release() {
	if p.users.Add(-1) > 0 {
		return
	}
	switch {
	case p.stop != nil:
		p.stop()
	case p.close != nil:
		p.close() // it was never started
	}
}
