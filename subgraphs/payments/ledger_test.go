package payments_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/payments"
)

var (
	ada     = payments.Viewer{ID: "u-ada"}
	grace   = payments.Viewer{ID: "u-grace"}
	mallory = payments.Viewer{ID: "u-mallory"}
	admin   = payments.Viewer{ID: "u-admin", Admin: true}
	nobody  = payments.Viewer{}
)

// funded returns a ledger in which ada has ten euros.
func funded(t *testing.T, options ...payments.Option) (*payments.Ledger, *memoryStore) {
	t.Helper()
	store := newMemoryStore()
	ledger := payments.NewLedger(store, options...)
	if err := ledger.Deposit(t.Context(), admin, deposit(ada.ID, "10.00", "start")); err != nil {
		t.Fatal(err)
	}
	return ledger, store
}

func deposit(user, amount, key string) payments.NewDeposit {
	return payments.NewDeposit{IdempotencyKey: key, UserID: user, Amount: amount, Currency: "EUR"}
}

func coffee(key string) payments.NewPayment {
	return payments.NewPayment{IdempotencyKey: key, PayeeID: grace.ID, Amount: "4.20", Currency: "EUR", Description: "coffee"}
}

// wantBalances checks the balances in minor euros and that all accounts together are zero.
func wantBalances(t *testing.T, store *memoryStore, adaAvailable, adaHeld, graceAvailable int64) {
	t.Helper()
	var sum int64
	for _, balance := range store.balances {
		sum += balance
	}
	if sum != 0 {
		t.Errorf("all balances together are %d, want 0", sum)
	}
	for _, want := range []struct {
		account payments.Account
		minor   int64
	}{
		{payments.Account{OwnerID: ada.ID, Kind: payments.Available, Currency: "EUR"}, adaAvailable},
		{payments.Account{OwnerID: ada.ID, Kind: payments.Held, Currency: "EUR"}, adaHeld},
		{payments.Account{OwnerID: grace.ID, Kind: payments.Available, Currency: "EUR"}, graceAvailable},
	} {
		if got := store.balances[want.account]; got != want.minor {
			t.Errorf("%s is %d, want %d", want.account.ID(), got, want.minor)
		}
	}
}

func wantCode(t *testing.T, err error, code payments.Code) {
	t.Helper()
	if !errors.Is(err, &payments.Error{Code: code}) {
		t.Errorf("error is %v, want %s", err, code)
	}
}

func TestMoneyFollowsThePaymentsStatus(t *testing.T) {
	t.Parallel()
	ledger, store := funded(t)
	p, err := ledger.Create(t.Context(), ada, coffee("k1"))
	if err != nil || p.Status != payments.Authorized || p.PayerID != ada.ID || p.Version != 1 || !strings.HasPrefix(p.ID, "p-") {
		t.Fatalf("Create = %+v, %v", p, err)
	}
	wantBalances(t, store, 580, 420, 0)

	p, err = ledger.Capture(t.Context(), grace, p.ID)
	if err != nil || p.Status != payments.Captured || p.Version != 2 {
		t.Fatalf("Capture = %+v, %v", p, err)
	}
	wantBalances(t, store, 580, 0, 420)

	p, err = ledger.Refund(t.Context(), grace, p.ID)
	if err != nil || p.Status != payments.Refunded {
		t.Fatalf("Refund = %+v, %v", p, err)
	}
	wantBalances(t, store, 1000, 0, 0)

	second, err := ledger.Create(t.Context(), ada, coffee("k2"))
	if err != nil {
		t.Fatal(err)
	}
	if second, err = ledger.Cancel(t.Context(), ada, second.ID); err != nil || second.Status != payments.Cancelled {
		t.Fatalf("Cancel = %+v, %v", second, err)
	}
	wantBalances(t, store, 1000, 0, 0)
}

// TestChangesAllowedByStatus walks every status and every change: repeating a change is harmless, a wrong one says so.
func TestChangesAllowedByStatus(t *testing.T) {
	t.Parallel()
	const repeated = payments.Code("repeated")
	wrong := payments.CodeWrongStatus
	cases := []struct {
		path                    string // changes that lead to the status
		capture, refund, cancel payments.Code
	}{
		{"", "", wrong, ""},
		{"capture", repeated, "", wrong},
		{"cancel", wrong, wrong, repeated},
		{"capture refund", wrong, repeated, wrong},
	}
	for _, c := range cases {
		for change, want := range map[string]payments.Code{"capture": c.capture, "refund": c.refund, "cancel": c.cancel} {
			t.Run(fmt.Sprintf("%s then %s", c.path, change), func(t *testing.T) {
				t.Parallel()
				ledger, store := funded(t)
				p, err := ledger.Create(t.Context(), ada, coffee("k"))
				if err != nil {
					t.Fatal(err)
				}
				apply := func(name string) (payments.Payment, error) {
					switch name {
					case "capture":
						return ledger.Capture(t.Context(), grace, p.ID)
					case "refund":
						return ledger.Refund(t.Context(), grace, p.ID)
					}
					return ledger.Cancel(t.Context(), grace, p.ID)
				}
				for _, step := range strings.Fields(c.path) {
					if p, err = apply(step); err != nil {
						t.Fatal(err)
					}
				}
				journals := len(store.applied)
				after, err := apply(change)
				switch want {
				case "":
					if err != nil || len(store.applied) != journals+1 {
						t.Errorf("%v; %d journals more, want 1", err, len(store.applied)-journals)
					}
				case repeated:
					if err != nil || after != p || len(store.applied) != journals {
						t.Errorf("repeating gave %+v, %v and %d journals more", after, err, len(store.applied)-journals)
					}
				default:
					wantCode(t, err, want)
					if len(store.applied) != journals {
						t.Error("a refused change moved money")
					}
				}
			})
		}
	}
}

func TestWhoMayChangeAPayment(t *testing.T) {
	t.Parallel()
	type change func(*payments.Ledger, *testing.T, payments.Viewer, string) error
	capture := func(l *payments.Ledger, t *testing.T, v payments.Viewer, id string) error {
		_, err := l.Capture(t.Context(), v, id)
		return err
	}
	refund := func(l *payments.Ledger, t *testing.T, v payments.Viewer, id string) error {
		_, err := l.Refund(t.Context(), v, id)
		return err
	}
	cancel := func(l *payments.Ledger, t *testing.T, v payments.Viewer, id string) error {
		_, err := l.Cancel(t.Context(), v, id)
		return err
	}
	cases := []struct {
		name   string
		change change
		viewer payments.Viewer
		code   payments.Code
	}{
		{"the payer captures", capture, ada, ""},
		{"the payee captures", capture, grace, ""},
		{"an admin captures", capture, admin, ""},
		{"a stranger captures", capture, mallory, payments.CodePaymentNotFound},
		{"nobody captures", capture, nobody, payments.CodeUnauthenticated},
		{"the payer cancels", cancel, ada, ""},
		{"the payee cancels", cancel, grace, ""},
		{"a stranger cancels", cancel, mallory, payments.CodePaymentNotFound},
		{"the payer refunds", refund, ada, payments.CodeForbidden},
		{"the payee refunds", refund, grace, ""},
		{"an admin refunds", refund, admin, ""},
		{"a stranger refunds", refund, mallory, payments.CodePaymentNotFound},
		{"nobody refunds", refund, nobody, payments.CodeUnauthenticated},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ledger, _ := funded(t)
			p, err := ledger.Create(t.Context(), ada, coffee("k"))
			if err == nil && strings.HasSuffix(c.name, "refunds") {
				_, err = ledger.Capture(t.Context(), grace, p.ID)
			}
			if err != nil {
				t.Fatal(err)
			}
			err = c.change(ledger, t, c.viewer, p.ID)
			if c.code == "" && err != nil {
				t.Error(err)
			} else if c.code != "" {
				wantCode(t, err, c.code)
			}
		})
	}
}

func TestCreateRefusesBadInput(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		change func(*payments.NewPayment)
		code   payments.Code
	}{
		{"no key", func(n *payments.NewPayment) { n.IdempotencyKey = "" }, payments.CodeInvalidInput},
		{"long key", func(n *payments.NewPayment) { n.IdempotencyKey = strings.Repeat("k", 129) }, payments.CodeInvalidInput},
		{"NUL in the key", func(n *payments.NewPayment) { n.IdempotencyKey = "a\x00b" }, payments.CodeInvalidInput},
		{"no payee", func(n *payments.NewPayment) { n.PayeeID = "" }, payments.CodeInvalidPayee},
		{"long payee", func(n *payments.NewPayment) { n.PayeeID = strings.Repeat("u", 65) }, payments.CodeInvalidPayee},
		{"oneself", func(n *payments.NewPayment) { n.PayeeID = ada.ID }, payments.CodeInvalidPayee},
		{"long description", func(n *payments.NewPayment) { n.Description = strings.Repeat("é", 281) }, payments.CodeInvalidInput},
		{"NUL in the description", func(n *payments.NewPayment) { n.Description = "\x00" }, payments.CodeInvalidInput},
		{"broken UTF-8", func(n *payments.NewPayment) { n.Description = "\xff" }, payments.CodeInvalidInput},
		{"negative", func(n *payments.NewPayment) { n.Amount = "-1" }, payments.CodeAmountNotPositive},
		{"more than there is", func(n *payments.NewPayment) { n.Amount = "10.01" }, payments.CodeInsufficientFunds},
		{"another currency", func(n *payments.NewPayment) { n.Currency = "USD" }, payments.CodeInsufficientFunds},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ledger, store := funded(t)
			input := coffee("k")
			c.change(&input)
			_, err := ledger.Create(t.Context(), ada, input)
			wantCode(t, err, c.code)
			wantBalances(t, store, 1000, 0, 0)
		})
	}
	ledger, _ := funded(t)
	_, err := ledger.Create(t.Context(), nobody, coffee("k"))
	wantCode(t, err, payments.CodeUnauthenticated)
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	ledger, store := funded(t)
	first, err := ledger.Create(t.Context(), ada, coffee("k"))
	if err != nil {
		t.Fatal(err)
	}
	sameValue := coffee("k")
	sameValue.Amount = "4.2"
	again, err := ledger.Create(t.Context(), ada, sameValue)
	if err != nil || again != first {
		t.Errorf("the same key and input gave %+v, %v; want %+v", again, err, first)
	}
	for _, change := range []func(*payments.NewPayment){
		func(n *payments.NewPayment) { n.Amount = "4.21" },
		func(n *payments.NewPayment) { n.PayeeID = mallory.ID },
		func(n *payments.NewPayment) { n.Description = "tea" },
		func(n *payments.NewPayment) { n.Currency = "GBP" },
	} {
		other := coffee("k")
		change(&other)
		_, err := ledger.Create(t.Context(), ada, other)
		wantCode(t, err, payments.CodeIdempotencyConflict)
	}
	wantBalances(t, store, 580, 420, 0)
	if _, err := ledger.Create(t.Context(), mallory, coffee("k")); !errors.Is(err, &payments.Error{Code: payments.CodeInsufficientFunds}) {
		t.Errorf("another payer's key is its own, but Create gave %v", err)
	}
}

func TestLimitBelowZero(t *testing.T) {
	t.Parallel()
	ledger, store := funded(t, payments.WithLimit(-5))
	input := coffee("k1")
	input.Amount = "15.00"
	if _, err := ledger.Create(t.Context(), ada, input); err != nil {
		t.Fatal(err)
	}
	wantBalances(t, store, -500, 1500, 0)
	input.IdempotencyKey, input.Amount = "k2", "0.01"
	_, err := ledger.Create(t.Context(), ada, input)
	wantCode(t, err, payments.CodeInsufficientFunds)
}

func TestDepositsAreForAdminsAndCountOnce(t *testing.T) {
	t.Parallel()
	ledger, store := funded(t)
	wantCode(t, ledger.Deposit(t.Context(), ada, deposit(ada.ID, "5", "mine")), payments.CodeForbidden)
	wantCode(t, ledger.Deposit(t.Context(), nobody, deposit(ada.ID, "5", "mine")), payments.CodeUnauthenticated)
	wantCode(t, ledger.Deposit(t.Context(), admin, deposit(ada.ID, "-5", "mine")), payments.CodeAmountNotPositive)
	wantCode(t, ledger.Deposit(t.Context(), admin, deposit(ada.ID, "5", "")), payments.CodeInvalidInput)
	wantCode(t, ledger.Deposit(t.Context(), admin, deposit("", "5", "mine")), payments.CodeInvalidInput)
	for range 2 {
		if err := ledger.Deposit(t.Context(), admin, deposit(ada.ID, "5", "bonus")); err != nil {
			t.Fatal(err)
		}
	}
	wantBalances(t, store, 1500, 0, 0)
}

func TestWhoMaySeeWhat(t *testing.T) {
	t.Parallel()
	ledger, _ := funded(t)
	p, err := ledger.Create(t.Context(), ada, coffee("k"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		viewer  payments.Viewer
		payment bool
		account payments.Code
	}{
		{ada, true, ""}, {grace, true, payments.CodeForbidden}, {admin, true, ""},
		{mallory, false, payments.CodeForbidden}, {nobody, false, payments.CodeUnauthenticated},
	} {
		visible, err := ledger.VisiblePayments(t.Context(), c.viewer, []string{p.ID, "p-missing"})
		if _, ok := visible[p.ID]; err != nil || ok != c.payment || len(visible) > 1 {
			t.Errorf("%+v sees %v, %v", c.viewer, visible, err)
		}
		err = payments.MaySeeAccountOf(c.viewer, ada.ID)
		if c.account == "" && err != nil {
			t.Errorf("%+v may not see ada's account: %v", c.viewer, err)
		} else if c.account != "" {
			wantCode(t, err, c.account)
		}
	}
}
