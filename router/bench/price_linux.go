package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// priced are the router of the variant "unique" and then that router with one feature more, or one less: what each costs
// is the difference. Everything is forwarded and every request is unique, as there.
var priced = []variant{
	{name: "nothing"},
	{name: "tokens", about: "1,000 callers with signed tokens (EdDSA) that are verified, and forwarded instead of a shorter header", who: tokens,
		settings: "authentication: {required: true, jwks: [{file: \"{keys}\"}]}\n"},
	{name: "limit-local", about: "one rate limit, counted in the router",
		settings: "rate_limits: {rules: [{name: all, key: address, rate: 1000000, per: 1s}]}\n"},
	{name: "limit-redis", about: "one rate limit, counted in Redis for every request",
		settings: "rate_limits: {redis: {addresses: [\"{redis}\"]}, rules: [{name: all, key: address, rate: 1000000, per: 1s}]}\n"},
	{name: "limit-leased", about: "one rate limit in Redis, of which the router takes 1,000 at once",
		settings: "rate_limits: {redis: {addresses: [\"{redis}\"]}, rules: [{name: all, key: address, rate: 1000000, per: 1s, lease: 1000}]}\n"},
	{name: "actual-cost", about: "what responses really cost is counted too (demand_control.actual)", settings: "demand_control: {actual: true}\n"},
	{name: "metrics", about: "metrics, on the admin address", settings: "admin_listen: 127.0.0.1:0\n"},
	{name: "traces-1", about: "traces of 1% of the requests, sent to a collector",
		settings: "telemetry: {traces: {sample: 0.01, otlp: {endpoint: \"{helper}\"}}}\n"},
	{name: "traces-100", about: "traces of all requests, sent to a collector as far as the router's queue allows",
		settings: "telemetry: {traces: {sample: 1, otlp: {endpoint: \"{helper}\"}}}\n"},
	{name: "access-log", about: "a line for each request", settings: "log: {access: true}\n"},
	{name: "persisted", about: "clients send the hash of a registered document", hashed: true,
		settings: "persisted_documents: {manifests: [\"{documents}\"]}\n"},
	{name: "gzip", about: "clients accept gzip", accepts: "gzip"},
	{name: "header-rules", about: "ten rules for headers, one of them an expression", headerRules: `      - propagate: X-Request-*
      - {propagate: User-Agent, rename: X-Client-Agent}
      - {propagate: X-Tenant, default: public}
      - {propagate: Accept-Language, default: en}
      - remove: X-Request-Secret
      - {insert: X-Router, value: bench}
      - {insert: X-Region, value: north}
      - {insert: X-Stage, value: test}
      - {insert: X-Version, value: "1"}
      - {insert: X-Origin, expression: 'header("Host") + "/" + (authenticated ? "in" : "out")'}
`},
	{name: "sharing", about: "identical requests in flight share answers with credentials too; here none are identical", settings: "sharing: {requests: all}\n"},
	{name: "coprocessor", about: "a service on the load's core is asked about each operation, and changes nothing",
		settings: "coprocessor: {url: \"{helper}/coprocessor\", stages: [{on: operation, operation: true}]}\n"},
	{name: "no-demand", about: "without demand control, which is on by default", settings: "demand_control: {mode: \"off\"}\n"},
	{name: "no-overload", about: "without overload protection, which is on by default", unshed: true},
	{name: "no-traffic", about: "without sharing, retries and circuit breakers of calls to subgraphs, which are on by default",
		subgraphSettings: "  all: {share: false, retry: {enabled: false}, breaker: {enabled: false}}\n"},
}

// allPrices selects all of priced as a variant.
const allPrices = "prices"

// Rounds of prices are short, as there are many.
const (
	priceRound       = 2 * time.Second
	priceConnections = 50
)

func (o *options) wantsPrice(name string) bool {
	return o.wantsVariant(allPrices) || o.wantsVariant(name)
}

// pricedVariants are the wanted ones after what they are compared with; none when no price is wanted.
func (o *options) pricedVariants() []variant {
	var wanted []variant
	for i := range priced {
		v := priced[i]
		v.connections = priceConnections
		if i == 0 || o.wantsPrice(v.name) {
			wanted = append(wanted, v)
		}
	}
	if len(wanted) == 1 {
		return nil
	}
	return wanted
}

// priceWorkloads are the smallest operation, where prices show most, and the largest.
func (o *options) priceWorkloads(set *dataset) []*workload {
	var chosen []*workload
	for _, name := range []string{"tiny", "heavy"} {
		if o.wantsWorkload(name) && (name == "tiny" || !o.quick) {
			chosen = append(chosen, set.workload(name))
		}
	}
	return chosen
}

// measurePrices runs one router for each feature at the same time, all but one of them idle, so that rounds of all
// features alternate and what the machine does over time touches them alike.
func (b *bench) measurePrices(ctx context.Context, set *dataset, s *site, subgraphs *process) error {
	variants, workloads := b.options.pricedVariants(), b.options.priceWorkloads(set)
	if len(variants) == 0 || len(workloads) == 0 {
		return nil
	}
	if slices.ContainsFunc(variants, func(v variant) bool { return v.needsRedis() }) {
		redis, err := b.startRedis(ctx, s)
		if err != nil {
			return err
		}
		defer redis.stop()
	}
	if _, err := control(ctx, subgraphs, serverSettings{}); err != nil {
		return err
	}
	var targets []*target
	for i := range variants {
		t, err := b.startRouter(ctx, s, &variants[i])
		if err != nil {
			return fmt.Errorf("%s: %w", variants[i].name, err)
		}
		defer t.stop()
		targets = append(targets, t)
	}
	for _, w := range workloads {
		for i, t := range targets {
			if err := b.checkVariant(ctx, s, &variants[i], t, w); err != nil {
				return fmt.Errorf("%s: %w", variants[i].name, err)
			}
			b.prices = append(b.prices, &result{data: set.name, variant: variants[i].name, workload: w.name, target: t.name, connections: priceConnections})
		}
	}
	rounds := b.options.rounds
	if b.options.quick {
		rounds++ // there is one workload less
	}
	return measureRounds(b.prices, rounds, b.keepUp, func(i int, r *result, isFirst bool) (*round, error) {
		at := i % len(targets)
		o := roundOptions{min(b.options.duration, priceRound), r.ownLoad, isFirst}
		one, err := b.round(ctx, s, subgraphs, &variants[at], targets[at], set.workload(r.workload), o)
		if err == nil {
			b.printf("price of %s %s: %.1f µs %v", r.variant, r.workload, one.perRequest(), one.void)
		}
		return one, err
	})
}

// price is what a feature adds to a request.
type price struct {
	feature, workload string
	more              float64 // microseconds of the router's processor time; negative: it is less
	percent           float64
	void, rounds      int
}

// pricesOf compares each result with the one of the same workload without any feature.
func pricesOf(results []*result) []price {
	var prices []price
	without := map[string]float64{}
	for _, r := range results {
		cost := median(r.counted(), (*round).perRequest)
		if r.variant == priced[0].name {
			without[r.workload] = cost
			continue
		}
		p := price{feature: r.variant, workload: r.workload, more: cost - without[r.workload], void: r.voids(), rounds: len(r.rounds)}
		if before := without[r.workload]; before > 0 {
			p.percent = 100 * p.more / before
		}
		prices = append(prices, p)
	}
	return prices
}

// reportPrices writes the table "Price of features".
func (b *bench) reportPrices(w io.Writer) {
	prices := pricesOf(b.prices)
	if len(prices) == 0 {
		return
	}
	fmt.Fprint(w, "\n## Price of features\n\nProcessor time of the router for a request, in microseconds, compared with the variant \"unique\" (50 connections, every request\n"+
		"unique, all features at their defaults). Rounds of all features alternate. What Redis, a collector or a service costs its own\n"+
		"process is not in it.\n\n| feature | workload | more | percent | void | |\n|---|---|--:|--:|---|---|\n")
	for i := range priced {
		for _, p := range prices {
			if p.feature == priced[i].name {
				fmt.Fprintf(w, "| %s | %s | %+.1f | %+.0f%% | %d of %d | %s |\n", p.feature, p.workload, p.more, p.percent, p.void, p.rounds, priced[i].about)
			}
		}
	}
}
