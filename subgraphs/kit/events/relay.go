package events

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

const (
	// relayPoll is how often the outbox is looked at without being woken: the delay of what another replica appended.
	relayPoll = 250 * time.Millisecond
	// relayBatch is how many events travel in one round trip.
	relayBatch = 256
	// housekeepingEvery is how often old rows and old stream entries are removed.
	housekeepingEvery       = 10 * time.Second
	defaultRetention        = 30 * 24 * time.Hour
	defaultMaxStreamEntries = 200_000
)

// RelayOptions is what a relay needs. The last four may be left out.
type RelayOptions struct {
	// Service names the stream: consumers list it in ConsumerOptions.Streams.
	Service string
	DB      *database.DB
	Outbox  *Outbox
	// Redis may be nil: events then wait in the outbox.
	Redis redis.UniversalClient
	// Prefix is config.Config.EventPrefix.
	Prefix string
	Logger *slog.Logger
	// Metrics, when set, gets the relay's counters.
	Metrics prometheus.Registerer
	// Retention is how long sent events are kept for replay. An aggregate's latest event is kept for ever. Default 30 days.
	Retention time.Duration
	// MaxStreamEntries is the length at which the relay waits for its consumers. Default 200,000.
	MaxStreamEntries int64
}

// Relay moves a service's events from its outbox to its stream. Several replicas may run one each; one at a time works.
type Relay struct {
	options RelayOptions
	keys    keys
	job     job
	lease   *lease
	metrics relayMetrics

	// What follows is of the present tenure.
	state        relayState
	checkedAt    time.Time // when the stream was last compared with state
	housekeptAt  time.Time
	backpressure backpressure
}

// relayState is the row of kit_relays.
type relayState struct {
	Epoch   string `db:"epoch"`
	LastID  string `db:"last_id"`
	Replays int64  `db:"replays"`
}

// NewRelay returns a relay; Run makes it work.
func NewRelay(options RelayOptions) (*Relay, error) {
	if options.Service == "" || options.Prefix == "" || options.DB == nil || options.Outbox == nil {
		return nil, errors.New("a relay needs Service, Prefix, DB and Outbox")
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Retention == 0 {
		options.Retention = defaultRetention
	}
	if options.MaxStreamEntries == 0 {
		options.MaxStreamEntries = defaultMaxStreamEntries
	}
	options.Logger = options.Logger.With("task", "relay")
	r := &Relay{
		options: options,
		keys:    keysOf(options.Prefix, options.Service),
		lease:   newLease(options.DB, "relay:"+options.Service),
		metrics: newRelayMetrics(options.Metrics, options.Service, options.DB),
	}
	r.job = job{lease: r.lease, logger: options.Logger, tenure: r.tenure}
	return r, nil
}

// Run relays until ctx ends, and returns nil then.
func (r *Relay) Run(ctx context.Context) error {
	if r.options.Redis == nil {
		r.options.Logger.Info("no Redis is configured: events wait in the outbox")
		<-ctx.Done()
		return nil
	}
	r.job.run(ctx)
	return nil
}

func (r *Relay) tenure(ctx context.Context, healthy func()) error {
	if err := r.load(ctx); err != nil {
		return err
	}
	poll := time.NewTicker(relayPoll)
	defer poll.Stop()
	for {
		if err := r.lease.renew(ctx); err != nil {
			return err
		}
		if time.Since(r.checkedAt) >= relayPoll {
			if _, err := r.checkStream(ctx); err != nil {
				return err
			}
		}
		healthy()
		sent, err := r.sendBatch(ctx)
		if err != nil {
			return err
		}
		if err := r.keepHouse(ctx); err != nil {
			return err
		}
		if sent == relayBatch {
			continue
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.options.Outbox.wake:
		case <-poll.C:
		}
	}
}

// load reads the state that the last relay left.
func (r *Relay) load(ctx context.Context) error {
	r.state, r.checkedAt, r.backpressure = relayState{}, time.Time{}, backpressure{}
	db := r.options.DB
	err := db.GetContext(ctx, &r.state, db.Rebind(`SELECT epoch, last_id, replays FROM kit_relays WHERE stream = ?`), r.options.Service)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("reading the relay's state: %w", err)
	}
	return nil
}

// checkStream finds out whether the stream's Redis still has what was sent to it, and whether a consumer asks for a replay. What
// may be missing is marked as not sent, so that it is sent again in its order; refilled says that something was.
func (r *Relay) checkStream(ctx context.Context) (refilled bool, err error) {
	pipeline := r.options.Redis.Pipeline()
	epoch, replays := pipeline.Get(ctx, r.keys.epoch), pipeline.Get(ctx, r.keys.replays)
	info := pipeline.XInfoStream(ctx, r.keys.stream)
	_, _ = pipeline.Exec(ctx) // each command's own error is looked at
	for _, err := range []error{epoch.Err(), replays.Err()} {
		if err != nil && !errors.Is(err, redis.Nil) {
			return false, fmt.Errorf("reading the stream's state: %w", err)
		}
	}
	end, err := lastEntry(info)
	if err != nil {
		return false, err
	}
	requested, err := replays.Int64()
	if err != nil && !errors.Is(err, redis.Nil) {
		return false, fmt.Errorf("%s does not hold a number: %w", r.keys.replays, err)
	}
	err, refilled = nil, true // no counter is none: nobody asked since this Redis was filled
	switch {
	case epoch.Val() == "" || epoch.Val() != r.state.Epoch:
		err = r.refill(ctx, relayState{Epoch: rand.Text(), Replays: requested}, "the stream's Redis is not the one that was filled", 0)
	case requested != r.state.Replays:
		err = r.refill(ctx, relayState{Epoch: r.state.Epoch, Replays: requested}, "a consumer asked for all events", 0)
	case end.known && end.id.before(parseEntryID(r.state.LastID)):
		next := relayState{Epoch: r.state.Epoch, Replays: requested, LastID: end.id.String()}
		err = r.refill(ctx, next, "the stream has lost its end", end.id.ms)
	default:
		refilled = false
	}
	if err == nil {
		r.checkedAt = time.Now()
	}
	return refilled, err
}

// streamEnd is the id of the newest entry that a stream ever had.
type streamEnd struct {
	id    entryID
	known bool // an in-process Redis does not tell
}

// lastEntry reads the answer of XINFO STREAM. A stream that does not exist ends before every entry.
func lastEntry(info *redis.XInfoStreamCmd) (streamEnd, error) {
	switch err := info.Err(); {
	case err == nil:
		last := info.Val().LastGeneratedID
		return streamEnd{id: parseEntryID(last), known: last != ""}, nil
	case strings.Contains(err.Error(), "no such key"):
		return streamEnd{known: true}, nil
	default:
		return streamEnd{}, fmt.Errorf("reading the stream's end: %w", err)
	}
}

// refill marks all events that were sent at sinceMS or later as not sent, and keeps the new state. A replay of everything begins with
// a mark in the stream, for the consumers that wait for it. The mark comes first and the epoch last: when anything between
// fails, the next tenure finds the states different and does all of it again.
func (r *Relay) refill(ctx context.Context, next relayState, reason string, sinceMS int64) error {
	if sinceMS == 0 {
		mark := &redis.XAddArgs{Stream: r.keys.stream, Values: []any{markField, next.Replays}}
		if err := r.options.Redis.XAdd(ctx, mark).Err(); err != nil {
			return fmt.Errorf("marking the begin of a replay: %w", err)
		}
	}
	var marked int64
	err := r.options.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, tx.Rebind(`UPDATE kit_outbox SET sent_ms = NULL WHERE sent_ms >= ?`), sinceMS)
		if err != nil {
			return err
		}
		if marked, err = result.RowsAffected(); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, tx.Rebind(`
			INSERT INTO kit_relays (stream, epoch, last_id, replays) VALUES (?, ?, ?, ?)
			ON CONFLICT (stream) DO UPDATE SET epoch = excluded.epoch, last_id = excluded.last_id, replays = excluded.replays`),
			r.options.Service, next.Epoch, next.LastID, next.Replays)
		return err
	})
	if err != nil {
		return fmt.Errorf("marking events to be sent again: %w", err)
	}
	if err := r.options.Redis.Set(ctx, r.keys.epoch, next.Epoch, 0).Err(); err != nil {
		return fmt.Errorf("writing the epoch: %w", err)
	}
	r.state = next
	if marked > 0 {
		r.options.Logger.Info("sending kept events again", "reason", reason, "events", marked)
	}
	return nil
}

// outboxRow is an event to be sent.
type outboxRow struct {
	Position int64  `db:"position"`
	Envelope string `db:"envelope"`
}

// sendBatch sends the oldest events that are not sent and marks them. When it ends between the two they are sent twice, which
// consumers do not mind; they are never marked unsent.
func (r *Relay) sendBatch(ctx context.Context) (int, error) {
	db := r.options.DB
	var rows []outboxRow
	err := db.SelectContext(ctx, &rows, db.Rebind(
		`SELECT position, envelope FROM kit_outbox WHERE sent_ms IS NULL ORDER BY position LIMIT ?`), relayBatch)
	if err != nil {
		return 0, fmt.Errorf("reading the outbox: %w", err)
	}
	if len(rows) == 0 {
		return 0, nil
	}
	// Looked at again right before sending: an event must not get ahead of those that the stream has lost.
	if refilled, err := r.checkStream(ctx); err != nil || refilled {
		return 0, err
	}
	if full, err := r.streamIsFull(ctx); err != nil || full {
		return 0, err
	}
	added := make([]*redis.StringCmd, len(rows))
	pipeline := r.options.Redis.Pipeline()
	for i, row := range rows {
		added[i] = pipeline.XAdd(ctx, &redis.XAddArgs{Stream: r.keys.stream, Values: []any{entryField, row.Envelope}})
	}
	_, sendErr := pipeline.Exec(ctx)
	sent := 0
	for sent < len(rows) && added[sent].Err() == nil {
		sent++
	}
	r.metrics.sent.Add(float64(sent))
	if sent > 0 {
		if err := r.markSent(ctx, rows[:sent], added[sent-1].Val()); err != nil {
			return 0, err
		}
	}
	if sendErr != nil {
		return 0, fmt.Errorf("sending events: %w", sendErr)
	}
	return sent, nil
}

// markSent marks exactly these rows: one with a lower position may have become visible since they were read.
func (r *Relay) markSent(ctx context.Context, rows []outboxRow, lastID string) error {
	positions := make([]int64, len(rows))
	for i, row := range rows {
		positions[i] = row.Position
	}
	statement, arguments, err := sqlx.In(`UPDATE kit_outbox SET sent_ms = ? WHERE position IN (?)`, parseEntryID(lastID).ms, positions)
	if err != nil {
		return err
	}
	err = r.options.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, tx.Rebind(statement), arguments...); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, tx.Rebind(`UPDATE kit_relays SET last_id = ? WHERE stream = ?`), lastID, r.options.Service)
		return err
	})
	if err != nil {
		return fmt.Errorf("marking events as sent: %w", err)
	}
	r.state.LastID = lastID
	return nil
}
