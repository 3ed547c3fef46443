package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// soak is a long run that looks for growth: between samples all workloads run mixed at full load, on new connections and
// with a new supergraph each time, so that what a connection or a snapshot leaves behind is seen too.
type soak struct {
	*bench
	router    *target
	admin     string // host:port
	subgraphs *process
	samples   []sample
}

// sample is what a router holds after its load has ended.
type sample struct {
	after      time.Duration
	requests   int64
	resident   int64 // bytes
	heap       int64 // bytes alive after a collection
	goroutines int64
	files      int64
}

// soakSamples is how many samples a soak has, unless they would be less than soakLeast apart.
const (
	soakSamples = 30
	soakLeast   = 5 * time.Second
)

// errGrowth is the verdict of a soak that found growth.
var errGrowth = errors.New("the router grew")

func (b *bench) soak(ctx context.Context, set *dataset, out io.Writer) error {
	if err := b.prepareRouter(ctx); err != nil {
		return err
	}
	supergraph, err := set.writeSupergraph(b.dir)
	if err != nil {
		return err
	}
	s := &soak{bench: b}
	if s.subgraphs, err = start(ctx, b.options.loadCore, "subgraphs", wholeLine, b.self, "subgraphs"); err != nil {
		return err
	}
	defer s.subgraphs.stop()
	port, err := freePort(ctx)
	if err != nil {
		return err
	}
	s.admin = "127.0.0.1:" + port
	place := &site{dir: b.dir, supergraph: supergraph, subgraphs: s.subgraphs.address}
	if s.router, err = b.startRouter(ctx, place, &variant{name: "soak", admin: s.admin, reload: true}); err != nil {
		return err
	}
	defer s.router.stop()
	for i := range set.workloads {
		if _, err := b.check(ctx, s.router, &set.workloads[i], "bench-check"); err != nil {
			return err
		}
	}
	if err := s.run(ctx, set, supergraph); err != nil {
		return err
	}
	return s.report(out)
}

func (s *soak) run(ctx context.Context, set *dataset, supergraph string) error {
	script, err := soakScript(s.dir, set)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(supergraph)
	if err != nil {
		return err
	}
	slice := max(soakLeast, (s.options.soak / soakSamples).Round(time.Second))
	began := time.Now()
	for time.Since(began) < s.options.soak {
		load, err := runWrk(ctx, s.options.loadCore, script, "http://"+s.router.address, 50, slice)
		if err != nil {
			return err
		}
		if load.Errors > 0 {
			return fmt.Errorf("%d of %d requests failed", load.Errors, load.Requests)
		}
		one, err := s.sample(ctx)
		if err != nil {
			return err
		}
		one.after, one.requests = time.Since(began), load.Requests
		s.samples = append(s.samples, one)
		s.printf("%v: %d requests, %.1f MB resident, %.2f MB alive, %d goroutines, %d files", one.after.Round(time.Second), one.requests,
			megabytes(one.resident), megabytes(one.heap), one.goroutines, one.files)
		next := fmt.Appendf(slices.Clip(text), "\n# version %d\n", len(s.samples))
		if err := os.WriteFile(supergraph, next, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// soakScript asks all workloads in turn, each time as another caller.
func soakScript(dir string, set *dataset) (string, error) {
	var b strings.Builder
	b.WriteString("local heads, tails, n = {}, {}, 0\n")
	for i, w := range set.workloads {
		head := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: %d\r\nAuthorization: soak-", len(w.body))
		fmt.Fprintf(&b, "heads[%d], tails[%d] = %s, %s\n", i, i, luaString(head), luaString("\r\n\r\n"+string(w.body)))
	}
	fmt.Fprintf(&b, "function request() n = n + 1; local i = n %% %d; return heads[i] .. n .. tails[i] end\n%s", len(set.workloads), luaDone)
	file := filepath.Join(dir, "soak.lua")
	return file, os.WriteFile(file, []byte(b.String()), 0o600)
}

var (
	heapLine      = regexp.MustCompile(`# HeapAlloc = (\d+)`)
	goroutineLine = regexp.MustCompile(`goroutine profile: total (\d+)`)
)

func (s *soak) sample(ctx context.Context) (sample, error) {
	var one sample
	// Connections that wrk has closed need a moment until the router has seen it.
	select {
	case <-time.After(500 * time.Millisecond):
	case <-ctx.Done():
		return one, ctx.Err()
	}
	var err error
	if one.heap, err = s.number(ctx, "/debug/pprof/heap?debug=1&gc=1", heapLine); err != nil {
		return one, err
	}
	if one.goroutines, err = s.number(ctx, "/debug/pprof/goroutine?debug=1", goroutineLine); err != nil {
		return one, err
	}
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.router.pid()))
	if err != nil {
		return one, err
	}
	one.files = int64(len(files))
	one.resident, err = residentMemory(s.router.pid())
	return one, err
}

func (s *soak) number(ctx context.Context, path string, in *regexp.Regexp) (int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.admin+path, nil)
	if err != nil {
		return 0, err
	}
	answer, err := s.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	found := in.FindSubmatch(bytes.TrimSpace(text))
	if found == nil {
		return 0, fmt.Errorf("%s does not tell %s: %.200s", path, in, text)
	}
	return strconv.ParseInt(string(found[1]), 10, 64)
}

// growth is what one quantity did from the first third of the samples to the last; the first sample warms up and counts
// not.
type growth struct {
	name        string
	first, last float64
	allowed     float64 // the last may be as large
}

func growths(samples []sample) []growth {
	if len(samples) < 4 {
		return nil
	}
	samples = samples[1:]
	third := max(1, len(samples)/3)
	measure := func(name string, of func(sample) float64, factor, more float64) growth {
		g := growth{name: name, first: middle(samples[:third], of), last: middle(samples[len(samples)-third:], of)}
		g.allowed = g.first*factor + more
		return g
	}
	return []growth{
		measure("resident MB", func(s sample) float64 { return megabytes(s.resident) }, 1.1, 4),
		measure("alive MB", func(s sample) float64 { return megabytes(s.heap) }, 1.05, 1),
		measure("goroutines", func(s sample) float64 { return float64(s.goroutines) }, 1, 5),
		// Connections to subgraphs are kept, as many as were needed at once: that varies.
		measure("files", func(s sample) float64 { return float64(s.files) }, 1.5, 20),
	}
}

func middle(samples []sample, of func(sample) float64) float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func (s *soak) report(out io.Writer) error {
	fmt.Fprintf(out, "# Soak\n\n%s, %v, 50 connections, all workloads mixed, a new supergraph and new connections for each sample.\n\n", machine(), s.options.soak)
	fmt.Fprint(out, "| after | requests | resident MB | alive MB | goroutines | files |\n|--:|--:|--:|--:|--:|--:|\n")
	for _, one := range s.samples {
		fmt.Fprintf(out, "| %v | %d | %.1f | %.2f | %d | %d |\n", one.after.Round(time.Second), one.requests, megabytes(one.resident), megabytes(one.heap),
			one.goroutines, one.files)
	}
	all := growths(s.samples)
	if all == nil {
		return errors.New("a soak needs four samples or more: give it more time")
	}
	var grown []string
	fmt.Fprint(out, "\nFirst third against last third:\n\n")
	for _, g := range all {
		word := "steady"
		if g.last > g.allowed {
			word = "GROWN"
			grown = append(grown, g.name)
		}
		fmt.Fprintf(out, "- %s: %.2f, then %.2f: %s\n", g.name, g.first, g.last, word)
	}
	if len(grown) > 0 {
		return fmt.Errorf("%w: %s", errGrowth, strings.Join(grown, ", "))
	}
	return nil
}
