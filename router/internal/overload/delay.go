package overload

import (
	"math"
	"runtime/metrics"
	"time"
)

// schedulerDelay measures how long goroutines that could run have waited for a processor.
type schedulerDelay struct {
	sample []metrics.Sample
	before []uint64 // counts at the last measurement
}

// delayQuantile is the share of waits that are not longer than the delay measured.
const delayQuantile = 0.9

func newSchedulerDelay() *schedulerDelay {
	s := &schedulerDelay{sample: []metrics.Sample{{Name: "/sched/latencies:seconds"}}}
	s.measure()
	return s
}

// measure gives the delay since the last call.
func (s *schedulerDelay) measure() time.Duration {
	metrics.Read(s.sample)
	if s.sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0 // a runtime that does not know the metric
	}
	h := s.sample[0].Value.Float64Histogram()
	if len(s.before) != len(h.Counts) {
		s.before = make([]uint64, len(h.Counts))
	}
	delay := quantile(h.Counts, s.before, h.Buckets)
	copy(s.before, h.Counts)
	return delay
}

// quantile gives the upper end of the bucket with the delayQuantile of what was added to before.
func quantile(counts, before []uint64, bounds []float64) time.Duration {
	var total, seen uint64
	for i, n := range counts {
		total += n - before[i]
	}
	if total == 0 {
		return 0
	}
	rank := uint64(math.Ceil(delayQuantile * float64(total)))
	for i, n := range counts {
		if seen += n - before[i]; seen >= rank {
			end := bounds[i+1]
			if math.IsInf(end, 1) {
				end = bounds[i]
			}
			return time.Duration(end * float64(time.Second))
		}
	}
	return 0
}
