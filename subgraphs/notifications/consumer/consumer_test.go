package consumer_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
	"github.com/tributary-gql/tributary/subgraphs/notifications/consumer"
	"github.com/tributary-gql/tributary/subgraphs/notifications/seed"
	"github.com/tributary-gql/tributary/subgraphs/notifications/store"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

// handle gives one event to its handler, as the kit does.
func handle(t *testing.T, db *database.DB, kept *store.Store, eventType, data string) error {
	t.Helper()
	handler := consumer.Handlers(kept)[eventType]
	if handler == nil {
		t.Fatalf("nobody handles %s", eventType)
	}
	event := events.Event{Envelope: events.Envelope{Type: eventType, OccurredAt: demo.Epoch(), Data: json.RawMessage(data)}}
	return db.InTx(t.Context(), func(tx *sqlx.Tx) error { return handler(t.Context(), tx, event) })
}

func unread(t *testing.T, kept *store.Store, owner string) int {
	t.Helper()
	counts, err := kept.UnreadCounts(t.Context(), []string{owner})
	if err != nil {
		t.Fatal(err)
	}
	return counts[owner]
}

// TestEventsBecomeNotifications: each event tells whom it concerns, once, and tolerates fields it does not know.
func TestEventsBecomeNotifications(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) {
		kept := store.New(db, events.NewOutbox(db))
		payment := `{"id":"p-1","payerId":"u-1","payeeId":"u-2","amount":"4.20","currency":"EUR","description":"Coffee","later":{"x":1}}`
		for range 2 {
			for _, event := range []struct{ eventType, data string }{
				{"payment.created", payment}, {"payment.captured", payment}, {"payment.refunded", payment},
				{"user.created", `{"id":"u-1","name":"Ada","email":"hidden"}`},
			} {
				if err := handle(t, db, kept, event.eventType, event.data); err != nil {
					t.Fatalf("%s: %v", event.eventType, err)
				}
			}
		}
		if payer, payee := unread(t, kept, "u-1"), unread(t, kept, "u-2"); payer != 4 || payee != 1 {
			t.Errorf("the payer has %d and the payee %d", payer, payee)
		}
		key := notifications.PageKey{OwnerID: "u-2", Limit: 1}
		pages, err := kept.Pages(t.Context(), []notifications.PageKey{key})
		if err != nil || pages[key][0].Message != "A payment of 4.20 EUR is on its way to you: Coffee" {
			t.Errorf("%v, %v", pages, err)
		}
		var syntax *json.SyntaxError
		if err := handle(t, db, kept, "payment.created", `{"id":`); !errors.As(err, &syntax) {
			t.Errorf("broken data gave %v", err)
		}
	})
}

// TestSeededPaymentsTellNobodyTwice: the events of the demo payments and users find their notifications there.
func TestSeededPaymentsTellNobodyTwice(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) {
		kept := store.New(db, events.NewOutbox(db))
		for range 2 {
			if err := seed.Run(t.Context(), db, kept); err != nil {
				t.Fatal(err)
			}
		}
		count := func() (n int) {
			if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM notifications"); err != nil {
				t.Fatal(err)
			}
			return n
		}
		want := demo.NotificationCount()
		if n := count(); n != want || n < 5000 {
			t.Fatalf("%d are seeded, want %d", n, want)
		}
		for number := 1; number <= demo.PaymentCount; number += 97 {
			p := demo.PaymentAt(number)
			data := fmt.Sprintf(`{"id":%q,"payerId":%q,"payeeId":%q,"amount":"%d.%02d","currency":%q,"description":%q}`,
				demo.PaymentID(number), demo.UserID(p.Payer), demo.UserID(p.Payee), p.Minor/100, p.Minor%100, p.Currency, p.Description)
			all := []string{"payment.created"}
			for _, step := range p.Steps() {
				all = append(all, map[string]string{"CAPTURED": "payment.captured", "REFUNDED": "payment.refunded", "CANCELLED": "payment.cancelled"}[step.Status])
			}
			for _, eventType := range all {
				if err := handle(t, db, kept, eventType, data); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := handle(t, db, kept, "user.created", `{"id":"u-0001","name":"Ada Lovelace"}`); err != nil {
			t.Fatal(err)
		}
		if n := count(); n != want {
			t.Errorf("the events made %d more", n-want)
		}
		for _, user := range []string{"u-0001", "u-0002"} {
			if unread(t, kept, user) < 20 {
				t.Errorf("%s has only %d unread", user, unread(t, kept, user))
			}
		}
	})
}
