package seed_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/payments"
	"github.com/tributary-gql/tributary/subgraphs/payments/seed"
	"github.com/tributary-gql/tributary/subgraphs/payments/store"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

func TestSeedGivesTheDemoDataOnce(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) {
		kept := store.New(db, events.NewOutbox(db))
		for range 2 {
			if err := seed.Run(t.Context(), kept); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			query string
			want  int64
		}{
			{"SELECT COUNT(*) FROM payments", demo.PaymentCount},
			{"SELECT CAST(SUM(balance_minor) AS BIGINT) FROM accounts", 0},
			{"SELECT COUNT(*) FROM accounts WHERE kind <> 'external' AND balance_minor < 0", 0},
			{"SELECT CAST(SUM(version) AS BIGINT) - (SELECT COUNT(*) FROM kit_outbox) FROM payments", 0},
		} {
			var got int64
			if err := db.GetContext(t.Context(), &got, c.query); err != nil || got != c.want {
				t.Errorf("%s: %d, %v; want %d", c.query, got, err, c.want)
			}
		}
		found, err := kept.Payments(t.Context(), []string{demo.PaymentID(1), demo.PaymentID(25), demo.PaymentID(demo.PaymentCount)})
		if err != nil {
			t.Fatal(err)
		}
		for number, parties := range map[int][2]int{1: {2, 1}, 25: {1, 2}, demo.PaymentCount: {1, 2}} {
			want := demo.PaymentAt(number)
			got := found[demo.PaymentID(number)]
			if got.PayerID != demo.UserID(parties[0]) || got.PayeeID != demo.UserID(parties[1]) || string(got.Status) != want.Status ||
				got.Amount != (payments.Money{Minor: want.Minor, Currency: payments.Currency(want.Currency)}) {
				t.Errorf("payment %d is %+v, want %+v", number, got, want)
			}
		}
	})
}
