package events_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/kit/events/redistest"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

const (
	prefix = "test"
	// patience bounds every wait of these tests; what is waited for takes far less.
	patience = time.Minute
)

// sink is a consumer's own table: what its handlers wrote.
func sink() fstest.MapFS {
	file := &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE seen (position INTEGER PRIMARY KEY, aggregate TEXT NOT NULL, sequence BIGINT NOT NULL, late BOOLEAN NOT NULL);
`)}
	postgres := &fstest.MapFile{Data: []byte(`-- +goose Up
CREATE TABLE seen (position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, aggregate TEXT NOT NULL, sequence BIGINT NOT NULL, late BOOLEAN NOT NULL);
`)}
	return fstest.MapFS{"migrations/sqlite/00001_seen.sql": file, "migrations/postgres/00001_seen.sql": postgres}
}

// world is a producer "orders" and a consumer "watcher", each with a database, around a real Redis.
type world struct {
	t        *testing.T
	redis    *redistest.Server
	producer *database.DB
	outbox   *events.Outbox
	consumer *database.DB

	mutex sync.Mutex
	fail  func(events.Event) error // what the handler answers before it writes; nil is no failure
	tries map[string]int
}

// eachWorld runs test with both services on SQLite and with both on PostgreSQL.
func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	dbtest.Run(t, nil, func(t *testing.T, producer *database.DB) {
		consumerURL := dbtest.SQLiteURL
		if producer.Dialect == database.PostgreSQL {
			consumerURL = dbtest.PostgreSQLURL
		}
		test(t, &world{
			t: t, redis: redistest.Start(t), producer: producer, outbox: events.NewOutbox(producer),
			consumer: dbtest.Open(t, consumerURL(t), sink()), tries: make(map[string]int),
		})
	})
}

// background runs a task until the returned function is called, or the test ends.
func (w *world) background(run func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Errorf("a task ended with %v", err)
		}
	})
	w.t.Cleanup(stop)
	return stop
}

func (w *world) relay(redis redis.UniversalClient) *events.Relay {
	w.t.Helper()
	relay, err := events.NewRelay(events.RelayOptions{
		Service: "orders", DB: w.producer, Outbox: w.outbox, Redis: redis, Prefix: prefix, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return relay
}

func (w *world) startRelay() (stop func()) { return w.background(w.relay(w.redis.Client()).Run) }

func (w *world) newConsumer() *events.Consumer {
	w.t.Helper()
	consumer, err := events.NewConsumer(events.ConsumerOptions{
		Name: "watcher", Streams: []string{"orders"}, DB: w.consumer, Redis: w.redis.Client(), Prefix: prefix,
		Logger: slog.New(slog.DiscardHandler), MaxTries: 3, FirstRetry: 5 * time.Millisecond,
		Handlers: map[string]events.Handler{"order.changed": w.handle},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return consumer
}

func (w *world) startConsumer() (stop func()) { return w.background(w.newConsumer().Run) }

func (w *world) handle(ctx context.Context, tx *sqlx.Tx, event events.Event) error {
	w.mutex.Lock()
	w.tries[event.ID]++
	fail := w.fail
	w.mutex.Unlock()
	if fail != nil {
		if err := fail(event); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, tx.Rebind(`INSERT INTO seen (aggregate, sequence, late) VALUES (?, ?, ?)`),
		event.Aggregate.ID, event.Sequence, event.Late)
	return err
}

func (w *world) failWith(fail func(events.Event) error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.fail = fail
}

func order(id string) events.Draft {
	return events.Draft{
		Type: "order.changed", Version: 1, Aggregate: events.Aggregate{Type: "order", ID: id}, Data: map[string]string{"id": id},
	}
}

func (w *world) produce(ids ...string) {
	w.t.Helper()
	err := w.producer.InTx(w.t.Context(), func(tx *sqlx.Tx) error {
		for _, id := range ids {
			if err := w.outbox.Append(w.t.Context(), tx, order(id)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// seen returns what the handlers wrote, as "aggregate/sequence", in the order in which they wrote it.
func (w *world) seen() []string {
	w.t.Helper()
	var rows []struct {
		Aggregate string `db:"aggregate"`
		Sequence  int64  `db:"sequence"`
		Late      bool   `db:"late"`
	}
	if err := w.consumer.SelectContext(w.t.Context(), &rows, "SELECT aggregate, sequence, late FROM seen ORDER BY position"); err != nil {
		w.t.Fatal(err)
	}
	texts := make([]string, len(rows))
	for i, row := range rows {
		texts[i] = fmt.Sprintf("%s/%d", row.Aggregate, row.Sequence)
		if row.Late {
			texts[i] += " late"
		}
	}
	return texts
}

// eventually waits until condition holds.
func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("%s did not happen within %v", what, patience)
		}
	}
}

// awaitSubscribed waits until the consumer has asked for everything. A relay that starts then sends each event once, which tests
// that count tries need.
func (w *world) awaitSubscribed() {
	w.t.Helper()
	eventually(w.t, "the subscription", func() bool {
		var rows int
		if err := w.consumer.GetContext(w.t.Context(), &rows, "SELECT count(*) FROM kit_subscriptions"); err != nil {
			w.t.Fatal(err)
		}
		return rows == 1
	})
}

// expect waits until exactly these were seen, in this order.
func (w *world) expect(want ...string) {
	w.t.Helper()
	eventually(w.t, fmt.Sprintf("seeing %d events", len(want)), func() bool { return len(w.seen()) >= len(want) })
	if got := w.seen(); !slices.Equal(got, want) {
		w.t.Fatalf("seen %v, want %v", got, want)
	}
}

// settle makes sure that everything in the outbox went through the stream and the consumer, and that nothing else will come: it
// waits for a last event of an aggregate of its own.
func (w *world) settle(marker string) {
	w.t.Helper()
	w.produce(marker)
	eventually(w.t, "the marker "+marker, func() bool { return slices.Contains(w.seen(), marker+"/1") })
}

func TestEventsArriveOnceAndInOrder(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.produce("a", "b", "a")
		w.startRelay()
		w.startConsumer()
		w.expect("a/1", "b/1", "a/2")
		w.produce("b")
		w.produce("a")
		w.expect("a/1", "b/1", "a/2", "b/2", "a/3")
	})
}

func TestARolledBackChangeSendsNothing(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		refusal := errors.New("no")
		err := w.producer.InTx(t.Context(), func(tx *sqlx.Tx) error {
			if err := w.outbox.Append(t.Context(), tx, order("a")); err != nil {
				return err
			}
			return refusal
		})
		if !errors.Is(err, refusal) {
			t.Fatal(err)
		}
		w.startRelay()
		w.startConsumer()
		w.produce("a")
		w.expect("a/1")
	})
}

func TestRedisIsNotNeededToStart(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.redis.Stop()
		w.startRelay()
		w.startConsumer()
		w.produce("a", "a")
		w.redis.Restart(false)
		w.expect("a/1", "a/2")
	})
}

func TestRedisComesBackEmpty(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.startRelay()
		w.startConsumer()
		w.produce("a", "b")
		w.expect("a/1", "b/1")
		w.redis.Stop()
		w.produce("a")
		w.redis.Restart(true)
		w.produce("b")
		w.expect("a/1", "b/1", "a/2", "b/2")
		w.settle("end")
		if got := w.seen(); len(got) != 5 {
			t.Errorf("after everything was sent again, %v was seen: something came twice", got)
		}
	})
}

// TestTheRelayEndsBetweenSendingAndMarking: what is sent twice takes effect once.
func TestTheRelayEndsBetweenSendingAndMarking(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		stop := w.startRelay()
		w.startConsumer()
		w.produce("a", "a")
		w.expect("a/1", "a/2")
		stop()
		// The database of a relay that was cut off after XADD: its rows say that nothing was sent.
		err := w.producer.InTx(t.Context(), func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(t.Context(), "UPDATE kit_outbox SET sent_ms = NULL")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.startRelay()
		w.settle("end")
		if got, want := w.seen(), []string{"a/1", "a/2", "end/1"}; !slices.Equal(got, want) {
			t.Errorf("seen %v, want %v", got, want)
		}
	})
}

// TestTheConsumerEndsBetweenReadingAndAcknowledging: another takes over what the first was given, and it takes effect once.
func TestTheConsumerEndsBetweenReadingAndAcknowledging(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.startRelay()
		stop := w.startConsumer()
		w.produce("a")
		w.expect("a/1")
		stop()
		w.produce("a", "b")
		client := w.redis.Client()
		stream := ordersStream
		w.length(client, 3)
		// A consumer that was given the next event and died.
		read := client.XReadGroup(t.Context(), &redis.XReadGroupArgs{
			Group: "watcher", Consumer: "dead", Streams: []string{stream, ">"}, Count: 1, Block: -1,
		})
		if err := read.Err(); err != nil || len(read.Val()[0].Messages) != 1 {
			t.Fatalf("the dead consumer got %v, %v", read.Val(), err)
		}
		w.startConsumer()
		w.expect("a/1", "a/2", "b/1")
		eventually(t, "removing the dead consumer", func() bool {
			consumers := client.XInfoConsumers(t.Context(), stream, "watcher").Val()
			return len(consumers) == 1 && consumers[0].Name != "dead"
		})
	})
}

func TestAFailureHoldsBackItsAggregateAlone(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		release := make(chan struct{})
		w.failWith(func(event events.Event) error {
			select {
			case <-release:
				return nil
			default:
			}
			if event.Aggregate.ID == "bad" && event.Sequence == 1 && event.Try < 3 {
				return errors.New("not yet")
			}
			return nil
		})
		w.startRelay()
		w.startConsumer()
		w.produce("bad", "good", "bad", "good")
		w.expect("good/1", "good/2", "bad/1", "bad/2")
		close(release)
	})
}

func TestAnEventThatAlwaysFailsGoesToTheDeadLettersAndComesBack(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.failWith(func(event events.Event) error {
			if event.Aggregate.ID == "bad" && event.Sequence == 1 {
				return errors.New("the handler has a bug")
			}
			return nil
		})
		consumer := w.newConsumer()
		w.background(consumer.Run)
		w.awaitSubscribed()
		w.startRelay()
		w.produce("bad", "bad")
		w.expect("bad/2")
		client := w.redis.Client()
		letters := client.XRange(t.Context(), "test:{orders}:dead:watcher", "-", "+").Val()
		if len(letters) != 1 || letters[0].Values["error"] != "the handler has a bug" || letters[0].Values["tries"] != "3" {
			t.Errorf("the dead letters are %v", letters)
		}
		w.failWith(nil) // the bug is mended
		if err := consumer.Replay(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.expect("bad/2", "bad/1 late")
		w.settle("end")
		if got := w.seen(); len(got) != 3 {
			t.Errorf("the replay had more effects: %v", got)
		}
	})
}

func TestPanicsAndPermanentErrorsAreNotTriedForEver(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.failWith(func(event events.Event) error {
			switch event.Aggregate.ID {
			case "panics":
				panic("a bug")
			case "unreadable":
				var number int
				return event.Decode(&number)
			}
			return nil
		})
		w.startConsumer()
		w.awaitSubscribed()
		w.startRelay()
		w.produce("panics", "unreadable", "good")
		w.expect("good/1")
		client := w.redis.Client()
		eventually(t, "two dead letters", func() bool { return client.XLen(t.Context(), "test:{orders}:dead:watcher").Val() == 2 })
		w.mutex.Lock()
		defer w.mutex.Unlock()
		total := 0
		for _, tries := range w.tries {
			total += tries
		}
		// Once together, unless they came apart; then three tries of the panic and one each of the others.
		if total < 5 || total > 8 {
			t.Errorf("the handler was called %d times", total)
		}
	})
}

func TestMalformedEntriesDoNotStopTheStream(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.startRelay()
		w.startConsumer()
		w.produce("a")
		w.expect("a/1")
		client := w.redis.Client()
		for _, values := range [][]any{{"other", "field"}, {"event", "not JSON"}, {"event", `{"id":"x","type":"order.changed"}`}} {
			if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: "test:{orders}:events", Values: values}).Err(); err != nil {
				t.Fatal(err)
			}
		}
		w.produce("a")
		w.expect("a/1", "a/2")
		eventually(t, "three dead letters", func() bool { return client.XLen(t.Context(), "test:{orders}:dead:watcher").Val() == 3 })
	})
}

func TestRebuildFillsAnEmptiedProjectionAgain(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.startRelay()
		consumer := w.newConsumer()
		w.background(consumer.Run)
		w.produce("a", "b", "a")
		w.expect("a/1", "b/1", "a/2")
		err := consumer.Rebuild(t.Context(), func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(t.Context(), "DELETE FROM seen")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.expect("a/1", "b/1", "a/2")
		w.settle("end")
		if got := w.seen(); len(got) != 4 {
			t.Errorf("after the rebuild there is %v", got)
		}
	})
}

func TestANewConsumerGetsWhatWasSentBeforeIt(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.startRelay()
		w.produce("a", "a")
		client := w.redis.Client()
		w.length(client, 2)
		if err := client.XTrimMaxLen(t.Context(), ordersStream, 0).Err(); err != nil {
			t.Fatal(err)
		}
		w.startConsumer()
		w.expect("a/1", "a/2")
	})
}
