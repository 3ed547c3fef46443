package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"
)

// errUnsubscribed: the consumer's database knows nothing of the stream any more, so it must ask for everything again.
var errUnsubscribed = errors.New("the subscription was dropped")

// fromEnd is where a new consumer group begins to read.
const fromEnd = "$"

// join makes sure that the stream has our consumer group, and that nothing can be missing between what this database has consumed
// and what the group will deliver. When something can be, it asks for a replay.
func (w *worker) join(ctx context.Context) error {
	subscription, err := w.loadSubscription(ctx)
	switch {
	case err != nil:
		return err
	case subscription == nil:
		return w.subscribe(ctx, "first contact with the stream")
	case subscription.awaiting > 0:
		return w.subscribe(ctx, "the last request was not answered")
	}
	w.lastID, w.awaiting = subscription.lastID, 0
	err = w.redis.XGroupCreateMkStream(ctx, w.keys.stream, w.group, fromEnd).Err()
	if err == nil {
		return w.subscribe(ctx, "the stream's Redis does not know this consumer")
	}
	if !isBusyGroup(err) {
		return fmt.Errorf("making the consumer group: %w", err)
	}
	info, err := w.redis.XInfoStream(ctx, w.keys.stream).Result()
	if err != nil {
		return fmt.Errorf("reading the stream's state: %w", err)
	}
	if w.lastID.before(parseEntryID(info.MaxDeletedEntryID)) {
		return w.subscribe(ctx, "the stream dropped entries that were not consumed")
	}
	return nil
}

// subscription is a row of kit_subscriptions.
type subscription struct {
	lastID   entryID
	awaiting int64
}

// loadSubscription returns nil when the database knows nothing of the stream.
func (w *worker) loadSubscription(ctx context.Context) (*subscription, error) {
	var row struct {
		LastID   string `db:"last_id"`
		Awaiting int64  `db:"awaiting"`
	}
	err := w.db.GetContext(ctx, &row, w.db.Rebind(
		`SELECT last_id, awaiting FROM kit_subscriptions WHERE consumer = ? AND stream = ?`), w.group, w.stream)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the subscription: %w", err)
	}
	return &subscription{lastID: parseEntryID(row.LastID), awaiting: row.Awaiting}, nil
}

// confirmSubscription finds out that a rebuild dropped the subscription while nothing arrives.
func (w *worker) confirmSubscription(ctx context.Context) error {
	if time.Since(w.confirmedAt) < resubscribeEvery {
		return nil
	}
	subscription, err := w.loadSubscription(ctx)
	if err == nil && subscription == nil {
		return errUnsubscribed
	}
	w.confirmedAt = time.Now()
	return err
}

// subscribe places a new group at the stream's end and asks for a replay. What comes before the mark of that replay is passed over:
// after it the relay sends everything, old events and new ones, in one order.
func (w *worker) subscribe(ctx context.Context, reason string) error {
	err := w.redis.XGroupCreateMkStream(ctx, w.keys.stream, w.group, fromEnd).Err()
	if isBusyGroup(err) { // of a database that is gone
		if err := w.redis.XGroupDestroy(ctx, w.keys.stream, w.group).Err(); err != nil {
			return fmt.Errorf("removing the old consumer group: %w", err)
		}
		err = w.redis.XGroupCreateMkStream(ctx, w.keys.stream, w.group, fromEnd).Err()
	}
	if err != nil {
		return fmt.Errorf("making the consumer group: %w", err)
	}
	end, err := lastEntry(w.redis.XInfoStream(ctx, w.keys.stream))
	if err != nil {
		return err
	}
	awaiting, err := w.redis.Incr(ctx, w.keys.replays).Result()
	if err != nil {
		return fmt.Errorf("asking for a replay: %w", err)
	}
	err = w.db.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := w.lease.confirm(ctx, tx); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, tx.Rebind(`
			INSERT INTO kit_subscriptions (consumer, stream, last_id, awaiting) VALUES (?, ?, ?, ?)
			ON CONFLICT (consumer, stream) DO UPDATE SET last_id = excluded.last_id, awaiting = excluded.awaiting`),
			w.group, w.stream, end.id.String(), awaiting)
		return err
	})
	if err != nil {
		return fmt.Errorf("keeping the subscription: %w", err)
	}
	w.lastID, w.awaiting = end.id, awaiting
	w.logger.Info("asked for all events of the stream", "reason", reason)
	return nil
}

// claim takes over what other consumers of the group, or an earlier life of this one, were given and did not finish. Nobody
// else is at work on it: only the lease's holder reads. Entries come in their order.
func (w *worker) claim(ctx context.Context) ([]*delivery, error) {
	var claimed []*delivery
	for cursor := "0-0"; ; {
		messages, next, deleted, err := w.redis.XAutoClaimWithDeleted(ctx, &redis.XAutoClaimArgs{
			Stream: w.keys.stream, Group: w.group, Consumer: w.lease.holder, Start: cursor, Count: maxBacklog,
		}).Result()
		if err != nil {
			return nil, fmt.Errorf("claiming unfinished events: %w", err)
		}
		if len(deleted) > 0 {
			return nil, w.subscribe(ctx, "the stream dropped entries that were not finished")
		}
		for _, message := range messages {
			claimed = append(claimed, newDelivery(message))
		}
		if cursor = next; cursor == "0-0" {
			return claimed, w.forgetOthers(ctx)
		}
	}
}

// forgetOthers removes the group's other consumers, which have nothing left: each start of a replica makes a new one.
func (w *worker) forgetOthers(ctx context.Context) error {
	consumers, err := w.redis.XInfoConsumers(ctx, w.keys.stream, w.group).Result()
	if err != nil {
		return fmt.Errorf("listing the group's consumers: %w", err)
	}
	for _, consumer := range consumers {
		if consumer.Name == w.lease.holder || consumer.Pending > 0 {
			continue
		}
		if err := w.redis.XGroupDelConsumer(ctx, w.keys.stream, w.group, consumer.Name).Err(); err != nil {
			return fmt.Errorf("removing a consumer of the group: %w", err)
		}
	}
	return nil
}

func isBusyGroup(err error) bool { return err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") }
