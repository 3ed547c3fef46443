package traffic

import "sync/atomic"

// budget is a token bucket that fetches fill and retries and hedges empty: over any time these are at most share times
// the fetches, plus burst.
type budget struct {
	tokens      atomic.Int64 // in thousandths
	share, full int64        // in thousandths
}

const wholeToken = 1000

func (b *budget) init(s Budget) {
	b.share, b.full = int64(s.Share*wholeToken), int64(s.Burst)*wholeToken
	b.tokens.Store(b.full)
}

// deposit notes a fetch.
func (b *budget) deposit() {
	for {
		have := b.tokens.Load()
		if have >= b.full || b.tokens.CompareAndSwap(have, min(b.full, have+b.share)) {
			return
		}
	}
}

// take notes a retry or a hedge; false: there may be none now.
func (b *budget) take() bool {
	for {
		have := b.tokens.Load()
		if have < wholeToken {
			return false
		}
		if b.tokens.CompareAndSwap(have, have-wholeToken) {
			return true
		}
	}
}
