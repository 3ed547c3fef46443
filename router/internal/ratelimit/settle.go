package ratelimit

import "context"

// debit is what a decision has taken, and from where.
type debit struct {
	demands []demand
	shared  bool // from Redis
}

// maxDebts bounds the corrections that wait to be made on Redis; more are dropped, and the estimates stay.
const maxDebts = 4096

// debitOf keeps the buckets that have given tokens.
func debitOf(claims []claim, grants []grant, shared bool) *debit {
	d := &debit{shared: shared}
	for i, c := range claims {
		if grants[i].granted > 0 {
			d.demands = append(d.demands, c.demand)
		}
	}
	return d
}

// Settle corrects what a decision by cost has debited, once it is known what the operation has really cost: what was not
// used comes back, and what was used beyond is debited as far as there are tokens. It does not wait: on Redis the correction
// is made soon. A bucket is never fuller than its burst.
func (l *Limiter) Settle(ctx context.Context, d Decision, estimated, actual int64) {
	if d.debited == nil || estimated == actual {
		return
	}
	corrections := make([]demand, len(d.debited.demands))
	for i, c := range d.debited.demands {
		c.enforced = false
		if c.want = actual - estimated; c.want < 0 {
			c.need = c.want
		} else {
			c.need = 0
		}
		corrections[i] = c
	}
	if !d.debited.shared {
		_, _ = l.local.take(ctx, corrections) // it never fails
		return
	}
	select {
	case l.debts <- corrections:
	default:
	}
}

// settleDebts makes the corrections that wait, until ctx ends. What Redis does not take is forgotten.
func (l *Limiter) settleDebts(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case corrections := <-l.debts:
			_, _ = l.guard.take(ctx, corrections)
		}
	}
}
