//go:build linux

package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"
)

// measured is a round of 1,000 requests in a second that took so many microseconds each.
func measured(perRequest float64, void ...string) round {
	r := round{void: void}
	r.Requests, r.Duration = 1000, time.Second.Microseconds()
	r.cpu = time.Duration(perRequest*1000) * time.Microsecond
	return r
}

func TestJudge(t *testing.T) {
	t.Parallel()
	fine := usage{busy: 0.99, others: 0.01, loadIdle: 0.3}
	for _, c := range []struct {
		name   string
		change func(*round)
		why    string
	}{
		{"fine", func(*round) {}, ""},
		{"idle", func(r *round) { r.busy = 0.9 }, "the router's core was 90% busy"},
		{"load", func(r *round) { r.loadIdle = 0.1 }, "the load's core was 10% idle"},
		{"others", func(r *round) { r.others = 0.2 }, "other programs took 20% of the router's core"},
		{"failures", func(r *round) { r.Errors = 3 }, "3 requests failed"},
	} {
		r := round{usage: fine}
		c.change(&r)
		r.judge()
		if got := strings.Join(r.void, "; "); got != c.why {
			t.Errorf("%s: void because of %q, want %q", c.name, got, c.why)
		}
	}
}

func TestMedianOfValidRounds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rounds []round
		want   float64
	}{
		{nil, 0},
		{[]round{measured(10)}, 10},
		{[]round{measured(10), measured(90, "void"), measured(20)}, 15},
		{[]round{measured(10, "void"), measured(40, "void"), measured(20, "void")}, 20},
	} {
		r := result{rounds: c.rounds}
		if got := median(r.counted(), (*round).perRequest); got != c.want {
			t.Errorf("got %v, want %v", got, c.want)
		}
	}
}

func TestPrices(t *testing.T) {
	t.Parallel()
	one := func(variant, workload string, rounds ...round) *result {
		return &result{variant: variant, workload: workload, rounds: rounds}
	}
	b := bench{prices: []*result{
		one("nothing", "tiny", measured(40), measured(40)), one("metrics", "tiny", measured(44), measured(900, "void")),
		one("nothing", "heavy", measured(300)), one("metrics", "heavy", measured(297)),
	}}
	want := []price{
		{feature: "metrics", workload: "tiny", more: 4, percent: 10, void: 1, rounds: 2},
		{feature: "metrics", workload: "heavy", more: -3, percent: -1, rounds: 1},
	}
	if got := pricesOf(b.prices); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var report bytes.Buffer
	b.reportPrices(&report)
	for _, row := range []string{"| metrics | tiny | +4.0 | +10% | 1 of 2 |", "| metrics | heavy | -3.0 | -1% | 0 of 1 |"} {
		if !strings.Contains(report.String(), row) {
			t.Errorf("%s is not in\n%s", row, report.String())
		}
	}
}

// TestPacedVerdict is by the median run: one stall of the machine decides nothing.
func TestPacedVerdict(t *testing.T) {
	t.Parallel()
	run := func(p50, p99 float64) pacedRun { return pacedRun{pacedResult: pacedResult{P50: p50, P99: p99}} }
	r := &result{data: "own", variant: "delay", workload: "tiny", target: "router", rounds: []round{measured(10)},
		paced: []pacedRun{run(100, 200), run(100, 20000), run(100, 220)}}
	b := bench{results: []*result{r}}
	want := "own delay tiny: p99/p50 at 60% 2.20, target 2.50: met"
	if got := b.verdicts(); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q, want %q", got, want)
	}
	if lines := b.pacedLines(); len(lines) != 1 || !strings.Contains(lines[0], "p99/p50 2.00, 200.00, 2.20") {
		t.Errorf("got %q", lines)
	}
}

func TestBounds(t *testing.T) {
	t.Parallel()
	b := bench{bounds: []bound{{"milliseconds to refuse: depth", 0.5, 10}, {"milliseconds to refuse: tokens", 10.5, 10}}}
	want := []string{"milliseconds to refuse: depth 0.50, target 10.00: met", "milliseconds to refuse: tokens 10.50, target 10.00: MISSED"}
	if got := b.verdicts(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestFeatureNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		variants string
		want     []string
	}{
		{"unique", nil},
		{"gzip,unique", []string{"nothing", "gzip"}},
	} {
		o := options{variants: splitNames(c.variants)}
		if err := o.checkNames(); err != nil {
			t.Error(err)
		}
		var got []string
		for _, v := range o.pricedVariants() {
			got = append(got, v.name)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.variants, got, c.want)
		}
	}
	everything := options{}
	if got := len(everything.pricedVariants()); got != len(priced) {
		t.Errorf("got %d of %d features", got, len(priced))
	}
	for _, name := range []string{"nothing", "golden"} {
		unknown := options{variants: []string{name}}
		if unknown.checkNames() == nil {
			t.Errorf("there is a variant %q", name)
		}
	}
}

// FuzzSplitRequest: what is taken from the start of the bytes is a whole request, and never more than they are.
func FuzzSplitRequest(f *testing.F) {
	f.Add([]byte("POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET"))
	f.Add([]byte("POST /x HTTP/1.1\r\ncontent-length:3\r\n\r\n{}"))
	f.Add([]byte("POST /x HTTP/1.1\r\nContent-Length: -5\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		head, body, size := splitRequest(data)
		if size == 0 {
			return
		}
		if size > len(data) || len(head)+2+len(body) != size || !bytes.HasPrefix(data, head) {
			t.Errorf("%q: head %q, body %q, size %d", data, head, body, size)
		}
	})
}
