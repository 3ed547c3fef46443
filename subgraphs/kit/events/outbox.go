package events

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

// Draft is an event to be appended.
type Draft struct {
	Type      string
	Version   int
	Aggregate Aggregate
	// Data is marshalled to a JSON object.
	Data any
	// OccurredAt is now when it is zero. Seeds give their own.
	OccurredAt time.Time
	// ID is made up when it is empty. Seeds give their own.
	ID string
}

// Outbox keeps a service's events beside its tables until a [Relay] has sent them, and for replay afterwards.
type Outbox struct {
	// appended is set by Append and cleared by the commit hook that wakes the relay.
	appended atomic.Bool
	wake     chan struct{}
}

// NewOutbox returns the outbox of a service's database. Make one, and share it between the stores and the relay.
func NewOutbox(db *database.DB) *Outbox {
	outbox := &Outbox{wake: make(chan struct{}, 1)}
	db.OnCommit(outbox.committed)
	return outbox
}

// committed wakes the relay after a transaction that appended. It may also wake it for nothing: when that transaction is
// rolled back and another commits. The relay also looks by itself, for what other replicas append.
func (o *Outbox) committed() {
	if !o.appended.CompareAndSwap(true, false) {
		return
	}
	select {
	case o.wake <- struct{}{}:
	default: // it is awake already
	}
}

// insertRows is how many events one INSERT carries, well below the databases' limits on arguments.
const insertRows = 200

// Append keeps drafts in the caller's transaction, in their order, each with the next sequence number of its aggregate. Until
// the transaction ends it holds a lock on these aggregates, which is what makes the order of events that of commits.
func (o *Outbox) Append(ctx context.Context, tx *sqlx.Tx, drafts ...Draft) error {
	traceparent := traceparentOf(ctx)
	for len(drafts) > 0 {
		part := drafts[:min(insertRows, len(drafts))]
		if err := appendPart(ctx, tx, part, traceparent); err != nil {
			return err
		}
		drafts = drafts[len(part):]
		o.appended.Store(true)
	}
	return nil
}

func appendPart(ctx context.Context, tx *sqlx.Tx, drafts []Draft, traceparent string) error {
	const columns = 6
	arguments := make([]any, 0, columns*len(drafts))
	for _, draft := range drafts {
		envelope, err := envelopeOf(draft, traceparent)
		if err != nil {
			return fmt.Errorf("event %s: %w", draft.Type, err)
		}
		if envelope.Sequence, err = nextSequence(ctx, tx, draft.Aggregate); err != nil {
			return fmt.Errorf("event %s: taking the next sequence number: %w", draft.Type, err)
		}
		text, err := json.Marshal(envelope)
		if err != nil {
			return fmt.Errorf("event %s: %w", draft.Type, err)
		}
		arguments = append(arguments, envelope.ID, envelope.Aggregate.Type, envelope.Aggregate.ID, envelope.Sequence,
			database.At(envelope.OccurredAt), string(text))
	}
	rows := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?),", len(drafts)), ",")
	_, err := tx.ExecContext(ctx, tx.Rebind(
		`INSERT INTO kit_outbox (id, aggregate_type, aggregate_id, sequence, occurred_at, envelope) VALUES `+rows), arguments...)
	if err != nil {
		return fmt.Errorf("appending to the outbox: %w", err)
	}
	return nil
}

func envelopeOf(draft Draft, traceparent string) (*Envelope, error) {
	data, err := json.Marshal(draft.Data)
	if err != nil {
		return nil, fmt.Errorf("data: %w", err)
	}
	envelope := &Envelope{
		ID:          draft.ID,
		Type:        draft.Type,
		Version:     max(draft.Version, 1),
		OccurredAt:  draft.OccurredAt,
		Aggregate:   draft.Aggregate,
		Sequence:    1, // replaced once the rest is known to be good
		Traceparent: traceparent,
		Data:        data,
	}
	if envelope.OccurredAt.IsZero() {
		envelope.OccurredAt = time.Now()
	}
	envelope.OccurredAt = envelope.OccurredAt.UTC()
	if envelope.ID == "" {
		id, err := uuid.NewV7()
		if err != nil {
			return nil, err
		}
		envelope.ID = id.String()
	}
	return envelope, envelope.validate()
}

func nextSequence(ctx context.Context, tx *sqlx.Tx, aggregate Aggregate) (sequence int64, err error) {
	err = tx.GetContext(ctx, &sequence, tx.Rebind(`
		INSERT INTO kit_aggregates (type, id, sequence) VALUES (?, ?, 1)
		ON CONFLICT (type, id) DO UPDATE SET sequence = kit_aggregates.sequence + 1
		RETURNING sequence`), aggregate.Type, aggregate.ID)
	return sequence, err
}
