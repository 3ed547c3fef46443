package workspace

import (
	"context"
	"slices"
	"time"
)

// Watcher looks at a workspace again and again. It keeps the last good SDL of each member, so that a service which is
// restarting does not leave the graph, and a member that was down at the start joins when it comes.
type Watcher struct {
	// Path is the supergraph.yaml.
	Path string
	// Interval is the time between two looks.
	Interval time.Duration
	// Fetcher asks for SDL.
	Fetcher *Fetcher
	// Changed is called with all subgraphs that are known, in the order of the workspace, at the first look and then after
	// each look that found a change. It is never called twice at the same time.
	Changed func([]Subgraph)
	// Problem is called with what went wrong at a look, when it differs from what went wrong at the look before; nil when
	// all is well again.
	Problem func(error)

	last    map[string]Subgraph
	members []Member
	current []Subgraph
	trouble string
}

// Run looks until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	w.last = map[string]Subgraph{}
	ticker := time.NewTicker(w.Interval)
	defer ticker.Stop()
	for first := true; ; first = false {
		w.look(ctx, first)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (w *Watcher) look(ctx context.Context, first bool) {
	workspace, err := Load(w.Path)
	if err == nil {
		w.members = workspace.Subgraphs // a broken file keeps the members of the last good one
	}
	got, fetchErr := w.Fetcher.All(ctx, w.members)
	if ctx.Err() != nil {
		return
	}
	if err == nil {
		err = fetchErr
	}
	for _, s := range got {
		w.last[s.Name] = s
	}
	next := make([]Subgraph, 0, len(w.members))
	for _, m := range w.members {
		if s, ok := w.last[m.Name]; ok {
			s.RoutingURL = m.RoutingURL
			next = append(next, s)
		}
	}
	w.report(err)
	if first || !slices.Equal(next, w.current) {
		w.current = next
		w.Changed(slices.Clone(next))
	}
}

func (w *Watcher) report(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != w.trouble {
		w.trouble = text
		w.Problem(err)
	}
}
