package traffic

import "time"

// Settings say how the fetches to one subgraph are treated. The zero value changes nothing.
type Settings struct {
	// Timeout bounds a fetch with all its tries and the waits between them; 0: only the request's deadline does. The first
	// try is left to the Fetcher's own time-out, which should be the same.
	Timeout     time.Duration
	Retry       Retry
	Hedge       Hedge
	Budget      Budget // of retries and hedges together
	Breaker     Breaker
	Concurrency Concurrency
}

// Retry says when a query is sent once more. Mutations never are.
type Retry struct {
	Max           int           // tries after the first; 0: none
	Backoff       time.Duration // bound of the first wait, doubled for each later one; the wait is random between 0 and it
	MaxBackoff    time.Duration // bound of all waits
	TryTimeout    time.Duration // bounds each try; 0: only Settings.Timeout does
	MaxRetryAfter time.Duration // a subgraph that asks for a longer wait by Retry-After is not asked again
	Statuses      []int         // HTTP statuses that are worth another try
	Codes         []string      // codes of an exec.FetchError that are worth another try
}

// Budget bounds the load that retries and hedges add: over any time at most Share times the fetches, plus Burst.
type Budget struct {
	Share float64
	Burst int
}

// Hedge asks a second time when there is no answer after a delay. Only queries, and only what the budget allows.
type Hedge struct {
	Enabled bool
	Delay   time.Duration // 0: Percentile decides
	// Percentile of the latencies lately seen, e.g. 95. There is no hedge before enough have been seen.
	Percentile float64
	MinDelay   time.Duration // least delay by Percentile
}

// Breaker opens when too many fetches fail: they are refused at once for a while, then some are let through as probes.
type Breaker struct {
	Enabled     bool
	FailureRate float64       // share of failed fetches in the window that opens it, e.g. 0.8
	MinRequests int           // fetches in the window before it may open
	Window      time.Duration // what is counted
	Open        time.Duration // how long it stays open before it probes
	Probes      int           // probes at a time, and successes in a row that close it
}

// Concurrency bounds the fetches that are under way.
type Concurrency struct {
	Max   int           // 0: no bound
	Queue int           // fetches that may wait for their turn
	Wait  time.Duration // longest wait
	// Adaptive lowers the bound below Max while latencies grow with the fetches under way, but not below Min.
	Adaptive bool
	Min      int
}

func (s *Settings) isOff() bool {
	return s.Retry.Max == 0 && !s.Hedge.Enabled && !s.Breaker.Enabled && s.Concurrency.Max == 0
}
