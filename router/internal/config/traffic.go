package config

import (
	"reflect"
	"time"
)

// Traffic holds deadlines, what the router takes on at once, and how it stops.
type Traffic struct {
	Timeout      Duration `yaml:"timeout" doc:"Deadline of a whole request; what has arrived by then is answered."`
	ReadTimeout  Duration `yaml:"read_timeout" doc:"Longest time for a client to send its request; the connection is closed after it. 0: any time."`
	WriteTimeout Duration `yaml:"write_timeout" doc:"Longest time for a client to take the next 256 KiB of its response, or what is left of it; the connection is closed after it (HTTP/2: the stream). Streams go on for as long as the client reads. 0: any time."`
	Overload     Overload `yaml:"overload" doc:"When requests are refused with 503 and Retry-After, so that the others are still answered in time."`
	Drain        Duration `yaml:"drain" doc:"On shutdown: time with readiness off in which requests are still taken."`
	DrainWatched Duration `yaml:"drain_watched" doc:"The same where something asks /ready regularly, as load balancers and Kubernetes do; the longer of the two counts."`
	Shutdown     Duration `yaml:"shutdown" doc:"On shutdown: longest wait for requests that are under way."`
}

// Overload configures load shedding. Health, readiness and the operators' listener are never shed.
type Overload struct {
	Enabled     *bool `yaml:"enabled" doc:"Refuse requests that the router has no room for."`
	MaxInFlight int   `yaml:"max_in_flight" doc:"Most requests under way at once; streams count until they begin."`
	// TargetDelay is the longest time that work may wait for a processor before fewer requests are taken.
	TargetDelay Duration `yaml:"target_delay" doc:"While work waits longer than this for a processor, fewer requests are taken. 0: only max_in_flight counts."`
	MinInFlight int      `yaml:"min_in_flight" doc:"As many are always taken. 0: 64 for each processor."`
	RetryAfter  Duration `yaml:"retry_after" doc:"Least time after which refused clients are asked to come back; they are told up to twice as long, so that they do not all come at once."`
}

// Retry says when queries are sent to a subgraph once more. Mutations never are.
type Retry struct {
	Enabled       *bool    `yaml:"enabled" doc:"Send queries that failed on the way once more; never mutations."`
	Max           int      `yaml:"max" doc:"Most further tries of one fetch."`
	Backoff       Duration `yaml:"backoff" doc:"Bound of the first wait; it doubles with each try, and the wait is random between 0 and it."`
	MaxBackoff    Duration `yaml:"max_backoff" doc:"Bound of all waits."`
	TryTimeout    Duration `yaml:"try_timeout" doc:"Longest wait for the answer to one try; timeout bounds them all together. 0: timeout alone."`
	MaxRetryAfter Duration `yaml:"max_retry_after" doc:"A subgraph that asks for a longer wait by Retry-After is not asked again."`
	Statuses      []int    `yaml:"statuses" doc:"HTTP statuses that are worth another try."`
	On            []string `yaml:"on" doc:"Failures without a status that are worth another try: unreachable, timeout (of a try), malformed (not HTTP, or cut off)."`
	BudgetPercent int      `yaml:"budget_percent" doc:"Retries and hedges together are at most this share of the fetches."`
	BudgetBurst   int      `yaml:"budget_burst" doc:"And at most as many more at once."`
}

// Hedge configures second requests for slow queries.
type Hedge struct {
	Enabled    *bool    `yaml:"enabled" doc:"Ask a second time when a query's answer takes long, and take what comes first; never for mutations. retry's budget holds for it too."`
	Delay      Duration `yaml:"delay" doc:"Wait before the second request. 0: percentile decides."`
	Percentile int      `yaml:"percentile" doc:"The wait is this percentile of the latencies lately seen."`
	MinDelay   Duration `yaml:"min_delay" doc:"Least wait by percentile."`
}

// Breaker configures the circuit breaker.
type Breaker struct {
	Enabled        *bool    `yaml:"enabled" doc:"Leave a subgraph alone that fails most of the time. GraphQL errors and statuses below 500 are no failures."`
	FailurePercent int      `yaml:"failure_percent" doc:"Share of failed fetches in the window that opens the circuit."`
	MinRequests    int      `yaml:"min_requests" doc:"Fetches in the window before it may open."`
	Window         Duration `yaml:"window" doc:"Time span that is looked at."`
	Open           Duration `yaml:"open" doc:"Time for which the subgraph is left alone before it is probed."`
	Probes         int      `yaml:"probes" doc:"Fetches that probe at the same time, and successes in a row that close the circuit."`
}

// Concurrency bounds the fetches to a subgraph that are under way.
type Concurrency struct {
	Max      int      `yaml:"max" doc:"Most fetches under way at once. 0: as many as max_connections."`
	Queue    int      `yaml:"queue" doc:"Fetches that may wait for their turn. -1: none."`
	Wait     Duration `yaml:"wait" doc:"Longest wait for a turn."`
	Adaptive *bool    `yaml:"adaptive" doc:"Allow fewer than max while the subgraph gets slower the more is under way."`
	Min      int      `yaml:"min" doc:"With adaptive: as many are always allowed."`
}

func defaultTraffic() Traffic {
	return Traffic{
		Timeout: Duration(60 * time.Second), ReadTimeout: Duration(30 * time.Second), WriteTimeout: Duration(30 * time.Second),
		DrainWatched: Duration(5 * time.Second), Shutdown: Duration(30 * time.Second),
		Overload: Overload{
			Enabled: new(true), MaxInFlight: 10_000, TargetDelay: Duration(250 * time.Millisecond), RetryAfter: Duration(time.Second),
		},
	}
}

// Subgraph defaults, used where neither the subgraph nor "all" says otherwise.
const (
	DefaultSubgraphTimeout      = 30 * time.Second
	DefaultMaxConnections       = 512
	DefaultMaxResponse     Size = 50 << 20
)

func defaultSubgraph() Subgraph {
	return Subgraph{
		Timeout: Duration(DefaultSubgraphTimeout), MaxConnections: DefaultMaxConnections, MaxResponse: DefaultMaxResponse,
		IdleTimeout: Duration(60 * time.Second), Share: new(true), HTTP2: new(false),
		Retry: Retry{
			Enabled: new(true), Max: 2, Backoff: Duration(50 * time.Millisecond), MaxBackoff: Duration(time.Second),
			MaxRetryAfter: Duration(2 * time.Second), Statuses: []int{429, 502, 503, 504}, On: []string{"unreachable", "timeout"},
			BudgetPercent: 20, BudgetBurst: 10,
		},
		Hedge: Hedge{Enabled: new(false), Percentile: 95, MinDelay: Duration(5 * time.Millisecond)},
		Breaker: Breaker{
			Enabled: new(true), FailurePercent: 80, MinRequests: 20, Window: Duration(10 * time.Second), Open: Duration(time.Second), Probes: 1,
		},
		Concurrency: Concurrency{Queue: 1024, Wait: Duration(time.Second), Adaptive: new(false), Min: 8},
		TLS:         SubgraphTLS{MinVersion: "1.2"},
	}
}

// For gives the settings of one subgraph: its own, then those of "all", then the defaults. It is not for every request.
func (c *Config) For(subgraph string) Subgraph {
	out := c.Subgraphs[subgraph]
	inherit(reflect.ValueOf(&out).Elem(), reflect.ValueOf(c.Subgraphs["all"]))
	inherit(reflect.ValueOf(&out).Elem(), reflect.ValueOf(defaultSubgraph()))
	return out
}

// inherit sets what is zero, also in the structs inside.
func inherit(to, from reflect.Value) {
	for i := range to.NumField() {
		switch field := to.Field(i); {
		case field.Kind() == reflect.Struct:
			inherit(field, from.Field(i))
		case field.IsZero():
			field.Set(from.Field(i))
		}
	}
}

func (v *validator) traffic(t Traffic) {
	if t.Timeout == 0 {
		v.add("traffic.timeout", "must be more than 0: without a deadline requests to a subgraph that hangs pile up")
	}
	v.notNegative("traffic.overload", field{"max_in_flight", t.Overload.MaxInFlight}, field{"min_in_flight", t.Overload.MinInFlight})
	if t.Overload.MinInFlight > t.Overload.MaxInFlight {
		v.add("traffic.overload.min_in_flight", "cannot be more than max_in_flight")
	}
	if on := t.Overload.Enabled; on != nil && *on && t.Overload.MaxInFlight == 0 {
		v.add("traffic.overload.max_in_flight", "must be more than 0; set enabled to false to take every request")
	}
}

// field is a number in a section.
type field struct {
	name  string
	value int
}

func (v *validator) notNegative(path string, fields ...field) {
	for _, f := range fields {
		if f.value < 0 {
			v.add(path+"."+f.name, "cannot be negative")
		}
	}
}

func (v *validator) percent(path string, value int) {
	if value < 0 || value > 100 {
		v.add(path, "%d is not a percentage; use 0 to 100", value)
	}
}

var failures = []string{"unreachable", "timeout", "malformed"}

// subgraphTraffic checks a subgraph's own values; those that are zero are inherited.
func (v *validator) subgraphTraffic(path string, s Subgraph) {
	v.notNegative(path+".retry", field{"max", s.Retry.Max}, field{"budget_burst", s.Retry.BudgetBurst})
	v.percent(path+".retry.budget_percent", s.Retry.BudgetPercent)
	for _, status := range s.Retry.Statuses {
		if status < 400 || status > 599 {
			v.add(path+".retry.statuses", "%d is no status of a failure; use 400 to 599", status)
		}
	}
	for _, failure := range s.Retry.On {
		v.oneOf(path+".retry.on", failure, failures...)
	}
	v.percent(path+".hedge.percentile", s.Hedge.Percentile)
	v.percent(path+".breaker.failure_percent", s.Breaker.FailurePercent)
	v.notNegative(path+".breaker", field{"min_requests", s.Breaker.MinRequests}, field{"probes", s.Breaker.Probes})
	v.notNegative(path+".concurrency", field{"max", s.Concurrency.Max}, field{"min", s.Concurrency.Min})
	if s.Concurrency.Queue < -1 {
		v.add(path+".concurrency.queue", "cannot be less than -1, which means none")
	}
	v.pair(path+".tls", s.TLS.Certificate, s.TLS.Key)
	if s.TLS.MinVersion != "" {
		v.oneOf(path+".tls.min_version", s.TLS.MinVersion, tlsVersions...)
	}
}

func (v *validator) pair(path, certificate, key string) {
	if (certificate == "") != (key == "") {
		v.add(path, "needs both certificate and key, or neither")
	}
}
