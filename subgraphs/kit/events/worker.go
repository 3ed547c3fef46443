package events

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

const (
	// readBatch is how many events are read, and at best applied, together.
	readBatch = 128
	// maxBacklog bounds how many events wait in memory for one that failed; at the bound no more are read.
	maxBacklog = 1024
	// readBlock is how long a read waits for an event.
	readBlock = 500 * time.Millisecond
	// maxDeadLetters bounds a dead-letter stream, about.
	maxDeadLetters = 10_000
	// resubscribeEvery is how often an idle worker looks whether its subscription was dropped for a rebuild.
	resubscribeEvery = time.Second
	// recountEvery is how often Redis is asked whether it waits for more than we know of.
	recountEvery = 5 * time.Second
	// pingTimeout bounds asking the database whether a failure was its own.
	pingTimeout = 2 * time.Second
)

// worker consumes one stream.
type worker struct {
	options ConsumerOptions
	stream  string // the name of the service it is of
	group   string
	keys    keys
	db      *database.DB
	redis   redis.UniversalClient
	logger  *slog.Logger
	lease   *lease
	job     job
	metrics consumerMetrics

	// What follows is of the present tenure.
	lastID      entryID     // of the newest entry that is done
	awaiting    int64       // number of the replay whose mark everything is passed over for; 0 for none
	waiting     []*delivery // failed ones and those behind them, in the stream's order
	confirmedAt time.Time
	recountedAt time.Time
	prunedAt    time.Time
}

// delivery is a stream entry on its way to a handler.
type delivery struct {
	id        string
	envelope  Envelope
	text      string // the envelope as it came
	malformed error  // why it is no event
	mark      int64  // the number of the replay that begins here; 0 for an event
	tries     int
	due       time.Time // of the next try
}

func newDelivery(message redis.XMessage) *delivery {
	d := &delivery{id: message.ID}
	if mark, ok := message.Values[markField].(string); ok {
		d.mark, d.malformed = parseMark(mark)
		return d
	}
	text, ok := message.Values[entryField].(string)
	if !ok {
		d.malformed = fmt.Errorf("the entry has no field %q", entryField)
		return d
	}
	d.text = text
	if err := json.Unmarshal([]byte(text), &d.envelope); err != nil {
		d.malformed = fmt.Errorf("the entry is not an envelope: %w", err)
		return d
	}
	d.malformed = d.envelope.validate()
	return d
}

// parseMark reads the number in a mark. A replay that nobody asked for has the number 0.
func parseMark(text string) (int64, error) {
	mark, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the entry's field %q is not a number: %w", markField, err)
	}
	return mark, nil
}

func newWorker(options ConsumerOptions, stream string, metrics consumerMetrics) *worker {
	w := &worker{
		options: options,
		stream:  stream,
		metrics: metrics,
		group:   options.Name,
		keys:    keysOf(options.Prefix, stream),
		db:      options.DB,
		redis:   options.Redis,
		logger:  options.Logger.With("task", "consumer", "stream", stream),
		lease:   newLease(options.DB, "consumer:"+options.Name+":"+stream),
	}
	w.job = job{lease: w.lease, logger: w.logger, tenure: w.tenure}
	return w
}

func (w *worker) tenure(ctx context.Context, healthy func()) error {
	w.waiting, w.recountedAt, w.confirmedAt = nil, time.Now(), time.Now()
	if err := w.join(ctx); err != nil {
		return err
	}
	unfinished, err := w.claim(ctx)
	if err != nil {
		return err
	}
	healthy()
	if err := w.process(ctx, unfinished); err != nil {
		return err
	}
	for {
		if err := w.lease.renew(ctx); err != nil {
			return err
		}
		if err := w.confirmSubscription(ctx); err != nil {
			return err
		}
		fresh, err := w.read(ctx)
		if err != nil {
			return err
		}
		if err := w.process(ctx, fresh); err != nil {
			return err
		}
		if err := w.retry(ctx); err != nil {
			return err
		}
		if err := w.recount(ctx); err != nil {
			return err
		}
		if err := w.prune(ctx); err != nil {
			return err
		}
	}
}

// read returns the next entries, or none when none arrive in a while or too many wait already.
func (w *worker) read(ctx context.Context) ([]*delivery, error) {
	block := w.untilDue()
	if len(w.waiting) >= maxBacklog {
		sleep(ctx, block)
		return nil, ctx.Err()
	}
	streams, err := w.redis.XReadGroup(ctx, &redis.XReadGroupArgs{
		Group: w.group, Consumer: w.lease.holder, Streams: []string{w.keys.stream, ">"}, Count: readBatch, Block: block,
	}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("reading the stream: %w", err)
	}
	var fresh []*delivery
	for _, stream := range streams {
		for _, message := range stream.Messages {
			fresh = append(fresh, newDelivery(message))
		}
	}
	return fresh, nil
}

// untilDue is how long nothing need be done: readBlock, or less when a try is due before. It is never 0, which would block for ever.
func (w *worker) untilDue() time.Duration {
	wait := readBlock
	for _, d := range w.waiting {
		if d.tries > 0 {
			wait = min(wait, time.Until(d.due))
		}
	}
	return max(wait, time.Millisecond)
}

// process applies new deliveries: all of them in one transaction when that works, and otherwise one by one, so that a failure holds
// back nothing but its own aggregate.
func (w *worker) process(ctx context.Context, fresh []*delivery) error {
	fresh, err := w.passOver(ctx, fresh)
	if err != nil {
		return err
	}
	blocked := w.blockedAggregates()
	var free []*delivery
	for _, d := range fresh {
		switch {
		case d.malformed != nil:
			if err := w.giveUp(ctx, d, d.malformed); err != nil {
				return err
			}
		case blocked[d.envelope.Aggregate]:
			w.waiting = append(w.waiting, d)
		default:
			free = append(free, d)
		}
	}
	if len(free) > 1 {
		err := w.apply(ctx, free...)
		if err == nil {
			return w.acknowledge(ctx, free...)
		}
		if w.isInterruption(ctx, err) {
			return err
		}
	}
	for _, d := range free {
		if blocked[d.envelope.Aggregate] {
			w.waiting = append(w.waiting, d)
			continue
		}
		done, err := w.try(ctx, d)
		if err != nil {
			return err
		}
		if !done {
			blocked[d.envelope.Aggregate] = true
			w.waiting = append(w.waiting, d)
		}
	}
	return nil
}

// passOver drops what comes before the replay that was asked for, and returns what comes after its mark.
func (w *worker) passOver(ctx context.Context, fresh []*delivery) ([]*delivery, error) {
	if w.awaiting == 0 || len(fresh) == 0 {
		return fresh, nil
	}
	passed := len(fresh)
	for i, d := range fresh {
		if d.malformed == nil && d.mark >= w.awaiting {
			passed = i + 1
			break
		}
	}
	last := fresh[passed-1]
	awaiting := w.awaiting
	if last.mark >= awaiting {
		awaiting = 0
	}
	if err := w.move(ctx, parseEntryID(last.id), awaiting); err != nil {
		return nil, err
	}
	return fresh[passed:], w.acknowledge(ctx, fresh[:passed]...)
}

// retry tries what is due, and then what waited behind it.
func (w *worker) retry(ctx context.Context) error {
	if len(w.waiting) == 0 {
		return nil
	}
	var still []*delivery
	blocked := make(map[Aggregate]bool)
	now := time.Now()
	for i, d := range w.waiting {
		if blocked[d.envelope.Aggregate] {
			still = append(still, d)
			continue
		}
		done := false
		if !now.Before(d.due) {
			var err error
			if done, err = w.try(ctx, d); err != nil {
				w.waiting = append(still, w.waiting[i:]...)
				return err
			}
		}
		if !done {
			blocked[d.envelope.Aggregate] = true
			still = append(still, d)
		}
	}
	w.waiting = still
	return nil
}

// recount finds deliveries that were lost on the way: Redis counts them as given to us, and the connection broke before they came, or
// before their acknowledgement went. The next tenure claims them.
func (w *worker) recount(ctx context.Context) error {
	if time.Since(w.recountedAt) < recountEvery {
		return nil
	}
	pending, err := w.redis.XPending(ctx, w.keys.stream, w.group).Result()
	if err != nil {
		return fmt.Errorf("counting unfinished events: %w", err)
	}
	if pending.Count > int64(len(w.waiting)) {
		return fmt.Errorf("%d deliveries were lost on the way; claiming them", pending.Count-int64(len(w.waiting)))
	}
	w.recountedAt = time.Now()
	return nil
}

func (w *worker) blockedAggregates() map[Aggregate]bool {
	blocked := make(map[Aggregate]bool, len(w.waiting))
	for _, d := range w.waiting {
		blocked[d.envelope.Aggregate] = true
	}
	return blocked
}

// try applies one delivery. Done means that it needs no further try; the error is one that ends the tenure.
func (w *worker) try(ctx context.Context, d *delivery) (done bool, err error) {
	failure := w.apply(ctx, d)
	if failure == nil {
		return true, w.acknowledge(ctx, d)
	}
	if w.isInterruption(ctx, failure) {
		return false, failure
	}
	d.tries++
	w.metrics.failed.WithLabelValues(w.stream).Inc()
	var permanent *permanentError
	if d.tries >= w.options.MaxTries || errors.As(failure, &permanent) {
		return true, w.giveUp(ctx, d, failure)
	}
	pause := min(w.options.FirstRetry<<(d.tries-1), maxRetryPause)
	d.due = time.Now().Add(pause)
	w.logger.WarnContext(withTraceparent(ctx, d.envelope.Traceparent), "an event failed; it is tried again",
		"event", d.envelope.ID, "type", d.envelope.Type, "try", d.tries, "pause", pause, "error", failure)
	return false, nil
}

// isInterruption tells failures of the surroundings, which say nothing about the event, from its own.
func (w *worker) isInterruption(ctx context.Context, err error) bool {
	if ctx.Err() != nil || errors.Is(err, errLeaseLost) || errors.Is(err, errUnsubscribed) {
		return true
	}
	ping, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return w.db.PingContext(ping) != nil
}

// giveUp puts an event into the dead-letter stream. Its id is not kept as consumed: a replay after the cause is mended gives it
// another chance.
func (w *worker) giveUp(ctx context.Context, d *delivery, reason error) error {
	w.logger.ErrorContext(withTraceparent(ctx, d.envelope.Traceparent), "an event went to the dead letters",
		"event", d.envelope.ID, "type", d.envelope.Type, "entry", d.id, "tries", d.tries, "error", reason)
	err := w.redis.XAdd(ctx, &redis.XAddArgs{
		Stream: deadLetters(w.options.Prefix, w.stream, w.group), MaxLen: maxDeadLetters, Approx: true,
		Values: []any{entryField, d.text, "error", reason.Error(), "entry", d.id, "tries", d.tries},
	}).Err()
	if err != nil {
		return fmt.Errorf("writing a dead letter: %w", err)
	}
	w.metrics.deadLetters.WithLabelValues(w.stream).Inc()
	if err := w.apply(ctx); err != nil { // moves nothing but the place in the stream
		return err
	}
	return w.acknowledge(ctx, d)
}

// acknowledge tells Redis that deliveries are done. When it fails they come again, and are found to be duplicates.
func (w *worker) acknowledge(ctx context.Context, done ...*delivery) error {
	ids := make([]string, len(done))
	for i, d := range done {
		ids[i] = d.id
	}
	if err := w.redis.XAck(ctx, w.keys.stream, w.group, ids...).Err(); err != nil {
		return fmt.Errorf("acknowledging events: %w", err)
	}
	w.metrics.consumed.WithLabelValues(w.stream).Add(float64(len(done)))
	return nil
}
