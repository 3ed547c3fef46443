// Package source brings supergraphs to the router: from a file that is watched, or composed from the subgraphs that a
// supergraph.yaml lists. A source hands on what it finds and goes on for ever; it never takes back a good supergraph
// because a later one is bad.
package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/tributary-gql/tributary/schema/compose"
	"github.com/tributary-gql/tributary/schema/diag"
	"github.com/tributary-gql/tributary/schema/workspace"
)

// Source finds supergraphs. Run calls use with each new SDL, one at a time, until ctx ends; use's error is reported and
// the source goes on. Run returns an error only when the very first look finds nothing that will ever work.
type Source interface {
	Run(ctx context.Context, use func(ctx context.Context, sdl string) error) error
}

// maxSDL bounds a supergraph file.
const maxSDL = 256 << 20

// File watches a supergraph file.
type File struct {
	Path     string
	Interval time.Duration // 0: never look again
	Logger   *slog.Logger
}

// Run implements Source.
func (f *File) Run(ctx context.Context, use func(context.Context, string) error) error {
	sdl, seen, err := f.read(fileState{})
	if err != nil {
		return fmt.Errorf("supergraph: %w", err)
	}
	if err := use(ctx, sdl); err != nil {
		return fmt.Errorf("%s: %w", f.Path, err)
	}
	if f.Interval <= 0 {
		<-ctx.Done()
		return nil
	}
	ticker := time.NewTicker(f.Interval)
	defer ticker.Stop()
	last, trouble := sdl, ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		next, state, err := f.read(seen)
		if err == nil {
			seen = state
			if next == "" || next == last {
				continue
			}
			last = next
			err = use(ctx, next)
		}
		if ctx.Err() != nil {
			return nil
		}
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != trouble && err != nil {
			f.Logger.Error("the supergraph file cannot be used; the last good supergraph goes on serving", "file", f.Path, "error", err)
		}
		trouble = text
	}
}

type fileState struct {
	modified time.Time
	size     int64
}

// read gives the file's text, or "" when it has not changed since seen.
func (f *File) read(seen fileState) (string, fileState, error) {
	file, err := os.Open(f.Path)
	if err != nil {
		return "", seen, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return "", seen, err
	}
	state := fileState{modified: info.ModTime(), size: info.Size()}
	// A file that was just written may change again within the clock's resolution.
	if state == seen && time.Since(state.modified) > 2*time.Second {
		return "", state, nil
	}
	text, err := io.ReadAll(io.LimitReader(file, maxSDL+1))
	switch {
	case err != nil:
		return "", seen, err
	case len(text) > maxSDL:
		return "", seen, fmt.Errorf("%s is larger than 256 MiB", f.Path)
	case len(text) == 0:
		return "", seen, fmt.Errorf("%s is empty", f.Path) // being written, or a mistake
	}
	return string(text), state, nil
}

// Compose watches the subgraphs of a supergraph.yaml and composes them.
type Compose struct {
	Path     string
	Interval time.Duration
	Logger   *slog.Logger
}

// fetchTimeout bounds one question to a running service.
const fetchTimeout = 5 * time.Second

// Run implements Source.
func (c *Compose) Run(ctx context.Context, use func(context.Context, string) error) error {
	if _, err := workspace.Load(c.Path); err != nil {
		return fmt.Errorf("supergraph.compose: %w", err)
	}
	interval := c.Interval
	if interval <= 0 {
		interval = time.Hour // the workspace is looked at once; members that are down still join
	}
	watcher := workspace.Watcher{
		Path: c.Path, Interval: interval, Fetcher: workspace.NewFetcher(2, fetchTimeout),
		Changed: func(subgraphs []workspace.Subgraph) { c.compose(ctx, subgraphs, use) },
		Problem: func(err error) {
			if err != nil {
				c.Logger.Warn("not every subgraph's schema can be had; the last good ones stay", "error", err)
			} else {
				c.Logger.Info("every subgraph's schema can be had again")
			}
		},
	}
	watcher.Run(ctx)
	return nil
}

func (c *Compose) compose(ctx context.Context, subgraphs []workspace.Subgraph, use func(context.Context, string) error) {
	if len(subgraphs) == 0 {
		return
	}
	sdl, err := composeSDL(subgraphs)
	if err == nil {
		err = use(ctx, sdl)
	}
	if err != nil && ctx.Err() == nil {
		c.Logger.Error("the subgraphs do not compose; the last good supergraph goes on serving", "error", err)
	}
}

func composeSDL(subgraphs []workspace.Subgraph) (string, error) {
	sources := make([]compose.Source, len(subgraphs))
	for i, s := range subgraphs {
		sources[i] = compose.Source{Name: s.Name, URL: s.RoutingURL, File: s.File, SDL: s.SDL}
	}
	result := compose.Sources(sources...)
	if len(result.Errors) > 0 {
		return "", joined(result.Errors)
	}
	return result.Supergraph.Print(), nil
}

func joined(diagnostics []diag.Diagnostic) error {
	errs := make([]error, len(diagnostics))
	for i, d := range diagnostics {
		where := ""
		if len(d.Locations) > 0 {
			l := d.Locations[0]
			where = fmt.Sprintf(" (%s, %s:%d:%d)", l.Subgraph, l.File, l.Line, l.Column)
		}
		errs[i] = fmt.Errorf("%s: %s%s", d.Code, d.Message, where)
	}
	return errors.Join(errs...)
}
