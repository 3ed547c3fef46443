package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"go.opentelemetry.io/otel/propagation"
)

// Aggregate names the thing that an event is about. Events are numbered, and kept in order, per aggregate.
type Aggregate struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Envelope is an event as it travels, in JSON. Consumers ignore fields they do not know.
type Envelope struct {
	// ID is unique for ever; consumers drop an event whose id they have had.
	ID string `json:"id"`
	// Type is "aggregate.pastParticiple", such as "payment.captured".
	Type string `json:"type"`
	// Version counts the incompatible changes of Data's shape for this type, from 1.
	Version    int       `json:"version"`
	OccurredAt time.Time `json:"occurredAt"`
	Aggregate  Aggregate `json:"aggregate"`
	// Sequence numbers the events of one aggregate from 1, without gaps when they are made.
	Sequence int64 `json:"sequence"`
	// Traceparent (W3C Trace Context) names the request that caused the event; it may be empty.
	Traceparent string `json:"traceparent,omitempty"`
	// Data is an object with the aggregate's public state after the change.
	Data json.RawMessage `json:"data"`
}

// validate says what makes an envelope unusable.
func (e *Envelope) validate() error {
	switch {
	case e.ID == "":
		return errors.New("the event has no id")
	case e.Type == "":
		return errors.New("the event has no type")
	case e.Aggregate.Type == "" || e.Aggregate.ID == "":
		return errors.New("the event names no aggregate")
	case e.Sequence < 1:
		return fmt.Errorf("the event's sequence is %d and must be positive", e.Sequence)
	}
	return nil
}

// Event is an envelope as a handler gets it.
type Event struct {
	Envelope
	// Late is true when the consumer has had a later event of the aggregate, which happens only to events that come back from
	// a dead-letter stream. A handler that overwrites state must then leave what is newer.
	Late bool
	// Try counts from 1.
	Try int
}

// Decode reads Data into target, a pointer. Its error is [Permanent]: the same bytes will not get better.
func (e *Event) Decode(target any) error {
	if err := json.Unmarshal(e.Data, target); err != nil {
		return Permanent(fmt.Errorf("data of %s version %d: %w", e.Type, e.Version, err))
	}
	return nil
}

// Handler applies one event to the consumer's database. Everything it does must go through tx, which is committed when it returns
// nil. It may run again for the same event when anything failed, so it must have no other effect. The context carries the
// trace of the request that caused the event.
type Handler func(ctx context.Context, tx *sqlx.Tx, event Event) error

// Permanent marks an error that no further try can mend: the event goes to the dead-letter stream at once.
func Permanent(err error) error { return &permanentError{err} }

type permanentError struct{ error }

func (e *permanentError) Unwrap() error { return e.error }

// traceHeader is the one field of the W3C propagator that envelopes carry.
const traceHeader = "traceparent"

func traceparentOf(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier[traceHeader]
}

func withTraceparent(ctx context.Context, traceparent string) context.Context {
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{traceHeader: traceparent})
}
