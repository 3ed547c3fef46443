package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// bench is one run of the benchmark.
type bench struct {
	options options
	dir     string // temporary
	self    string // this program
	router  string // the router's program
	log     io.Writer
	client  *http.Client // for checks
	results []*result    // in the order of the table
	prices  []*result    // of single features; the first ones are those without any
	bounds  []bound
	notes   []string // what could not be measured
	// ordinary is set when this machine allows no real-time scheduling.
	ordinary bool
}

// target is one thing that is measured.
type target struct {
	name  string
	relay bool
	*process
	scheme string
}

func (t *target) url(w *workload) string { return t.scheme + "://" + t.address + t.path(w) }

func (t *target) path(w *workload) string {
	if t.relay {
		return "/" + w.name
	}
	return "/graphql"
}

// result is all rounds of one target with one workload in one variant.
type result struct {
	data, variant, workload, target string
	connections                     int
	ownLoad                         bool // the load is the subgraphs' process, as wrk is too slow
	rounds                          []round
	pacedRate                       float64 // requests per second; 0: not paced
	paced                           []pacedRun
}

// round is one measurement.
type round struct {
	loadResult
	usage
	peak  int64   // bytes
	calls float64 // subgraph calls for each request
	void  []string
}

// What a round must fulfil to count.
const (
	minBusy     = 0.97
	minLoadIdle = 0.15
	maxOthers   = 0.05
)

func (r *round) judge() {
	if r.busy < minBusy {
		r.void = append(r.void, fmt.Sprintf("the router's core was %.0f%% busy", 100*r.busy))
	}
	if r.loadIdle < minLoadIdle {
		r.void = append(r.void, fmt.Sprintf("the load's core was %.0f%% idle", 100*r.loadIdle))
	}
	if r.others > maxOthers {
		r.void = append(r.void, fmt.Sprintf("other programs took %.0f%% of the router's core", 100*r.others))
	}
	if r.Errors > 0 {
		r.void = append(r.void, fmt.Sprintf("%d requests failed", r.Errors))
	}
}

func newBench(o options, log io.Writer) (*bench, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	return &bench{options: o, dir: dir, self: self, log: log, client: &http.Client{
		Timeout: 30 * time.Second,
		Transport: &http.Transport{
			DisableCompression: true,
			TLSClientConfig:    &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // a certificate of our own on the loopback address
		},
	}}, nil
}

func (b *bench) printf(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }

// note says something now and in the report.
func (b *bench) note(format string, args ...any) {
	b.notes = append(b.notes, fmt.Sprintf(format, args...))
	b.printf(format, args...)
}

// run measures everything that was asked for.
func (b *bench) run(ctx context.Context, sets []*dataset) error {
	if err := b.prepareRouter(ctx); err != nil {
		return err
	}
	for _, set := range sets {
		if err := b.runSet(ctx, set, set == sets[0]); err != nil {
			return fmt.Errorf("data set %s: %w", set.name, err)
		}
	}
	return nil
}

// runSet measures the variants on one data set.
func (b *bench) runSet(ctx context.Context, set *dataset, isFirst bool) error {
	supergraph, err := set.writeSupergraph(b.dir)
	if err != nil {
		return err
	}
	args := []string{"subgraphs"}
	if set.name != "own" {
		args = append(args, b.options.shared)
	}
	subgraphs, err := start(ctx, b.options.loadCore, "subgraphs", wholeLine, b.self, args...)
	if err != nil {
		return err
	}
	defer subgraphs.stop()
	s := &site{dir: b.dir, supergraph: supergraph, subgraphs: subgraphs.address}
	if err := s.writeTokens(); err != nil {
		return err
	}
	if err := s.writeManifest(set); err != nil {
		return err
	}
	script, err := b.recordScript(ctx, set, s, subgraphs)
	if err != nil {
		return err
	}
	for i := range allVariants {
		v := &allVariants[i]
		if !b.options.wantsVariant(v.name) || v.ownOnly && !isFirst {
			continue
		}
		err := b.runVariant(ctx, set, s, subgraphs, script, v, isFirst)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			// The other variants are still worth their time; the report says what is missing.
			b.note("%s, %s: not measured: %v", set.name, v.name, err)
		}
	}
	if !isFirst {
		return nil
	}
	for _, part := range []struct {
		name    string
		measure func(context.Context, *dataset, *site, *process) error
	}{{allPrices, b.measurePrices}, {safety, b.measureSafety}} {
		err := part.measure(ctx, set, s, subgraphs)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			b.note("%s: not measured: %v", part.name, err)
		}
	}
	return nil
}

// recordDelay is how long subgraphs wait while calls are recorded, so that the stages are told apart.
const recordDelay = 40 * time.Millisecond

// recordScript asks each operation once, compares the answer, and writes down the calls for the relays.
func (b *bench) recordScript(ctx context.Context, set *dataset, s *site, subgraphs *process) (string, error) {
	router, err := b.startRouter(ctx, s, &allVariants[0])
	if err != nil {
		return "", err
	}
	defer router.stop()
	script := relayScript{Upstream: subgraphs.address, Workloads: map[string]relayWorkload{}}
	for i := range set.workloads {
		w := &set.workloads[i]
		if _, err := control(ctx, subgraphs, serverSettings{Delay: recordDelay, Record: true}); err != nil {
			return "", err
		}
		const caller = "bench-record"
		answer, err := b.check(ctx, router, w, caller)
		if err != nil {
			return "", err
		}
		stats, err := control(ctx, subgraphs, serverSettings{})
		if err != nil {
			return "", err
		}
		recorded := relayWorkload{Response: string(answer)}
		for _, call := range stats.Recorded {
			if call.Authorization != caller {
				return "", fmt.Errorf("%s: a call to %s came with the Authorization %q instead of %q", w.name, call.Path, call.Authorization, caller)
			}
			for len(recorded.Stages) <= call.Stage {
				recorded.Stages = append(recorded.Stages, nil)
			}
			recorded.Stages[call.Stage] = append(recorded.Stages[call.Stage], relayCall{Path: call.Path, Body: call.Body})
		}
		b.printf("%s %s: %d calls in %d stages, %d bytes in, %d bytes out", set.name, w.name, len(stats.Recorded), len(recorded.Stages), stats.BytesOut, len(answer))
		script.Workloads[w.name] = recorded
	}
	text, err := json.Marshal(script)
	if err != nil {
		return "", err
	}
	file := filepath.Join(b.dir, "relay-"+set.name+".json")
	return file, os.WriteFile(file, text, 0o600)
}

// check asks a target once and compares the answer.
func (b *bench) check(ctx context.Context, t *target, w *workload, authorization string) ([]byte, error) {
	return b.checkAs(ctx, t, w, &load{body: w.body}, authorization)
}

// checkAs is check with the requests of a load.
func (b *bench) checkAs(ctx context.Context, t *target, w *workload, l *load, authorization string) ([]byte, error) {
	answer, status, err := postAccepting(ctx, b.client, t.url(w), authorization, l.accepts, l.body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", t.name, w.name, err)
	}
	if status != http.StatusOK || !sameJSON(answer, w.expected) {
		return nil, fmt.Errorf("%s answered %s with status %d and something else than what is expected: %.500s", t.name, w.name, status, answer)
	}
	return answer, nil
}

func (b *bench) startRouter(ctx context.Context, s *site, v *variant) (*target, error) {
	file, err := s.routerConfig(v)
	if err != nil {
		return nil, err
	}
	t := &target{name: "router", scheme: "http"}
	if v.tls {
		t.scheme = "https"
	}
	if t.process, err = start(ctx, b.options.routerCore, "router", listeningLine, b.router, "serve", "--config", file); err != nil {
		return nil, err
	}
	if err := waitReady(ctx, b.client, t.scheme+"://"+t.address); err != nil {
		t.stop()
		return nil, err
	}
	return t, nil
}

// runVariant starts a variant's targets, checks their answers and measures them in turn, round by round. Of data sets after
// the first it measures what the verdicts need.
func (b *bench) runVariant(ctx context.Context, set *dataset, s *site, subgraphs *process, script string, v *variant, isFirst bool) error {
	if v.needsRedis() {
		redis, err := b.startRedis(ctx, s)
		if err != nil {
			return err
		}
		defer redis.stop()
	}
	router, err := b.startRouter(ctx, s, v)
	if err != nil {
		return err
	}
	defer router.stop()
	targets := []*target{router}
	relays := v.relays
	if !isFirst { // what ratios are to is enough
		relays = relays[:min(1, len(relays))]
	}
	for _, mode := range relays {
		relay := &target{name: "relay " + string(mode), relay: true, scheme: "http"}
		if relay.process, err = start(ctx, b.options.routerCore, relay.name, wholeLine, b.self, "relay", string(mode), script); err != nil {
			return err
		}
		defer relay.stop()
		targets = append(targets, relay)
	}
	if _, err := control(ctx, subgraphs, serverSettings{Delay: v.delay}); err != nil {
		return err
	}
	results, err := b.checkAll(ctx, set, s, v, targets)
	if err != nil {
		return err
	}
	err = measureRounds(results, b.options.rounds, b.keepUp, func(i int, r *result, isFirst bool) (*round, error) {
		t, w := targets[i%len(targets)], set.workload(r.workload)
		one, err := b.round(ctx, s, subgraphs, v, t, w, roundOptions{b.options.duration, r.ownLoad, isFirst})
		if err == nil {
			b.printf("%s %s %s %s: %.1f µs, %.0f/s, core %.0f%% busy (others %.0f%%), load core %.0f%% idle %v", set.name, v.name, r.workload, r.target,
				one.perRequest(), one.rate(), 100*one.busy, 100*one.others, 100*one.loadIdle, one.void)
		}
		return one, err
	})
	if err != nil {
		return err
	}
	b.results = append(b.results, results...)
	if v.paced && isFirst {
		return b.paceAll(ctx, set, subgraphs, targets, results)
	}
	return nil
}

// checkAll compares every target's answers before anything is measured, and makes the empty results: by workload, then by
// target.
func (b *bench) checkAll(ctx context.Context, set *dataset, s *site, v *variant, targets []*target) ([]*result, error) {
	var results []*result
	for i := range set.workloads {
		w := &set.workloads[i]
		if !b.options.wantsWorkload(w.name) {
			continue
		}
		for _, t := range targets {
			if err := b.checkVariant(ctx, s, v, t, w); err != nil {
				return nil, err
			}
			results = append(results, &result{data: set.name, variant: v.name, workload: w.name, target: t.name, connections: v.connections})
		}
	}
	return results, nil
}

// checkVariant compares a few of a target's answers to the requests of a variant.
func (b *bench) checkVariant(ctx context.Context, s *site, v *variant, t *target, w *workload) error {
	authorization := "bench-check"
	if v.who == tokens {
		text, err := os.ReadFile(s.tokenFile())
		if err != nil {
			return err
		}
		first, _, _ := bytes.Cut(text, []byte("\n"))
		authorization = "Bearer " + string(first)
	}
	l, err := v.load(s, t, w)
	if err != nil {
		return err
	}
	for range 3 {
		if _, err := b.checkAs(ctx, t, w, l, authorization); err != nil {
			return err
		}
	}
	return nil
}

// measureRounds measures each result in turn until it has all its rounds. After the first ones keepUp may empty results, to
// begin them anew with another load.
func measureRounds(results []*result, rounds int, keepUp func([]*result), measure func(i int, r *result, isFirst bool) (*round, error)) error {
	for turn := 0; ; turn++ {
		done := true
		for i, r := range results {
			if len(r.rounds) == rounds {
				continue
			}
			done = false
			one, err := measure(i, r, len(r.rounds) == 0)
			if err != nil {
				return fmt.Errorf("%s %s: %w", r.variant, r.workload, err)
			}
			r.rounds = append(r.rounds, *one)
		}
		if done {
			return nil
		}
		if turn == 0 {
			keepUp(results)
		}
	}
}

// keepUp gives the workloads whose load had too little time left on its core a leaner load than wrk, for all targets: the
// process of the subgraphs itself. TLS it does not speak.
func (b *bench) keepUp(results []*result) {
	for _, tooFast := range results {
		if tooFast.ownLoad || tooFast.variant == "tls" || len(tooFast.rounds) == 0 || tooFast.rounds[0].loadIdle >= minLoadIdle {
			continue
		}
		b.printf("%s %s %s: wrk left %.0f%% of its core idle at %.0f/s; the subgraphs' process is the load instead", tooFast.data, tooFast.variant, tooFast.workload,
			100*tooFast.rounds[0].loadIdle, tooFast.rounds[0].rate())
		for _, r := range results {
			if r.workload == tooFast.workload && r.variant != "tls" {
				r.ownLoad, r.rounds = true, nil
			}
		}
	}
}

// roundOptions say how a round is made.
type roundOptions struct {
	duration time.Duration
	ownLoad  bool
	isFirst  bool // with a warm-up
}

// ask loads a target for a time.
func (b *bench) ask(ctx context.Context, subgraphs *process, v *variant, t *target, l *load, o roundOptions) (loadResult, error) {
	if !o.ownLoad {
		script, err := l.wrkScript(b.dir)
		if err != nil {
			return loadResult{}, err
		}
		return runWrk(ctx, b.options.loadCore, script, t.scheme+"://"+t.address, v.connections, o.duration)
	}
	began := time.Now()
	result, err := askToPace(ctx, subgraphs, pacedOptions{
		Address: t.address, Path: l.path, Body: string(l.body), Who: l.who, TokenFile: l.tokenFile, Accepts: l.accepts,
		Connections: v.connections, Duration: o.duration,
	})
	return loadResult{
		Requests: int64(result.Sent), Duration: time.Since(began).Microseconds(), P50: result.P50, P95: result.P95, P99: result.P99,
	}, err
}

// round loads one target for one round.
func (b *bench) round(ctx context.Context, s *site, subgraphs *process, v *variant, t *target, w *workload, o roundOptions) (*round, error) {
	l, err := v.load(s, t, w)
	if err != nil {
		return nil, err
	}
	if o.isFirst {
		if _, err := b.ask(ctx, subgraphs, v, t, l, roundOptions{duration: time.Second, ownLoad: o.ownLoad}); err != nil {
			return nil, err
		}
	}
	settings := serverSettings{Delay: v.delay}
	if _, err := control(ctx, subgraphs, settings); err != nil {
		return nil, err
	}
	if err := resetPeak(t.pid()); err != nil {
		return nil, err
	}
	one := &round{}
	before, err := processTime(t.pid())
	if err != nil {
		return nil, err
	}
	shares := make(chan error, 1)
	go func() {
		var err error
		one.usage, err = b.watch(ctx, t, o.duration)
		shares <- err
	}()
	one.loadResult, err = b.ask(ctx, subgraphs, v, t, l, o)
	if err := errors.Join(err, <-shares); err != nil {
		return nil, err
	}
	after, err := processTime(t.pid())
	if err != nil {
		return nil, err
	}
	one.cpu = after - before
	stats, err := control(ctx, subgraphs, settings)
	if err != nil {
		return nil, err
	}
	one.calls = float64(stats.Calls) / float64(max(1, one.Requests))
	if one.peak, err = peakMemory(t.pid()); err != nil {
		return nil, err
	}
	one.judge()
	return one, nil
}

// watch measures how the cores are used while the load is at its full strength: not while it connects or ends.
func (b *bench) watch(ctx context.Context, t *target, duration time.Duration) (usage, error) {
	const margin = 250 * time.Millisecond
	select {
	case <-time.After(margin):
	case <-ctx.Done():
		return usage{}, ctx.Err()
	}
	m, err := startMeter(t.pid(), b.options.routerCore, b.options.loadCore)
	if err != nil {
		return usage{}, err
	}
	select {
	case <-time.After(duration - 2*margin):
	case <-ctx.Done():
		return usage{}, ctx.Err()
	}
	return m.read()
}
