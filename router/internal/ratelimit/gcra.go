package ratelimit

import (
	"math"
	"time"
)

// limit is the rate and size of a bucket.
type limit struct {
	interval float64 // microseconds in which one token comes back
	burst    int64   // most tokens at once
}

// ticks are the parts of a microsecond in which intervals are measured. All times of a bucket are whole ticks below 2^53, so
// that floating-point arithmetic on them is exact. Intervals are rounded up: a limit is never exceeded by rounding.
const ticks = 16

func newLimit(rate int64, per time.Duration, burst int64) limit {
	return limit{interval: math.Ceil(float64(per.Microseconds())*ticks/float64(rate)) / ticks, burst: burst}
}

// epoch is what times are counted from; script.lua uses the same.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)

// sinceEpoch gives a time in microseconds.
func sinceEpoch(t time.Time) float64 { return float64(t.Sub(epoch).Microseconds()) }

// grant is a bucket's answer.
type grant struct {
	granted   int64 // tokens given: between need and want, 0 when refused
	remaining int64 // tokens left
	// retry is the time until need tokens are there, 0 when they were granted, negative when they never will be.
	retry time.Duration
	reset time.Duration // until the bucket is full
}

// never is the retry of a demand that is larger than the bucket; the script says the same.
const never = -time.Microsecond

// take judges a bucket whose theoretical arrival time is tat, both times in microseconds, and gives the new one: want
// tokens when they are there, else as many as there are but at least need. A negative number gives tokens back. The same
// arithmetic stands in script.lua; a test compares the two.
func (l limit) take(tat, now float64, need, want int64) (float64, grant) {
	debt := max(tat-now, 0)
	available := int64(math.Floor(float64(l.burst) - debt/l.interval))
	if need > available {
		g := grant{remaining: max(available, 0), reset: microseconds(debt), retry: never}
		if need <= l.burst {
			g.retry = max(microseconds(debt-float64(l.burst-need)*l.interval), time.Microsecond)
		}
		return tat, g
	}
	granted := min(want, available)
	debt = max(debt+float64(granted)*l.interval, 0)
	return now + debt, grant{granted: granted, remaining: min(available-granted, l.burst), reset: microseconds(debt)}
}

func microseconds(v float64) time.Duration {
	return time.Duration(math.Ceil(v)) * time.Microsecond
}
