package events_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/jmoiron/sqlx"
	"github.com/redis/go-redis/v9"

	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/kit/redisclient"
)

const ordersStream = "test:{orders}:events"

// length waits until the stream has at least want entries.
func (w *world) length(client redis.UniversalClient, want int64) {
	w.t.Helper()
	eventually(w.t, fmt.Sprintf("a stream of %d entries", want), func() bool { return client.XLen(w.t.Context(), ordersStream).Val() >= want })
}

// TestTheRelayGoesOnAfterARefillThatNobodyAskedFor: no consumer has ever counted up the replays.
func TestTheRelayGoesOnAfterARefillThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.startRelay()
		client := w.redis.Client()
		for round := range 3 {
			w.produce("a")
			w.length(client, int64(round+1))
		}
		w.redis.Restart(true)
		w.length(client, 3)
		w.outbox = events.NewOutbox(w.producer) // another replica's: it does not wake the relay, which looks at the stream each time it polls
		for round := range 3 {
			w.produce("a")
			w.length(client, int64(round+4))
		}
	})
}

// TestTheStreamLosesItsEnd: a replica of Redis that took over had not got the last entries yet.
func TestTheStreamLosesItsEnd(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		stop := w.startRelay()
		client := w.redis.Client()
		w.produce("a")
		w.length(client, 1)
		ctx := t.Context()
		first := client.XRange(ctx, ordersStream, "-", "+").Val()[0]
		w.produce("b", "c")
		w.length(client, 3)
		stop()
		// The same stream as it was after the first entry, under the same epoch.
		if err := client.Del(ctx, ordersStream).Err(); err != nil {
			t.Fatal(err)
		}
		if err := client.XAdd(ctx, &redis.XAddArgs{Stream: ordersStream, ID: first.ID, Values: first.Values}).Err(); err != nil {
			t.Fatal(err)
		}
		w.startRelay()
		w.length(client, 3) // nobody asked for them
	})
}

// TestReplicasWorkSideBySide: two relays and two consumers of the same databases do the work once, and either can end.
func TestReplicasWorkSideBySide(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		stops := []func(){w.startRelay(), w.startConsumer()}
		w.startRelay()
		w.startConsumer()
		var want []string
		for i := range 30 {
			w.produce("a")
			want = append(want, fmt.Sprintf("a/%d", i+1))
			if i == 15 {
				for _, stop := range stops {
					stop()
				}
			}
		}
		w.expect(want...)
	})
}

// TestAFullStreamWaitsForItsConsumers: nothing is dropped for a consumer that is slow.
func TestAFullStreamWaitsForItsConsumers(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		relay, err := events.NewRelay(events.RelayOptions{
			Service: "orders", DB: w.producer, Outbox: w.outbox, Redis: w.redis.Client(), Prefix: prefix,
			Logger: slog.New(slog.DiscardHandler), MaxStreamEntries: 200,
		})
		if err != nil {
			t.Fatal(err)
		}
		w.background(relay.Run)
		stop := w.startConsumer()
		w.produce("first")
		w.expect("first/1")
		stop()
		const total = 1000
		ids, want := make([]string, total), []string{"first/1"}
		for i := range ids {
			ids[i] = "a"
			want = append(want, fmt.Sprintf("a/%d", i+1))
		}
		w.produce(ids...)
		client := w.redis.Client()
		w.length(client, 200)
		w.startConsumer()
		w.expect(want...)
		if length := client.XLen(t.Context(), ordersStream).Val(); length >= total {
			t.Errorf("the stream grew to %d entries", length)
		}
	})
}

// TestOldEventsAreRemovedExceptEachAggregatesLatest: and what is left rebuilds a projection.
func TestOldEventsAreRemovedExceptEachAggregatesLatest(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		old := order("a")
		old.OccurredAt = time.Now().Add(-31 * 24 * time.Hour)
		other := old
		other.Aggregate.ID = "b"
		err := w.producer.InTx(t.Context(), func(tx *sqlx.Tx) error {
			return w.outbox.Append(t.Context(), tx, old, old, old, other, order("c"), order("c"))
		})
		if err != nil {
			t.Fatal(err)
		}
		stop := w.startRelay()
		w.length(w.redis.Client(), 6)
		stop()
		w.startRelay() // a tenure begins with the housekeeping
		count := func() (rows int) {
			if err := w.producer.GetContext(t.Context(), &rows, "SELECT count(*) FROM kit_outbox"); err != nil {
				t.Fatal(err)
			}
			return rows
		}
		eventually(t, "removing old events", func() bool { return count() == 4 })
		w.startConsumer()
		w.expect("a/3", "b/1", "c/1", "c/2")
	})
}

// TestTheInProcessRedisWillDo: demos run on miniredis, which does not tell everything that Redis does.
func TestTheInProcessRedisWillDo(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		server := miniredis.RunT(t)
		open := func() redis.UniversalClient {
			client, err := redisclient.Open("redis://" + server.Addr())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = client.Close() })
			return client
		}
		consumer, err := events.NewConsumer(events.ConsumerOptions{
			Name: "watcher", Streams: []string{"orders"}, DB: w.consumer, Redis: open(), Prefix: prefix,
			Logger: slog.New(slog.DiscardHandler), Handlers: map[string]events.Handler{"order.changed": w.handle},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.background(w.relay(open()).Run)
		stop := w.background(consumer.Run)
		w.produce("a", "b")
		w.expect("a/1", "b/1")
		server.FlushAll()
		w.produce("a")
		w.expect("a/1", "b/1", "a/2")
		stop()
		w.produce("b")
		w.background(consumer.Run)
		w.expect("a/1", "b/1", "a/2", "b/2")
	})
}

func TestWithoutRedisNothingHappensAndNothingFails(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		consumer, err := events.NewConsumer(events.ConsumerOptions{
			Name: "watcher", Streams: []string{"orders"}, DB: w.consumer, Prefix: prefix, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.relay(nil).Run(ctx); err != nil {
			t.Error(err)
		}
		if err := consumer.Run(ctx); err != nil {
			t.Error(err)
		}
		if err := consumer.Replay(t.Context()); err == nil {
			t.Error("a replay without Redis says nothing")
		}
	})
}

func TestIncompleteOptionsAreRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLiteURL(t), nil)
	if _, err := events.NewRelay(events.RelayOptions{DB: db, Prefix: prefix}); err == nil {
		t.Error("a relay without a service is made")
	}
	if _, err := events.NewConsumer(events.ConsumerOptions{Name: "watcher", DB: db, Prefix: prefix}); err == nil {
		t.Error("a consumer without streams is made")
	}
}
