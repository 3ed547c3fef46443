package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// perRequest is the processor time of one request in microseconds, which is the same number as milliseconds for a thousand.
func (r *round) perRequest() float64 {
	return float64(r.cpu.Nanoseconds()) / 1000 / float64(max(1, r.Requests))
}

// rate is in requests per second.
func (r *round) rate() float64 { return float64(r.Requests) / (float64(r.Duration) / 1e6) }

// counted are the rounds that count: the valid ones, or all when there are none.
func (r *result) counted() []round {
	var valid []round
	for _, one := range r.rounds {
		if len(one.void) == 0 {
			valid = append(valid, one)
		}
	}
	if len(valid) == 0 {
		return r.rounds
	}
	return valid
}

func (r *result) voids() int {
	n := 0
	for _, one := range r.rounds {
		if len(one.void) > 0 {
			n++
		}
	}
	return n
}

// load names what asks.
func (r *result) load() string {
	if r.ownLoad {
		return "own"
	}
	return "wrk"
}

// median gives the middle one of what of tells of the rounds, 0 when there are none.
func median[T any](rounds []T, of func(*T) float64) float64 {
	if len(rounds) == 0 {
		return 0
	}
	values := make([]float64, len(rounds))
	for i := range rounds {
		values[i] = of(&rounds[i])
	}
	slices.Sort(values)
	middle := len(values) / 2
	if len(values)%2 == 0 {
		return (values[middle-1] + values[middle]) / 2
	}
	return values[middle]
}

// floor is the result that r's ratio is to: the variant's first relay, or without one that of the variant "unique".
func (b *bench) floor(r *result) *result {
	for _, name := range []string{r.variant, "unique"} {
		for _, other := range b.results {
			if other.data == r.data && other.variant == name && other.workload == r.workload && strings.HasPrefix(other.target, "relay") {
				return other
			}
		}
	}
	return nil
}

// ratio is a result's processor time to its floor's, 0 when there is no floor.
func (b *bench) ratio(r *result) float64 {
	f := b.floor(r)
	if f == nil || f == r {
		return 0
	}
	if floor := median(f.counted(), (*round).perRequest); floor > 0 {
		return median(r.counted(), (*round).perRequest) / floor
	}
	return 0
}

// report writes everything as Markdown.
func (b *bench) report(w io.Writer) {
	fmt.Fprintf(w, "# Benchmark\n\n%s, %d rounds of %v each.\n\n", machine(), b.options.rounds, b.options.duration)
	fmt.Fprint(w, "Medians of the rounds that count. CPU is milliseconds of the process for 1,000 requests; ratio is to the first relay of the\n"+
		"same variant, and for variants without one to that of \"unique\". Latencies are in milliseconds. A round is void unless the target's core was at least 97%\n"+
		"busy, at most 5% of that with other programs, and the load's core at least 15% idle. Load is wrk, or the process of the\n"+
		"subgraphs where wrk leaves its core less time than that.\n\n")
	fmt.Fprint(w, "Paced: a fixed rate of 60% of the target's own maximum, from the intended time of sending; its ratio is p99 to p50, the median of\n"+
		b.pacingNote()+"\n\n")
	fmt.Fprint(w, "| data | variant | workload | target | requests/s | CPU | ratio | p50 | p95 | p99 | peak MB | calls | load | core busy | load idle | void |\n")
	fmt.Fprint(w, "|---|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|---|--:|--:|---|\n")
	for _, r := range b.results {
		b.row(w, r)
	}
	fmt.Fprint(w, "\nVariants:\n\n")
	for _, v := range allVariants {
		if b.options.wantsVariant(v.name) {
			fmt.Fprintf(w, "- %s: %s\n", v.name, v.about)
		}
	}
	b.reportPrices(w)
	fmt.Fprint(w, "\nTargets:\n\n")
	for _, line := range b.verdicts() {
		fmt.Fprintf(w, "- %s\n", line)
	}
	if lines := b.pacedLines(); len(lines) > 0 {
		fmt.Fprint(w, "\nPaced runs:\n\n")
		for _, line := range lines {
			fmt.Fprintf(w, "- %s\n", line)
		}
	}
	if notes := append(slices.Clone(b.notes), b.voidReasons()...); len(notes) > 0 {
		fmt.Fprint(w, "\nNotes:\n\n")
		for _, note := range notes {
			fmt.Fprintf(w, "- %s\n", note)
		}
	}
}

func (b *bench) row(w io.Writer, r *result) {
	rounds := r.counted()
	milliseconds := func(of func(*round) float64) string { return fmt.Sprintf("%.2f", median(rounds, of)/1000) }
	ratio := ""
	if n := b.ratio(r); n > 0 {
		ratio = fmt.Sprintf("%.2f", n)
	}
	peak := slices.MaxFunc(rounds, func(a, b round) int { return cmp.Compare(a.peak, b.peak) }).peak
	fmt.Fprintf(w, "| %s | %s | %s | %s | %.0f | %.1f | %s | %s | %s | %s | %.1f | %.2f | %s | %.1f%% | %.0f%% | %d of %d |\n",
		r.data, r.variant, r.workload, r.target, median(rounds, (*round).rate), median(rounds, (*round).perRequest), ratio,
		milliseconds(func(r *round) float64 { return r.P50 }), milliseconds(func(r *round) float64 { return r.P95 }),
		milliseconds(func(r *round) float64 { return r.P99 }), float64(peak)/(1<<20), median(rounds, func(r *round) float64 { return r.calls }),
		r.load(), 100*median(rounds, func(r *round) float64 { return r.busy }), 100*median(rounds, func(r *round) float64 { return r.loadIdle }),
		r.voids(), len(r.rounds))
	if len(r.paced) > 0 {
		milliseconds := func(of func(*pacedRun) float64) float64 { return median(r.paced, of) / 1000 }
		fmt.Fprintf(w, "| %s | %s, paced | %s | %s | %.0f | | %.2f | %.2f | %.2f | %.2f | | | own | %.1f%% | %.0f%% | |\n", r.data, r.variant, r.workload, r.target,
			r.pacedRate, median(r.paced, (*pacedRun).tail), milliseconds(func(p *pacedRun) float64 { return p.P50 }),
			milliseconds(func(p *pacedRun) float64 { return p.P95 }), milliseconds(func(p *pacedRun) float64 { return p.P99 }),
			100*median(r.paced, func(p *pacedRun) float64 { return p.busy }), 100*median(r.paced, func(p *pacedRun) float64 { return p.loadIdle }))
	}
}

// What the router must reach: the ratio to the relay by variant and workload.
var ratioTargets = map[string]map[string]float64{
	"unique":    {"tiny": 1.0, "medium": 1.2, "heavy": 3.0},
	"identical": {"tiny": 1.4, "medium": 1.4, "heavy": 1.4},
}

const (
	peakTarget  = 60 << 20
	pacedTarget = 2.5 // p99 to p50
)

// verdicts compare the router's results with the targets.
func (b *bench) verdicts() []string {
	var lines []string
	say := func(r *result, what string, got, target float64) {
		word := verdict(got, target)
		if r.voids() == len(r.rounds) {
			word += " (all rounds void)"
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s %.2f, target %.2f: %s", r.data, r.variant, r.workload, what, got, target, word))
	}
	for _, r := range b.results {
		if r.target != "router" {
			continue
		}
		if target, ok := ratioTargets[r.variant][r.workload]; ok {
			say(r, "ratio", b.ratio(r), target)
		}
		if len(r.paced) > 0 {
			say(r, "p99/p50 at 60%", median(r.paced, (*pacedRun).tail), pacedTarget)
		}
		if r.variant == "unique" && r.workload == "heavy" {
			peak := slices.MaxFunc(r.rounds, func(a, b round) int { return cmp.Compare(a.peak, b.peak) }).peak
			say(r, "peak memory in MB", float64(peak)/(1<<20), peakTarget/(1<<20))
		}
	}
	for _, bound := range b.bounds {
		lines = append(lines, fmt.Sprintf("%s %.2f, target %.2f: %s", bound.what, bound.got, bound.target, verdict(bound.got, bound.target)))
	}
	return lines
}

func verdict(got, target float64) string {
	if got > target {
		return "MISSED"
	}
	return "met"
}

// voidReasons says for each void round why it does not count.
func (b *bench) voidReasons() []string {
	var lines []string
	for _, r := range b.results {
		for i, one := range r.rounds {
			if len(one.void) > 0 {
				lines = append(lines, fmt.Sprintf("%s %s %s %s, round %d is void: %s", r.data, r.variant, r.workload, r.target, i+1, strings.Join(one.void, "; ")))
			}
		}
	}
	return lines
}

// machine names the hardware and the software.
func machine() string {
	model := "unknown processor"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, ok := strings.CutPrefix(line, "model name"); ok {
				model = strings.Trim(name, " \t:\n")
				break
			}
		}
	}
	kernel := "Linux"
	var name syscall.Utsname
	if syscall.Uname(&name) == nil {
		var release []byte
		for _, c := range name.Release {
			if c == 0 {
				break
			}
			release = append(release, byte(c))
		}
		kernel += " " + string(release)
	}
	return fmt.Sprintf("%s, %d cores (one for the target, one for load and subgraphs), %s, %s", model, runtime.NumCPU(), kernel, runtime.Version())
}
