// Package memory tells Go's garbage collector how much memory the router may take: a limit from the container, and how far
// the heap may grow before it is collected.
//
// The environment variables GOMEMLIMIT and GOGC win, as everybody expects of a Go program. What they do not say comes from
// Options:
//
//   - The limit is nine tenths of the container's (cgroup v1 or v2), unless it is given. Near it the collector works harder
//     instead of letting the kernel end the process. The rest is for what the collector does not count.
//   - A heap may grow by GCPercent, and is not collected at all below Floor. Most routers live on a few megabytes, and would
//     otherwise collect hundreds of times a second under load.
package memory

import (
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// Options say what the collector aims at.
type Options struct {
	Limit     int64 // bytes; 0: from the container
	GCPercent int   // growth of the heap between collections
	Floor     int64 // bytes; a heap below is not collected, 0: none
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
		undoPercent = pace(o.GCPercent, o.Floor)
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

// pacer keeps the heap's goal at the floor or above: after each collection it sets the percentage anew, by what is alive.
type pacer struct {
	percent int
	floor   int64
	set     int // what is in force
	stopped atomic.Bool
}

// pace begins at once; undo brings back the percentage that was in force.
func pace(percent int, floor int64) (undo func()) {
	p := &pacer{percent: percent, floor: floor, set: percent}
	before := debug.SetGCPercent(percent)
	if floor > 0 {
		p.adjust()
		p.watch()
	}
	return func() {
		p.stopped.Store(true)
		debug.SetGCPercent(before)
	}
}

// watch waits for the end of the next collection: then nothing refers to the sentinel any more, and its finalizer runs.
func (p *pacer) watch() {
	sentinel := &struct{ p *pacer }{p}
	runtime.SetFinalizer(sentinel, func(s *struct{ p *pacer }) {
		if !s.p.stopped.Load() {
			s.p.adjust()
			s.p.watch()
		}
	})
}

func (p *pacer) adjust() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	next := percentFor(int64(sample[0].Value.Uint64()), p.percent, p.floor)
	// Setting it stops the world for a moment: only when it is worth that.
	if next > p.set+p.set/8 || next < p.set-p.set/8 {
		debug.SetGCPercent(next)
		p.set = next
	}
}

// maxPercent bounds what a nearly empty heap asks for.
const maxPercent = 3000

// percentFor is the growth that lets a heap of live bytes reach the floor, at least percent.
func percentFor(live int64, percent int, floor int64) int {
	if live <= 0 {
		live = 1
	}
	return max(percent, int(min(maxPercent, (floor-live)*100/live)))
}
