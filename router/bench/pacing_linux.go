package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// How latencies are measured: at a part of each target's own maximum, in several short runs, as one stall of the machine
// spoils a run.
const (
	pacedShare  = 0.6
	pacedRuns   = 3
	pacedWarmup = 500 * time.Millisecond
	pacedTime   = 2 * time.Second // at most
)

// pacedRun is one measurement at a fixed rate.
type pacedRun struct {
	pacedResult
	usage
}

// tail is how much longer the slowest hundredth of the requests takes than half of them.
func (p *pacedRun) tail() float64 { return p.P99 / max(1, p.P50) }

// paceAll measures the latencies of all targets, the relays included: theirs are the floor of this figure.
func (b *bench) paceAll(ctx context.Context, set *dataset, subgraphs *process, targets []*target, results []*result) error {
	for _, r := range results {
		r.pacedRate = pacedShare * median(r.counted(), (*round).rate)
	}
	for range pacedRuns {
		for i, r := range results {
			t := targets[i%len(targets)]
			run, err := b.pace(ctx, subgraphs, t, set.workload(r.workload), pacedOptions{
				Rate: r.pacedRate, Connections: r.connections, Warmup: pacedWarmup, Duration: min(b.options.duration, pacedTime),
			})
			if err != nil {
				return err
			}
			r.paced = append(r.paced, run)
			b.printf("%s %s %s at %.0f/s: p50 %.0f µs, p99 %.0f µs, kept waiting for up to %.0f µs, %.1f%% stolen", set.name, r.workload, t.name,
				r.pacedRate, run.P50, run.P99, run.Stall, 100*run.stolen)
		}
	}
	return nil
}

// pace measures one target once; what is asked, and whom, it adds to the options. Where that is allowed, target, subgraphs
// and load (one process, see pacer) are scheduled before every ordinary program: below saturation each of them waits for
// work most of the time, and another program's time slice of some milliseconds when work comes would be measured instead of
// the target.
func (b *bench) pace(ctx context.Context, subgraphs *process, t *target, w *workload, load pacedOptions) (pacedRun, error) {
	var run pacedRun
	answer, err := b.check(ctx, t, w, "bench-check")
	if err != nil {
		return run, err
	}
	for _, p := range []*process{subgraphs, t.process} {
		if b.scheduleFirst(ctx, p) {
			defer scheduleOrdinarily(p)
		}
	}
	m, err := startMeter(t.pid(), b.options.routerCore, b.options.loadCore)
	if err != nil {
		return run, err
	}
	load.Address, load.Path, load.Body, load.Length = t.address, t.path(w), string(w.body), len(answer)
	run.pacedResult, err = askToPace(ctx, subgraphs, load)
	if err != nil {
		return run, err
	}
	run.usage, err = m.read()
	return run, err
}

// askToPace has the subgraphs' process be the load for a while, and gives what it measured.
func askToPace(ctx context.Context, subgraphs *process, o pacedOptions) (pacedResult, error) {
	var result pacedResult
	body, err := json.Marshal(o)
	if err != nil {
		return result, err
	}
	text, status, err := post(ctx, http.DefaultClient, "http://"+subgraphs.address+"/pace", "", body)
	if err == nil && status != http.StatusOK {
		err = errors.New(string(lastLines(text)))
	}
	if err != nil {
		return result, fmt.Errorf("load at a fixed rate: %w", err)
	}
	return result, json.Unmarshal(text, &result)
}

// realtimePriority is the lowest one that comes before all ordinary programs.
const realtimePriority = "1"

// scheduleFirst gives all threads of a process real-time scheduling (SCHED_FIFO). Where that is not allowed it notes it
// once, and everything is measured with ordinary scheduling from then on.
func (b *bench) scheduleFirst(ctx context.Context, p *process) bool {
	if b.ordinary {
		return false
	}
	out, err := exec.CommandContext(ctx, "chrt", "-a", "-f", "-p", realtimePriority, strconv.Itoa(p.pid())).CombinedOutput()
	if err == nil {
		return true
	}
	b.ordinary = true
	b.note("paced runs have ordinary scheduling, so that other programs' time slices are in their latencies: chrt: %v: %s", err, strings.TrimSpace(string(out)))
	return false
}

// scheduleOrdinarily takes back what scheduleFirst gave; a process that has ended needs it no more.
func scheduleOrdinarily(p *process) {
	_ = exec.Command("chrt", "-a", "-o", "-p", "0", strconv.Itoa(p.pid())).Run() //nolint:noctx // also when the benchmark is ended
}

// pacingNote ends the sentence of the report that says how paced runs are made.
func (b *bench) pacingNote() string {
	if b.ordinary {
		return fmt.Sprintf("%d runs, with ordinary scheduling.", pacedRuns)
	}
	return fmt.Sprintf("%d runs; target, subgraphs and load have real-time scheduling (SCHED_FIFO), as other programs' time slices are none of it.", pacedRuns)
}

// pacedLines tell for each paced result what every run was like.
func (b *bench) pacedLines() []string {
	var lines []string
	for _, r := range b.results {
		if len(r.paced) == 0 {
			continue
		}
		each := func(format string, of func(*pacedRun) float64) string {
			var values []string
			for i := range r.paced {
				values = append(values, fmt.Sprintf(format, of(&r.paced[i])))
			}
			return strings.Join(values, ", ")
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s: p99/p50 %s; the load was kept waiting for up to %s ms; stolen %s", r.data, r.variant, r.workload, r.target,
			each("%.2f", (*pacedRun).tail), each("%.1f", func(p *pacedRun) float64 { return p.Stall / 1000 }),
			each("%.1f%%", func(p *pacedRun) float64 { return 100 * p.stolen })))
	}
	return lines
}
