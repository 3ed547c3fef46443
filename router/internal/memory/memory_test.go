package memory

import (
	"errors"
	"log/slog"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
	"time"
)

func TestPercentFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		live    int64
		percent int
		floor   int64
		want    int
	}{
		{0, 100, 0, 100},
		{10 << 20, 100, 0, 100},
		{10 << 20, 100, 20 << 20, 100},
		{4 << 20, 100, 24 << 20, 500},
		{1, 100, 24 << 20, maxPercent},
		{100 << 20, 50, 24 << 20, 50},
	} {
		if got := percentFor(c.live, c.percent, c.floor); got != c.want {
			t.Errorf("%d alive, %d%%, floor %d: got %d, want %d", c.live, c.percent, c.floor, got, c.want)
		}
	}
}

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

func percentInForce() uint64 {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// TestFloor: while little is alive the heap may grow to the floor, afterwards everything is as before.
func TestFloor(t *testing.T) { //nolint:paralleltest // it changes the whole process
	before := percentInForce()
	stop := pace(100, 512<<20)
	kept := make([]byte, 64<<20)
	deadline := time.Now().Add(20 * time.Second)
	for percentInForce() >= maxPercent && time.Now().Before(deadline) {
		runtime.GC() // the finalizer runs some time after it
	}
	runtime.KeepAlive(kept)
	if got := percentInForce(); got < 300 || got > 800 {
		t.Errorf("with 64 MB alive and a floor of 512 MB the heap may grow by %d%%, want about 700%%", got)
	}
	stop()
	if got := percentInForce(); got != before {
		t.Errorf("%d%% was left behind, want %d%%", got, before)
	}
}
