package events_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/jmoiron/sqlx"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"

	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/kit/redisclient"
)

const ordersStream = "test:{orders}:events"

// sent returns the stream's entries that are events.
func sent(ctx context.Context, client redis.UniversalClient) (entries []redis.XMessage) {
	for _, entry := range client.XRange(ctx, ordersStream, "-", "+").Val() {
		if entry.Values["event"] != nil {
			entries = append(entries, entry)
		}
	}
	return entries
}

// length waits until the stream has at least want events.
func (w *world) length(client redis.UniversalClient, want int) {
	w.t.Helper()
	eventually(w.t, fmt.Sprintf("a stream of %d events", want), func() bool { return len(sent(w.t.Context(), client)) >= want })
}

// TestTheRelayGoesOnAfterARefillThatNobodyAskedFor: no consumer has ever counted up the replays.
func TestTheRelayGoesOnAfterARefillThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.startRelay()
		client := w.redis.Client()
		for round := range 3 {
			w.produce("a")
			w.length(client, round+1)
		}
		w.redis.Restart(true)
		w.length(client, 3)
		w.outbox = events.NewOutbox(w.producer) // another replica's: it does not wake the relay, which looks at the stream each time it polls
		for round := range 3 {
			w.produce("a")
			w.length(client, round+4)
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
		first := sent(ctx, client)[0]
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
		const total = 500
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

// TestTheTraceOfTheRequestReachesTheHandler: a line in the consumer's log leads back to the request that caused it.
func TestTheTraceOfTheRequestReachesTheHandler(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		cause := trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{1, 2, 3}, SpanID: trace.SpanID{4, 5, 6}, TraceFlags: trace.FlagsSampled})
		ctx := trace.ContextWithSpanContext(t.Context(), cause)
		err := w.producer.InTx(ctx, func(tx *sqlx.Tx) error { return w.outbox.Append(ctx, tx, order("a")) })
		if err != nil {
			t.Fatal(err)
		}
		seen := make(chan trace.SpanContext, 1)
		consumer, err := events.NewConsumer(events.ConsumerOptions{
			Name: "watcher", Streams: []string{"orders"}, DB: w.consumer, Redis: w.redis.Client(), Prefix: prefix, Logger: slog.New(slog.DiscardHandler),
			Handlers: map[string]events.Handler{"order.changed": func(ctx context.Context, _ *sqlx.Tx, _ events.Event) error {
				seen <- trace.SpanContextFromContext(ctx)
				return nil
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.startRelay()
		w.background(consumer.Run)
		select {
		case got := <-seen:
			if got.TraceID() != cause.TraceID() || got.SpanID() != cause.SpanID() {
				t.Errorf("the handler sees %v, want %v", got, cause)
			}
		case <-time.After(patience):
			t.Fatal("the event does not arrive")
		}
	})
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		registry := prometheus.NewRegistry()
		value := func(name string) float64 {
			t.Helper()
			families, err := registry.Gather()
			if err != nil {
				t.Fatal(err)
			}
			for _, family := range families {
				if family.GetName() == name {
					metric := family.GetMetric()[0]
					return metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
				}
			}
			return 0
		}
		relay, err := events.NewRelay(events.RelayOptions{
			Service: "orders", DB: w.producer, Outbox: w.outbox, Redis: w.redis.Client(), Prefix: prefix,
			Logger: slog.New(slog.DiscardHandler), Metrics: registry,
		})
		if err != nil {
			t.Fatal(err)
		}
		consumer, err := events.NewConsumer(events.ConsumerOptions{
			Name: "watcher", Streams: []string{"orders"}, DB: w.consumer, Redis: w.redis.Client(), Prefix: prefix,
			Logger: slog.New(slog.DiscardHandler), Metrics: registry, MaxTries: 2, FirstRetry: time.Millisecond,
			Handlers: map[string]events.Handler{"order.changed": w.handle},
		})
		if err != nil {
			t.Fatal(err)
		}
		w.failWith(func(event events.Event) error {
			if event.Aggregate.ID == "bad" {
				return fmt.Errorf("no")
			}
			return nil
		})
		w.produce("good", "bad", "good")
		if waiting := value("tributary_events_waiting"); waiting != 3 {
			t.Errorf("%v events wait, want 3", waiting)
		}
		w.background(consumer.Run)
		w.awaitSubscribed()
		w.background(relay.Run)
		eventually(t, "the dead letter", func() bool { return value("tributary_events_dead_letters_total") == 1 })
		eventually(t, "the others", func() bool { return len(w.seen()) == 2 })
		if failed, waiting := value("tributary_events_failed_total"), value("tributary_events_waiting"); failed != 2 || waiting != 0 {
			t.Errorf("%v tries failed and %v events wait, want 2 and 0", failed, waiting)
		}
		eventually(t, "counting what was consumed", func() bool { return value("tributary_events_consumed_total") >= 3 })
		if sent := value("tributary_events_sent_total"); sent < 3 {
			t.Errorf("%v events were sent, want at least 3", sent)
		}
	})
}

// TestANewConsumerPassesOverWhatComesBeforeItsReplay: an event that was sent between its arrival and the replay must not get ahead
// of the earlier ones.
func TestANewConsumerPassesOverWhatComesBeforeItsReplay(t *testing.T) {
	t.Parallel()
	eachWorld(t, func(t *testing.T, w *world) {
		w.produce("a", "a", "a")
		w.startConsumer()
		w.awaitSubscribed()
		var envelope string
		if err := w.producer.GetContext(t.Context(), &envelope, "SELECT envelope FROM kit_outbox WHERE sequence = 3"); err != nil {
			t.Fatal(err)
		}
		client := w.redis.Client()
		early := &redis.XAddArgs{Stream: ordersStream, Values: []any{"event", envelope}}
		if err := client.XAdd(t.Context(), early).Err(); err != nil {
			t.Fatal(err)
		}
		eventually(t, "passing over the early event", func() bool {
			groups := client.XInfoGroups(t.Context(), ordersStream).Val()
			return len(groups) == 1 && groups[0].LastDeliveredID != "0-0" && groups[0].Pending == 0
		})
		w.startRelay()
		w.expect("a/1", "a/2", "a/3")
	})
}
