// Package memory tells Go's garbage collector how much memory the router may take: a limit from the container, and how far
// the heap may grow before it is collected.
//
// The environment variables GOMEMLIMIT and GOGC win, as everybody expects of a Go program. What they do not say comes from
// Options:
//
//   - The limit is nine tenths of the container's (cgroup v1 or v2), unless it is given. Near it the collector works harder
//     instead of letting the kernel end the process. The rest is for what the collector does not count.
//   - A heap may grow by GCPercent of what is alive and of Reserve. Most routers live on a few megabytes, and would otherwise
//     collect many times a second under load.
package memory

import (
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Options say what the collector aims at.
type Options struct {
	Limit     int64 // bytes; 0: from the container
	GCPercent int   // growth of the heap between collections
	Reserve   int64 // bytes that count as alive although nobody uses them
	Logger    *slog.Logger
}

// containerShare is the part of a container's limit that the collector aims to stay below.
const containerShare = 0.9

// Tune sets the process's limits until stop is called, which brings back what was there before. Only one may be in force.
func Tune(o Options) (stop func()) {
	return tune(o, os.Getenv, memlimit.FromCgroup)
}

func tune(o Options, env func(string) string, container func() (uint64, error)) (stop func()) {
	undoLimit, undoPercent := func() {}, func() {}
	if env("GOMEMLIMIT") == "" {
		if limit := o.limit(container); limit > 0 {
			before := debug.SetMemoryLimit(limit)
			undoLimit = func() { debug.SetMemoryLimit(before) }
			o.Logger.Debug("memory limit", "bytes", limit)
		}
	}
	if env("GOGC") == "" {
		undoPercent = pace(o.GCPercent, o.Reserve)
	}
	return func() {
		undoPercent()
		undoLimit()
	}
}

func (o *Options) limit(container func() (uint64, error)) int64 {
	if o.Limit > 0 {
		return o.Limit
	}
	whole, err := container()
	if err != nil || whole == 0 || whole > math.MaxInt64/2 {
		return 0 // no container, or one without a limit
	}
	return int64(float64(whole) * containerShare)
}

// pace sets the percentage and takes the reserve until undo is called, which brings back the percentage that was in force.
func pace(percent int, reserve int64) (undo func()) {
	before := debug.SetGCPercent(percent)
	// Nobody writes to it, so the system gives no memory for it; but the collector counts it as alive.
	idle := make([]byte, reserve)
	return func() {
		runtime.KeepAlive(idle)
		debug.SetGCPercent(before)
	}
}
