package events

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

// stallLimit is how long a relay waits at a full stream for a consumer that makes no progress. Then the oldest entries go: the
// consumer finds out when it comes back, and asks for a replay.
const stallLimit = 5 * time.Minute

// pruneBatch bounds how many rows one transaction of the housekeeping removes.
const pruneBatch = 5000

// backpressure follows how far the slowest consumer of a full stream has come.
type backpressure struct {
	slowest entryID
	since   time.Time // when slowest was first seen; zero while the stream is not full
}

// keepHouse removes, now and then, the stream entries that every consumer is done with and the outbox rows that are past their
// retention.
func (r *Relay) keepHouse(ctx context.Context) error {
	if time.Since(r.housekeptAt) < housekeepingEvery {
		return nil
	}
	if err := r.prune(ctx); err != nil {
		return err
	}
	if _, err := r.trim(ctx); err != nil {
		return err
	}
	r.housekeptAt = time.Now()
	return nil
}

// prune removes sent events past the retention, except each aggregate's latest, from which a projection can be rebuilt.
func (r *Relay) prune(ctx context.Context) error {
	limit := database.At(time.Now().Add(-r.options.Retention))
	for {
		var removed int64
		err := r.options.DB.InTx(ctx, func(tx *sqlx.Tx) error {
			result, err := tx.ExecContext(ctx, tx.Rebind(`
				DELETE FROM kit_outbox WHERE position IN (
					SELECT o.position FROM kit_outbox o
					JOIN kit_aggregates a ON a.type = o.aggregate_type AND a.id = o.aggregate_id
					WHERE o.occurred_at < ? AND o.sent_ms IS NOT NULL AND o.sequence < a.sequence
					LIMIT ?)`), limit, pruneBatch)
			if err != nil {
				return err
			}
			removed, err = result.RowsAffected()
			return err
		})
		if err != nil {
			return fmt.Errorf("removing old events: %w", err)
		}
		if removed < pruneBatch {
			return nil
		}
	}
}

// trim removes the entries that every consumer group is done with, and returns the first that one still needs: the zero id when
// there is no group.
func (r *Relay) trim(ctx context.Context) (entryID, error) {
	client := r.options.Redis
	exists, err := client.Exists(ctx, r.keys.stream).Result()
	if err != nil || exists == 0 {
		return entryID{}, err
	}
	groups, err := client.XInfoGroups(ctx, r.keys.stream).Result()
	if err != nil {
		return entryID{}, fmt.Errorf("listing the consumers: %w", err)
	}
	var slowest entryID
	for i, group := range groups {
		needs := parseEntryID(group.LastDeliveredID)
		if group.Pending > 0 {
			pending, err := client.XPending(ctx, r.keys.stream, group.Name).Result()
			if err != nil {
				return entryID{}, fmt.Errorf("reading what a consumer is at: %w", err)
			}
			if pending.Count > 0 {
				needs = parseEntryID(pending.Lower)
			}
		}
		if i == 0 || needs.before(slowest) {
			slowest = needs
		}
	}
	if slowest == (entryID{}) {
		return slowest, nil
	}
	if err := client.XTrimMinIDApprox(ctx, r.keys.stream, slowest.String(), 0).Err(); err != nil {
		return entryID{}, fmt.Errorf("trimming the stream: %w", err)
	}
	return slowest, nil
}

// streamIsFull says whether sending must wait for the consumers, and makes room when none of them moves.
func (r *Relay) streamIsFull(ctx context.Context) (bool, error) {
	length, err := r.options.Redis.XLen(ctx, r.keys.stream).Result()
	if err != nil {
		return false, fmt.Errorf("reading the stream's length: %w", err)
	}
	if length < r.options.MaxStreamEntries {
		r.backpressure = backpressure{}
		return false, nil
	}
	slowest, err := r.trim(ctx)
	if err != nil {
		return false, err
	}
	now := time.Now()
	switch {
	case slowest == (entryID{}): // nobody reads: whoever comes later asks for a replay
	case r.backpressure.since.IsZero() || r.backpressure.slowest.before(slowest):
		if r.backpressure.since.IsZero() {
			r.options.Logger.Warn("the stream is full: waiting for its consumers", "entries", length)
		}
		r.backpressure = backpressure{slowest: slowest, since: now}
		return true, nil
	case now.Sub(r.backpressure.since) < stallLimit:
		return true, nil
	}
	r.options.Logger.Warn("the stream is full and no consumer moves: dropping its older half; they will ask for a replay", "entries", length)
	r.backpressure = backpressure{}
	err = r.options.Redis.XTrimMaxLenApprox(ctx, r.keys.stream, r.options.MaxStreamEntries/2, 0).Err()
	return false, err
}
