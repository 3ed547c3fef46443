package traffic

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// latency estimates a quantile of the durations lately seen: a histogram with four buckets for each power of two (an error
// of at most a quarter), whose counts are halved now and then, so that old ones fade.
type latency struct {
	quantile float64
	current  atomic.Int64 // nanoseconds, 0: not known yet

	mu     sync.Mutex
	counts [4 * 40]uint32 // guarded by mu; in microseconds
	total  uint32
	since  uint32 // observations since the last estimate
}

const (
	// estimateEvery is after how many observations there is a new estimate.
	estimateEvery = 32
	// fadeAt is the total at which all counts are halved.
	fadeAt = 2048
)

func (l *latency) observe(d time.Duration) {
	bucket := bucketOf(uint64(max(0, d.Microseconds())))
	l.mu.Lock()
	defer l.mu.Unlock()
	l.counts[bucket]++
	l.total++
	if l.since++; l.since < estimateEvery {
		return
	}
	l.since = 0
	l.current.Store(int64(l.estimate()))
	if l.total >= fadeAt {
		l.total = 0
		for i := range l.counts {
			l.counts[i] /= 2
			l.total += l.counts[i]
		}
	}
}

// value is false before the first estimate.
func (l *latency) value() (time.Duration, bool) {
	d := l.current.Load()
	return time.Duration(d), d > 0
}

// estimate gives the upper end of the bucket that holds the quantile. The caller holds mu.
func (l *latency) estimate() time.Duration {
	rank := uint32(l.quantile * float64(l.total))
	var seen uint32
	for i, n := range l.counts {
		if seen += n; seen > rank {
			return time.Duration(bucketEnd(i)) * time.Microsecond
		}
	}
	return time.Duration(bucketEnd(len(l.counts)-1)) * time.Microsecond
}

// bucketOf numbers durations: below 4 each has its own, then the highest bit and the two after it decide.
func bucketOf(us uint64) int {
	if us < 4 {
		return int(us)
	}
	shift := bits.Len64(us) - 3
	return min(4*(shift+1)+int(us>>shift)-4, 4*40-1)
}

// bucketEnd is the least value that is beyond a bucket.
func bucketEnd(bucket int) uint64 {
	if bucket < 4 {
		return uint64(bucket) + 1
	}
	shift := bucket/4 - 1
	return uint64(bucket%4+5) << shift
}
