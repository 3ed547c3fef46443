package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/payments"
	"github.com/tributary-gql/tributary/subgraphs/payments/store"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

var admin = payments.Viewer{ID: "u-admin", Admin: true}

// run runs the test on both databases with an empty store.
func run(t *testing.T, test func(t *testing.T, db *database.DB, kept *store.Store)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) {
		test(t, db, store.New(db, events.NewOutbox(db)))
	})
}

func deposit(t *testing.T, ledger *payments.Ledger, user string, minor int64) {
	t.Helper()
	if err := ledger.Deposit(t.Context(), admin, newDeposit(user, minor, "start")); err != nil {
		t.Fatal(err)
	}
}

func newDeposit(user string, minor int64, key string) payments.NewDeposit {
	money := payments.Money{Minor: minor, Currency: "EUR"}
	return payments.NewDeposit{IdempotencyKey: key, UserID: user, Amount: money.Amount(), Currency: money.Currency}
}

func create(t *testing.T, ledger *payments.Ledger, from, to, amount, key string) payments.Payment {
	t.Helper()
	p, err := ledger.Create(t.Context(), payments.Viewer{ID: from},
		payments.NewPayment{IdempotencyKey: key, PayeeID: to, Amount: amount, Currency: "EUR", Description: "test " + key})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func available(user string) payments.Account {
	return payments.Account{OwnerID: user, Kind: payments.Available, Currency: "EUR"}
}

func held(user string) payments.Account {
	return payments.Account{OwnerID: user, Kind: payments.Held, Currency: "EUR"}
}

// count runs a query that gives one number.
func count(t *testing.T, db *database.DB, query string, args ...any) int64 {
	t.Helper()
	var n int64
	if err := db.GetContext(t.Context(), &n, db.Rebind(query), args...); err != nil {
		t.Fatal(err)
	}
	return n
}

// checkBooks proves the ledger's invariants from the tables themselves.
func checkBooks(t *testing.T, db *database.DB, floorMinor int64) {
	t.Helper()
	for _, c := range []struct{ what, query string }{
		{"journals whose entries do not sum to zero", `SELECT COUNT(*) FROM (SELECT journal_id FROM ledger_entries GROUP BY journal_id HAVING SUM(amount_minor) <> 0) AS j`},
		{"journals without two entries", `SELECT COUNT(*) FROM journals j WHERE (SELECT COUNT(*) FROM ledger_entries e WHERE e.journal_id = j.id) <> 2`},
		{"accounts whose balance is not the sum of their entries", `SELECT COUNT(*) FROM accounts a WHERE balance_minor <> COALESCE((SELECT SUM(amount_minor) FROM ledger_entries e WHERE e.account_id = a.id), 0)`},
		{"negative held accounts", `SELECT COUNT(*) FROM accounts WHERE kind = 'held' AND balance_minor < 0`},
		{"payments without both parties", `SELECT COUNT(*) FROM payments p WHERE (SELECT COUNT(*) FROM payment_parties m WHERE m.payment_id = p.id AND m.user_id IN (p.payer_id, p.payee_id)) <> 2`},
		{"holds that authorised payments do not explain", `SELECT COUNT(*) FROM accounts a WHERE kind = 'held' AND balance_minor <> COALESCE((SELECT SUM(amount_minor) FROM payments p WHERE p.payer_id = a.owner_id AND p.currency = a.currency AND p.status = 'AUTHORIZED'), 0)`},
		{"payments without an event for each version", `SELECT COUNT(*) FROM payments p WHERE version <> (SELECT COUNT(*) FROM kit_outbox o WHERE o.aggregate_type = 'payment' AND o.aggregate_id = p.id)`},
	} {
		if n := count(t, db, c.query); n != 0 {
			t.Errorf("there are %d %s", n, c.what)
		}
	}
	if n := count(t, db, "SELECT COUNT(*) FROM accounts WHERE kind = 'available' AND balance_minor < ?", floorMinor); n != 0 {
		t.Errorf("%d balances are below the limit", n)
	}
}

func TestCreateAndAdvance(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)
		ledger := payments.NewLedger(kept, payments.WithClock(func() time.Time { return at }))
		deposit(t, ledger, "u-1", 1000)
		deposit(t, ledger, "u-1", 1000) // the same key: counted once
		p := create(t, ledger, "u-1", "u-2", "4.20", "k")
		found, err := kept.Payments(t.Context(), []string{p.ID, "p-missing"})
		if err != nil || len(found) != 1 || found[p.ID] != p {
			t.Fatalf("Payments = %+v, %v; want %+v alone", found, err, p)
		}
		if p, err = ledger.Capture(t.Context(), payments.Viewer{ID: "u-2"}, p.ID); err != nil {
			t.Fatal(err)
		}
		found, err = kept.Payments(t.Context(), []string{p.ID})
		if err != nil || found[p.ID] != p || p.Status != payments.Captured || p.Version != 2 {
			t.Fatalf("after capture: %+v, %v; want %+v", found, err, p)
		}
		got, err := kept.Balances(t.Context(), []payments.Account{available("u-1"), held("u-1"), available("u-2"), available("u-3")})
		if err != nil || len(got) != 3 || got[available("u-1")] != 580 || got[held("u-1")] != 0 || got[available("u-2")] != 420 {
			t.Errorf("Balances = %v, %v", got, err)
		}
		checkBooks(t, db, 0)
	})
}

func TestARefusedChangeLeavesNothing(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		ledger := payments.NewLedger(kept)
		deposit(t, ledger, "u-1", 1000)
		_, err := ledger.Create(t.Context(), payments.Viewer{ID: "u-1"},
			payments.NewPayment{IdempotencyKey: "k", PayeeID: "u-2", Amount: "10.01", Currency: "EUR"})
		if !errors.Is(err, &payments.Error{Code: payments.CodeInsufficientFunds}) {
			t.Fatalf("error is %v", err)
		}
		for _, table := range []string{"payments", "payment_parties", "kit_outbox"} {
			if n := count(t, db, "SELECT COUNT(*) FROM "+table); n != 0 {
				t.Errorf("%s has %d rows", table, n)
			}
		}
		// The key was not used up: with the money there, the same call works.
		if err := ledger.Deposit(t.Context(), admin, newDeposit("u-1", 1, "more")); err != nil {
			t.Fatal(err)
		}
		create(t, ledger, "u-1", "u-2", "10.01", "k")

		// The payee has spent what was captured: a refund finds nothing and changes nothing.
		p := create(t, funded(t, kept, "u-5", 500), "u-5", "u-6", "5.00", "k")
		if _, err := ledger.Capture(t.Context(), admin, p.ID); err != nil {
			t.Fatal(err)
		}
		create(t, ledger, "u-6", "u-7", "5.00", "k")
		if _, err := ledger.Refund(t.Context(), admin, p.ID); !errors.Is(err, &payments.Error{Code: payments.CodeInsufficientFunds}) {
			t.Errorf("Refund = %v", err)
		}
		found, err := kept.Payments(t.Context(), []string{p.ID})
		if err != nil || found[p.ID].Status != payments.Captured {
			t.Errorf("the payment is %v, %v", found[p.ID].Status, err)
		}
		checkBooks(t, db, 0)
	})
}

func funded(t *testing.T, kept *store.Store, user string, minor int64) *payments.Ledger {
	t.Helper()
	ledger := payments.NewLedger(kept)
	deposit(t, ledger, user, minor)
	return ledger
}

func TestAFullAccountRefusesMore(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		full := payments.NewLedger(kept).DepositJournal("u-1", payments.Money{Minor: payments.MaxBalance, Currency: "EUR"}, "all")
		if err := kept.Apply(t.Context(), full, time.Now()); err != nil {
			t.Fatal(err)
		}
		// Money from another user, as the external account is at its own bound.
		ledger := payments.NewLedger(kept, payments.WithLimit(-10))
		p := create(t, ledger, "u-2", "u-1", "0.01", "k")
		_, err := ledger.Capture(t.Context(), admin, p.ID)
		if !errors.Is(err, &payments.Error{Code: payments.CodeAmountTooLarge}) {
			t.Errorf("Capture = %v", err)
		}
		checkBooks(t, db, -1000)
	})
}

func TestPages(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
		ledger := payments.NewLedger(kept, payments.WithClock(func() time.Time { return at }))
		deposit(t, ledger, "u-1", 10000)
		deposit(t, ledger, "u-2", 10000)
		var all []payments.Payment // of u-1, as created
		for i := range 7 {
			if i%3 > 0 { // several payments share a moment, so that the id decides
				at = at.Add(time.Second)
			}
			from, to := "u-1", "u-2"
			if i%2 == 1 {
				from, to = to, from
			}
			p := create(t, ledger, from, to, "1", fmt.Sprint(i))
			if i == 4 {
				var err error
				if p, err = ledger.Cancel(t.Context(), admin, p.ID); err != nil {
					t.Fatal(err)
				}
			}
			all = append(all, p)
		}
		slices.SortFunc(all, func(a, b payments.Payment) int {
			if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
				return c
			}
			if a.ID > b.ID {
				return -1
			}
			return 1
		})
		var walked []payments.Payment
		key := payments.PageKey{UserID: "u-1", Limit: 3}
		for {
			pages, err := kept.Pages(t.Context(), []payments.PageKey{key})
			if err != nil {
				t.Fatal(err)
			}
			if len(pages[key]) == 0 {
				break
			}
			walked = append(walked, pages[key]...)
			key.After = payments.PositionOf(walked[len(walked)-1])
		}
		if !slices.Equal(walked, all) {
			t.Errorf("walking the pages gave %v, want %v", walked, all)
		}
		byStatus := payments.PageKey{UserID: "u-2", Status: payments.Cancelled, Limit: 10}
		none := payments.PageKey{UserID: "u-9", Limit: 10}
		short := payments.PageKey{UserID: "u-2", Limit: 2}
		pages, err := kept.Pages(t.Context(), []payments.PageKey{byStatus, none, short})
		if err != nil || len(pages[byStatus]) != 1 || pages[byStatus][0].Status != payments.Cancelled || len(pages[none]) != 0 ||
			!slices.Equal(pages[short], all[:2]) {
			t.Errorf("Pages = %v, %v", pages, err)
		}
	})
}

func TestMoreThanOneStatementOfPages(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		ledger := funded(t, kept, "u-0", 100_000)
		var keys []payments.PageKey
		for i := range store.MaxPagesPerQuery + 20 {
			user := fmt.Sprintf("u-%d", i+1)
			create(t, ledger, "u-0", user, "1", user)
			keys = append(keys, payments.PageKey{UserID: user, Limit: 5})
		}
		pages, err := kept.Pages(t.Context(), keys)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			if page := pages[key]; len(page) != 1 || page[0].PayeeID != key.UserID {
				t.Errorf("the page of %s is %v", key.UserID, page)
			}
		}
	})
}

// TestConcurrentUseOfOneKey: however many requests carry the same key at once, there is one payment.
func TestConcurrentUseOfOneKey(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		ledger := funded(t, kept, "u-1", 10_000)
		const callers = 12
		results := make([]payments.Payment, callers)
		errs := make([]error, callers)
		var all sync.WaitGroup
		for i := range callers {
			all.Go(func() {
				results[i], errs[i] = ledger.Create(t.Context(), payments.Viewer{ID: "u-1"},
					payments.NewPayment{IdempotencyKey: "same", PayeeID: "u-2", Amount: "1", Currency: "EUR"})
			})
		}
		all.Wait()
		for i := range callers {
			if errs[i] != nil || results[i] != results[0] {
				t.Errorf("caller %d got %+v, %v; the first got %+v", i, results[i], errs[i], results[0])
			}
		}
		if n := count(t, db, "SELECT COUNT(*) FROM payments"); n != 1 {
			t.Errorf("there are %d payments", n)
		}
		checkBooks(t, db, 0)
	})
}

// TestConcurrentSpendingStopsAtTheLimit: twenty requests for a third of the limit each, of which exactly as many fit as there is money for.
func TestConcurrentSpendingStopsAtTheLimit(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		ledger := payments.NewLedger(kept, payments.WithLimit(-1))
		deposit(t, ledger, "u-1", 1000)
		var all sync.WaitGroup
		errs := make([]error, 20)
		for i := range errs {
			all.Go(func() {
				_, errs[i] = ledger.Create(t.Context(), payments.Viewer{ID: "u-1"}, payments.NewPayment{
					IdempotencyKey: fmt.Sprint(i), PayeeID: fmt.Sprintf("u-%d", 2+i%3), Amount: "1.00", Currency: "EUR"})
			})
		}
		all.Wait()
		worked := 0
		for _, err := range errs {
			if err == nil {
				worked++
			} else if !errors.Is(err, &payments.Error{Code: payments.CodeInsufficientFunds}) {
				t.Error(err)
			}
		}
		if worked != 11 { // ten euros and one below zero
			t.Errorf("%d payments of one euro worked, want 11", worked)
		}
		checkBooks(t, db, -100)
	})
}

// TestBooksBalanceUnderRandomUse is the property test: whatever users do at the same time, the books balance.
func TestBooksBalanceUnderRandomUse(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		ledger := payments.NewLedger(kept)
		const users, workers, steps = 5, 6, 40
		for u := range users {
			deposit(t, ledger, fmt.Sprintf("u-%d", u), 2000)
		}
		var mutex sync.Mutex
		var ids []string
		var all sync.WaitGroup
		for worker := range workers {
			all.Go(func() {
				random := rand.New(rand.NewPCG(uint64(worker), 42))
				for step := range steps {
					mutex.Lock()
					id := ""
					if len(ids) > 0 {
						id = ids[random.IntN(len(ids))]
					}
					mutex.Unlock()
					var err error
					switch choice := random.IntN(6); {
					case choice == 0 && id != "":
						_, err = ledger.Capture(t.Context(), admin, id)
					case choice == 1 && id != "":
						_, err = ledger.Refund(t.Context(), admin, id)
					case choice == 2 && id != "":
						_, err = ledger.Cancel(t.Context(), admin, id)
					default:
						payer := random.IntN(users)
						payee := (payer + 1 + random.IntN(users-1)) % users
						var p payments.Payment
						p, err = ledger.Create(t.Context(), payments.Viewer{ID: fmt.Sprintf("u-%d", payer)}, payments.NewPayment{
							IdempotencyKey: fmt.Sprintf("%d/%d", worker, step), PayeeID: fmt.Sprintf("u-%d", payee),
							Amount: fmt.Sprintf("%d.%02d", random.IntN(8), 1+random.IntN(99)), Currency: "EUR",
						})
						if err == nil {
							mutex.Lock()
							ids = append(ids, p.ID)
							mutex.Unlock()
						}
					}
					var coded *payments.Error
					if err != nil && !errors.As(err, &coded) {
						t.Errorf("worker %d, step %d: %v", worker, step, err)
					}
				}
			})
		}
		all.Wait()
		checkBooks(t, db, 0)
		if n := count(t, db, "SELECT CAST(SUM(balance_minor) AS BIGINT) FROM accounts"); n != 0 {
			t.Errorf("all balances together are %d", n)
		}
		if len(ids) < workers*steps/4 {
			t.Errorf("only %d payments were made: the test tried too little", len(ids))
		}
	})
}
