package events

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"golang.org/x/sync/errgroup"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

const (
	defaultMaxTries       = 8
	defaultFirstRetry     = 200 * time.Millisecond
	defaultHandlerTimeout = 30 * time.Second
	// maxRetryPause bounds the growing pauses between tries.
	maxRetryPause = 30 * time.Second
	// consumedRetention is how long the ids of consumed events are kept. It must be longer than any relay's retention.
	consumedRetention = 90 * 24 * time.Hour
)

// ConsumerOptions is what a consumer needs. The last five may be left out.
type ConsumerOptions struct {
	// Name is the consuming service's name. It is the consumer group: replicas share it.
	Name string
	// Streams are the names of the services whose events are consumed.
	Streams []string
	// Handlers by event type. Events of other types are passed over.
	Handlers map[string]Handler
	DB       *database.DB
	// Redis may be nil: nothing arrives then. Open it with package redisclient, whose clients repeat no command.
	Redis redis.UniversalClient
	// Prefix is config.Config.EventPrefix.
	Prefix string
	Logger *slog.Logger
	// Metrics, when set, gets the consumer's counters.
	Metrics prometheus.Registerer
	// MaxTries is how often an event is tried before it goes to the dead-letter stream. Default 8: with FirstRetry that is
	// about half a minute.
	MaxTries int
	// FirstRetry is the pause after the first failure; each later one is twice as long, up to 30 seconds. Default 200 ms.
	FirstRetry time.Duration
	// HandlerTimeout bounds one call of a handler. Default 30 seconds.
	HandlerTimeout time.Duration
}

// Consumer gives the events of other services to handlers. Several replicas may run one each; for each stream one at a time works.
type Consumer struct {
	options ConsumerOptions
	workers []*worker
}

// NewConsumer returns a consumer; Run makes it work.
func NewConsumer(options ConsumerOptions) (*Consumer, error) {
	if options.Name == "" || options.Prefix == "" || options.DB == nil || len(options.Streams) == 0 {
		return nil, errors.New("a consumer needs Name, Prefix, DB and at least one of Streams")
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.MaxTries == 0 {
		options.MaxTries = defaultMaxTries
	}
	if options.FirstRetry == 0 {
		options.FirstRetry = defaultFirstRetry
	}
	if options.HandlerTimeout == 0 {
		options.HandlerTimeout = defaultHandlerTimeout
	}
	consumer := &Consumer{options: options}
	metrics := newConsumerMetrics(options.Metrics, options.Name)
	for _, stream := range options.Streams {
		consumer.workers = append(consumer.workers, newWorker(options, stream, metrics))
	}
	return consumer, nil
}

// Run consumes until ctx ends, and returns nil then.
func (c *Consumer) Run(ctx context.Context) error {
	if c.options.Redis == nil {
		c.options.Logger.Info("no Redis is configured: events of other services do not arrive", "task", "consumer")
		<-ctx.Done()
		return nil
	}
	var group errgroup.Group
	for _, worker := range c.workers {
		group.Go(func() error {
			worker.job.run(ctx)
			return nil
		})
	}
	return group.Wait()
}

// Replay asks the services of all streams to send everything that they keep once more. Only events that had no effect yet get
// one now: those that went to a dead-letter stream, for example, after the cause is mended.
func (c *Consumer) Replay(ctx context.Context) error {
	if c.options.Redis == nil {
		return errors.New("a replay needs Redis")
	}
	for _, stream := range c.options.Streams {
		if err := c.options.Redis.Incr(ctx, keysOf(c.options.Prefix, stream).replays).Err(); err != nil {
			return fmt.Errorf("asking %s for a replay: %w", stream, err)
		}
	}
	return nil
}

// Rebuild empties a projection and has it filled again by every event that the other services keep. Reset removes what the handlers
// wrote; it runs in the transaction that also forgets which events were consumed. It works while replicas consume: each
// notices and asks for a replay. Rebuild itself needs no Redis and does not wait for the events.
func (c *Consumer) Rebuild(ctx context.Context, reset func(tx *sqlx.Tx) error) error {
	return c.options.DB.InTx(ctx, func(tx *sqlx.Tx) error {
		// The subscriptions go first: that waits for an event being handled right now, and stops those after it.
		for _, table := range []string{"kit_subscriptions", "kit_consumed", "kit_progress"} {
			if _, err := tx.ExecContext(ctx, tx.Rebind("DELETE FROM "+table+" WHERE consumer = ?"), c.options.Name); err != nil {
				return fmt.Errorf("forgetting consumed events: %w", err)
			}
		}
		return reset(tx)
	})
}
