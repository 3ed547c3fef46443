package events

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

// pruneEvery is how often the ids of long consumed events are removed.
const pruneEvery = time.Hour

// apply has the deliveries handled, in their order, in one transaction of the consumer's database, together with all that it must
// remember about them.
func (w *worker) apply(ctx context.Context, deliveries ...*delivery) error {
	lastID := w.lastID
	for _, d := range deliveries {
		if id := parseEntryID(d.id); lastID.before(id) {
			lastID = id
		}
	}
	err := w.db.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := w.lease.confirm(ctx, tx); err != nil {
			return err
		}
		if err := w.moveTo(ctx, tx, lastID, w.awaiting); err != nil {
			return err
		}
		for _, d := range deliveries {
			if err := w.applyOne(ctx, tx, d); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		w.lastID = lastID
	}
	return err
}

// move keeps another place in the stream, for entries that have no effect.
func (w *worker) move(ctx context.Context, lastID entryID, awaiting int64) error {
	err := w.db.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := w.lease.confirm(ctx, tx); err != nil {
			return err
		}
		return w.moveTo(ctx, tx, lastID, awaiting)
	})
	if err == nil {
		w.lastID, w.awaiting = lastID, awaiting
	}
	return err
}

// moveTo keeps how far the stream is consumed. The row also says that the database still has what was consumed so far.
func (w *worker) moveTo(ctx context.Context, tx *sqlx.Tx, lastID entryID, awaiting int64) error {
	result, err := tx.ExecContext(ctx, tx.Rebind(`UPDATE kit_subscriptions SET last_id = ?, awaiting = ? WHERE consumer = ? AND stream = ?`),
		lastID.String(), awaiting, w.group, w.stream)
	if err != nil {
		return fmt.Errorf("keeping the place in the stream: %w", err)
	}
	changed, err := result.RowsAffected()
	if err == nil && changed == 0 {
		return errUnsubscribed
	}
	return err
}

func (w *worker) applyOne(ctx context.Context, tx *sqlx.Tx, d *delivery) error {
	handler, wanted := w.options.Handlers[d.envelope.Type]
	if !wanted {
		return nil
	}
	progress, err := w.progressOf(ctx, tx, d.envelope.Aggregate)
	if err != nil {
		return err
	}
	isNew, err := w.markConsumed(ctx, tx, d.envelope.ID)
	if err != nil || !isNew {
		return err
	}
	// A latest event may come back after its id was forgotten: the relay keeps it for ever, this database does not.
	if d.envelope.Sequence == progress {
		return nil
	}
	event := Event{Envelope: d.envelope, Late: d.envelope.Sequence < progress, Try: d.tries + 1}
	if err := w.handle(ctx, tx, handler, event); err != nil {
		return err
	}
	if event.Late {
		return nil
	}
	_, err = tx.ExecContext(ctx, tx.Rebind(`
		INSERT INTO kit_progress (consumer, aggregate_type, aggregate_id, sequence) VALUES (?, ?, ?, ?)
		ON CONFLICT (consumer, aggregate_type, aggregate_id) DO UPDATE SET sequence = excluded.sequence`),
		w.group, event.Aggregate.Type, event.Aggregate.ID, event.Sequence)
	if err != nil {
		return fmt.Errorf("keeping the aggregate's progress: %w", err)
	}
	return nil
}

// handle calls the handler; a panic of its is a failure like any other.
func (w *worker) handle(ctx context.Context, tx *sqlx.Tx, handler Handler, event Event) (err error) {
	ctx, cancel := context.WithTimeout(withTraceparent(ctx, event.Traceparent), w.options.HandlerTimeout)
	defer cancel()
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("the handler panicked: %v\n%s", panicked, debug.Stack())
		}
	}()
	return handler(ctx, tx, event)
}

// progressOf returns the sequence of the aggregate's latest consumed event, 0 before the first.
func (w *worker) progressOf(ctx context.Context, tx *sqlx.Tx, aggregate Aggregate) (sequence int64, err error) {
	err = tx.GetContext(ctx, &sequence, tx.Rebind(
		`SELECT sequence FROM kit_progress WHERE consumer = ? AND aggregate_type = ? AND aggregate_id = ?`),
		w.group, aggregate.Type, aggregate.ID)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("reading the aggregate's progress: %w", err)
	}
	return sequence, nil
}

// markConsumed keeps an event's id and says whether it was new.
func (w *worker) markConsumed(ctx context.Context, tx *sqlx.Tx, eventID string) (isNew bool, err error) {
	result, err := tx.ExecContext(ctx, tx.Rebind(`
		INSERT INTO kit_consumed (consumer, event_id, consumed_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`),
		w.group, eventID, database.At(time.Now()))
	if err != nil {
		return false, fmt.Errorf("keeping the event's id: %w", err)
	}
	changed, err := result.RowsAffected()
	return changed == 1, err
}

// prune forgets, now and then, the ids of events that no relay sends again.
func (w *worker) prune(ctx context.Context) error {
	if time.Since(w.prunedAt) < pruneEvery {
		return nil
	}
	err := w.db.InTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, tx.Rebind(`DELETE FROM kit_consumed WHERE consumer = ? AND consumed_at < ?`),
			w.group, database.At(time.Now().Add(-consumedRetention)))
		return err
	})
	if err != nil {
		return fmt.Errorf("forgetting old event ids: %w", err)
	}
	w.prunedAt = time.Now()
	return nil
}
