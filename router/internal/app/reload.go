package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/tributary-gql/tributary/router/internal/config"
	"github.com/tributary-gql/tributary/router/internal/snapshot"
	"github.com/tributary-gql/tributary/router/internal/telemetry"
)

// reloads say where a new configuration comes from.
type reloads struct {
	file     string // watched; "" when there is none
	load     func() (*config.Config, error)
	asked    <-chan os.Signal
	interval time.Duration
}

// watchInterval is the time between two looks at the configuration file. The file is read whole each time: it is small, and
// so a change is seen however it was made (written in place, renamed over, or behind a symbolic link as Kubernetes does).
const watchInterval = time.Second

// ReloadFrom lets the router take up a new configuration while it runs: when the file changes, and when asked. What is
// wrong with it is logged, and the old one stays. It is to be called before Run.
func (a *App) ReloadFrom(file string, load func() (*config.Config, error), asked <-chan os.Signal) {
	a.reloads = &reloads{file: file, load: load, asked: asked, interval: watchInterval}
}

func (r *reloads) run(ctx context.Context, a *App) {
	var look <-chan time.Time
	if r.file != "" {
		ticker := time.NewTicker(r.interval)
		defer ticker.Stop()
		look = ticker.C
	}
	seen := fingerprint(r.file)
	for {
		select {
		case <-ctx.Done():
			return
		case <-look:
			now := fingerprint(r.file)
			if bytes.Equal(now, seen) {
				continue
			}
			seen = now
		case <-r.asked:
			seen = fingerprint(r.file)
		}
		r.reload(ctx, a)
	}
}

// fingerprint is nil for a file that cannot be read.
func fingerprint(file string) []byte {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

func (r *reloads) reload(ctx context.Context, a *App) {
	c, err := r.load()
	if err == nil {
		err = a.reconfigure(ctx, c)
	}
	if err != nil {
		a.watch.Metrics().Add(telemetry.ConfigurationLoads, 1, "refused")
		a.logger.ErrorContext(ctx, "the new configuration cannot be used; the old one stays in use", "file", r.file, "error", err)
	}
}

// fixed are the settings that decide what exists only once in a process: they need a restart.
var fixed = []struct {
	name string
	of   func(*config.Config) any // gives a pointer
}{
	{"listen", func(c *config.Config) any { return &c.Listen }},
	{"admin_listen", func(c *config.Config) any { return &c.AdminListen }},
	{"supergraph", func(c *config.Config) any { return &c.Supergraph }},
	{"tls", func(c *config.Config) any { return &c.TLS }},
	{"traffic.read_timeout", func(c *config.Config) any { return &c.Traffic.ReadTimeout }},
	{"traffic.write_timeout", func(c *config.Config) any { return &c.Traffic.WriteTimeout }},
	{"telemetry", func(c *config.Config) any { return &c.Telemetry }},
	{"log.format", func(c *config.Config) any { return &c.Log.Format }},
}

// reconfigure puts a configuration to use. On an error nothing changes.
func (a *App) reconfigure(ctx context.Context, c *config.Config) error {
	a.change.Lock()
	defer a.change.Unlock()
	old := a.current.Load()
	for _, f := range fixed {
		was, is := reflect.ValueOf(f.of(old.config)).Elem(), reflect.ValueOf(f.of(c)).Elem()
		if !reflect.DeepEqual(was.Interface(), is.Interface()) {
			a.logger.WarnContext(ctx, "this setting changes only with a restart; the old value stays in use", "setting", f.name)
			is.Set(was)
		}
	}
	changed := changedSections(old.config, c)
	if len(changed) == 0 {
		a.watch.Metrics().Add(telemetry.ConfigurationLoads, 1, "unchanged")
		a.logger.InfoContext(ctx, "the configuration was read again and says the same")
		return nil
	}
	next, err := a.newGeneration(c, old)
	if err != nil {
		return err
	}
	snap, err := a.snapshotFor(ctx, old.config, c)
	if err != nil {
		next.release()
		return err
	}
	if !a.swap(next, snap) {
		return nil // the router is stopping
	}
	if h, ok := a.logger.Handler().(logHandler); ok {
		h.setLevel(c.Log.Level)
	}
	a.watch.Metrics().Add(telemetry.ConfigurationLoads, 1, "used")
	a.logger.InfoContext(ctx, "configuration in use", "changed", strings.Join(changed, " "))
	return nil
}

// snapshotFor gives the snapshot for a new configuration: nil when there is none yet, or when the one in use will do.
func (a *App) snapshotFor(ctx context.Context, old, c *config.Config) (*snapshot.Snapshot, error) {
	current := a.snapshot.Load()
	if current == nil {
		return nil, nil
	}
	var next *snapshot.Snapshot
	if !reflect.DeepEqual(old.Limits, c.Limits) || !reflect.DeepEqual(old.Plans, c.Plans) || old.Demand != c.Demand {
		var err error
		if next, err = a.buildSnapshot(a.sdl, c); err != nil {
			return nil, err
		}
		next.Warm(ctx, current.Documents(warmOperations))
	}
	if err := a.setSubgraphs(c, current.Supergraph); err != nil {
		return nil, fmt.Errorf("subgraphs: %w", err)
	}
	return next, nil
}

// swap makes a generation the current one; false when the router is stopping.
func (a *App) swap(next *generation, snap *snapshot.Snapshot) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.draining {
		next.release()
		return false
	}
	for _, p := range next.parts {
		a.start(p)
	}
	if snap != nil {
		a.snapshot.Store(snap)
	}
	old := a.current.Swap(next)
	old.release()
	return true
}

// changedSections names the top-level keys whose values differ.
func changedSections(old, c *config.Config) []string {
	was, is := reflect.ValueOf(old).Elem(), reflect.ValueOf(c).Elem()
	var names []string
	for i := range was.NumField() {
		if !reflect.DeepEqual(was.Field(i).Interface(), is.Field(i).Interface()) {
			names = append(names, was.Type().Field(i).Tag.Get("yaml"))
		}
	}
	return names
}
