package memory

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

func container(limit uint64, err error) func() (uint64, error) {
	return func() (uint64, error) { return limit, err }
}

// TestTune changes the whole process, so it runs alone.
func TestTune(t *testing.T) { //nolint:paralleltest // see above
	nothing := func(string) string { return "" }
	for _, c := range []struct {
		name      string
		o         Options
		env       func(string) string
		container func() (uint64, error)
		limit     int64
	}{
		{"the container's", Options{}, nothing, container(1000<<20, nil), 900 << 20},
		{"a given one", Options{Limit: 500 << 20}, nothing, container(1000<<20, nil), 500 << 20},
		{"none without a container", Options{}, nothing, container(0, errors.New("no cgroup")), math.MaxInt64},
		{"none in a container without a limit", Options{}, nothing, container(math.MaxUint64, nil), math.MaxInt64},
		{"the environment wins", Options{Limit: 500 << 20}, func(string) string { return "1GiB" }, container(0, nil), math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) { //nolint:paralleltest // see above
			c.o.GCPercent, c.o.Logger = 150, slog.New(slog.DiscardHandler)
			stop := tune(c.o, c.env, c.container)
			if got := debug.SetMemoryLimit(-1); got != c.limit {
				t.Errorf("got a limit of %d, want %d", got, c.limit)
			}
			stop()
			if got := debug.SetMemoryLimit(-1); got != math.MaxInt64 {
				t.Errorf("a limit of %d was left behind", got)
			}
		})
	}
}

// goal is how large the heap may get until the next collection.
func goal() uint64 {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/gc/heap/goal:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestReserve: what counts as alive lets the heap grow, takes no memory, and is gone afterwards.
func TestReserve(t *testing.T) { //nolint:paralleltest // it changes the whole process
	const reserve = 256 << 20
	before, resident := goal(), residentPages(t)
	stop := pace(100, reserve)
	if got := goal(); got < before+2*reserve-(16<<20) || got > before+2*reserve+(16<<20) {
		t.Errorf("the heap may grow to %d bytes, want %d more than the %d before", got, 2*reserve, before)
	}
	if grown := (residentPages(t) - resident) * int64(os.Getpagesize()); grown > reserve/8 {
		t.Errorf("a reserve of %d bytes took %d of memory", reserve, grown)
	}
	stop()
	if got := goal(); got > before+(16<<20) {
		t.Errorf("the heap may still grow to %d bytes, %d were before", got, before)
	}
}

func residentPages(t *testing.T) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/statm")
	if errors.Is(err, os.ErrNotExist) {
		return 0 // not Linux
	}
	var all, resident int64
	if _, err := fmt.Sscan(string(text), &all, &resident); err != nil {
		t.Fatal(err)
	}
	return resident
}
