package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// safety selects these measurements as a variant.
const safety = "safety"

// Bounds in milliseconds.
const (
	refusalTarget = 10
	outageTarget  = 5
)

const (
	refusalTries = 5 // the best one counts
	outageRate   = 2000
	outageSkips  = time.Second // after Redis is gone
)

// bound is something that must not be more than a target.
type bound struct {
	what        string
	got, target float64
}

// measureSafety measures what protection costs: how long refusals take, and what requests wait for while Redis is down.
func (b *bench) measureSafety(ctx context.Context, set *dataset, s *site, subgraphs *process) error {
	if !b.options.wantsVariant(safety) {
		return nil
	}
	if err := b.measureRefusals(ctx, s, subgraphs); err != nil {
		return fmt.Errorf("refusals: %w", err)
	}
	for _, mode := range []string{"allow", "local"} {
		if err := b.measureOutage(ctx, set, s, subgraphs, mode); err != nil {
			return fmt.Errorf("an outage of Redis with on_error %s: %w", mode, err)
		}
	}
	return nil
}

func (b *bench) addBound(what string, got, target float64) {
	b.bounds = append(b.bounds, bound{what: what, got: got, target: target})
	b.printf("%s: %.2f, target %.2f", what, got, target)
}

func (b *bench) measureRefusals(ctx context.Context, s *site, subgraphs *process) error {
	t, err := b.startRouter(ctx, s, &variant{name: safety, settings: refusalSettings})
	if err != nil {
		return err
	}
	defer t.stop()
	if _, err := control(ctx, subgraphs, serverSettings{}); err != nil {
		return err
	}
	for _, r := range refusals() {
		best := time.Hour
		for number := range refusalTries {
			took, err := b.refuse(ctx, t, &r, number)
			if err != nil {
				b.note("refusing %s: not measured: %v", r.name, err)
				break
			}
			best = min(best, took)
		}
		if best < time.Hour {
			b.addBound("milliseconds to refuse: "+r.name, float64(best.Microseconds())/1000, refusalTarget)
		}
	}
	stats, err := control(ctx, subgraphs, serverSettings{})
	if err == nil && stats.Calls > 0 {
		err = fmt.Errorf("%d calls reached the subgraphs", stats.Calls)
	}
	return err
}

// refuse sends a request once, and gives the time until its answer is read. The answer must be the right refusal.
func (b *bench) refuse(ctx context.Context, t *target, r *refusal, number int) (time.Duration, error) {
	body, err := r.body(number)
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.scheme+"://"+t.address+"/graphql", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/graphql-response+json")
	if r.encoding != "" {
		request.Header.Set("Content-Encoding", r.encoding)
	}
	began := time.Now()
	answer, err := b.client.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	took := time.Since(began)
	if err == nil && !r.isAnswer(answer.StatusCode, text) {
		err = fmt.Errorf("it was answered with status %d: %.500s", answer.StatusCode, text)
	}
	return took, err
}

// measureOutage kills Redis under a load at a fixed rate. No request may fail, or the pacer ends with an error.
func (b *bench) measureOutage(ctx context.Context, set *dataset, s *site, subgraphs *process, mode string) error {
	redis, err := b.startRedis(ctx, s)
	if err != nil {
		return err
	}
	defer redis.stop()
	v := variant{name: "outage-" + mode, settings: `rate_limits: {on_error: ` + mode +
		`, redis: {addresses: ["{redis}"]}, rules: [{name: all, key: address, rate: 1000000, per: 1s}]}` + "\n"}
	t, err := b.startRouter(ctx, s, &v)
	if err != nil {
		return err
	}
	defer t.stop()
	b.scheduleFirst(ctx, redis) // it ends here, so nothing is put back
	before, err := b.outageRuns(ctx, subgraphs, t, set.workload("tiny"))
	if err != nil {
		return err
	}
	if err := redis.command.Process.Kill(); err != nil {
		return err
	}
	during, err := b.outageRuns(ctx, subgraphs, t, set.workload("tiny"))
	if err != nil {
		return err
	}
	b.addBound(fmt.Sprintf("milliseconds that an outage of Redis adds to p99 with on_error %s, after its first second (%.2f before)", mode, before), during-before, outageTarget)
	return nil
}

// outageRuns measures p99 in milliseconds, the median of some runs, each without its first second.
func (b *bench) outageRuns(ctx context.Context, subgraphs *process, t *target, w *workload) (float64, error) {
	var runs []pacedRun
	for range pacedRuns {
		run, err := b.pace(ctx, subgraphs, t, w, pacedOptions{
			Rate: outageRate, Connections: priceConnections, Warmup: outageSkips, Duration: min(b.options.duration, pacedTime),
		})
		if err != nil {
			return 0, err
		}
		runs = append(runs, run)
	}
	return median(runs, func(p *pacedRun) float64 { return p.P99 / 1000 }), nil
}
