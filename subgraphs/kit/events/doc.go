// Package events carries what happened in one service to the others. Services learn of each other only in this way (and through
// the graph); none reads another's tables.
//
// # Sending
//
// A service appends its events with [Outbox.Append] in the transaction that makes the change: both are kept or neither. A
// [Relay] moves them to the service's Redis stream and keeps them afterwards, for replay.
//
//	err := db.InTx(ctx, func(tx *sqlx.Tx) error {
//		… // the change
//		return outbox.Append(ctx, tx, events.Draft{
//			Type: "user.updated", Version: 1,
//			Aggregate: events.Aggregate{Type: "user", ID: user.ID},
//			Data: userData{ID: user.ID, Name: user.Name},
//		})
//	})
//
// Data is the aggregate's whole public state after the change, not the difference: an aggregate's latest event alone must
// be enough to rebuild a projection, because it is the only one that is kept for ever. Older ones go after the retention.
//
// # Receiving
//
// A [Consumer] gives each event to the handler of its type, in a transaction of the consumer's own database that also records
// the event's id: an event takes effect once however often it arrives. Events of one aggregate come in their order; one that
// fails holds back the later ones of its aggregate and no others, is tried again with growing pauses, and after
// ConsumerOptions.MaxTries goes to the dead-letter stream. One replica of a service consumes a stream at a time; another takes
// over within seconds when it ends.
//
//	consumer, err := events.NewConsumer(events.ConsumerOptions{
//		Name: "notifications", Streams: []string{"payments"}, DB: db, Redis: redis, Prefix: cfg.EventPrefix,
//		Handlers: map[string]events.Handler{"payment.created": onPaymentCreated},
//	})
//
// Relay.Run and Consumer.Run are the background tasks of a service (service.Task). They need no Redis to start: they wait for it,
// for ever, and go on by themselves within seconds after it comes back. With a nil Redis they only wait for their end.
//
// # Redis is transport, not truth
//
// Under {prefix}:{service}: each service has its stream "events", the key "epoch", the counter "replays" and for each consumer a
// dead-letter stream "dead:CONSUMER". All can be lost at any time. A relay that finds another epoch than it wrote, or a
// stream that ends before the last entry it sent, sends again everything that may be missing. A consumer whose database
// knows nothing of a stream (a new service, an index that was emptied by [Consumer.Rebuild]) asks for everything by counting
// up "replays"; the relay answers with a mark in the stream, from which on the consumer listens. Duplicates are dropped by event id.
package events
