package payments

import (
	"context"
	"crypto/rand"
	"strings"
	"time"
)

// Ledger applies the rules to a Store. Its methods return *Error for whatever the caller did wrong or may not do.
type Ledger struct {
	store Store
	limit int64
	now   func() time.Time
	newID func() string
}

// Option changes a Ledger from its defaults.
type Option func(*Ledger)

// WithLimit sets how far below zero an available balance may go, in whole units of the currency, as a number of zero or less. The default
// is 0: nobody spends what they do not have.
func WithLimit(wholeUnits int64) Option {
	return func(l *Ledger) { l.limit = min(max(wholeUnits, -MaxBalance/1000), 0) }
}

// WithClock replaces the system clock.
func WithClock(now func() time.Time) Option { return func(l *Ledger) { l.now = now } }

// NewLedger returns a ledger over the store.
func NewLedger(store Store, options ...Option) *Ledger {
	l := &Ledger{store: store, now: time.Now, newID: newPaymentID}
	for _, option := range options {
		option(l)
	}
	return l
}

// newPaymentID returns an unguessable id: "p-" and 128 random bits in lower-case base 32.
func newPaymentID() string { return "p-" + strings.ToLower(rand.Text()) }

// Create authorises a payment from the viewer to the payee: the amount moves from the payer's available to the held account. The same
// idempotency key with the same input returns the payment that the first call created, in whatever status it is now.
func (l *Ledger) Create(ctx context.Context, viewer Viewer, input NewPayment) (Payment, error) {
	if viewer.ID == "" {
		return Payment{}, errUnauthenticated()
	}
	amount, err := input.validate(viewer.ID)
	if err != nil {
		return Payment{}, err
	}
	return l.store.Create(ctx, l.Authorization(Payment{
		ID: l.newID(), PayerID: viewer.ID, PayeeID: input.PayeeID, Amount: amount,
		Description: input.Description, CreatedAt: l.now(),
	}, input.IdempotencyKey))
}

// Authorization completes a new payment with its status, its first version, its fingerprint and the journal that holds the money.
func (l *Ledger) Authorization(p Payment, idempotencyKey string) Creation {
	p.Status, p.Version = Authorized, 1
	p.CreatedAt = p.CreatedAt.UTC().Truncate(time.Microsecond)
	from, to := p.account(p.PayerID, Available), p.account(p.PayerID, Held)
	return Creation{
		Payment: p, IdempotencyKey: idempotencyKey, Fingerprint: fingerprint(p.PayeeID, p.Amount, p.Description),
		Journal: Journal{ID: p.ID + "/create", PaymentID: p.ID, Postings: transfer(from, to, p.Amount.Minor, l.floor(p.Amount.Currency))},
	}
}

// Capture gives the held money to the payee. Payer, payee and admins may do it; capturing twice changes nothing.
func (l *Ledger) Capture(ctx context.Context, viewer Viewer, id string) (Payment, error) {
	return l.advance(ctx, viewer, id, capture)
}

// Refund returns captured money from the payee to the payer. The payee and admins may do it; refunding twice changes nothing.
func (l *Ledger) Refund(ctx context.Context, viewer Viewer, id string) (Payment, error) {
	return l.advance(ctx, viewer, id, refund)
}

// Cancel frees the held money of a payment that was not captured. Payer, payee and admins may do it; cancelling twice changes nothing.
func (l *Ledger) Cancel(ctx context.Context, viewer Viewer, id string) (Payment, error) {
	return l.advance(ctx, viewer, id, cancel)
}

// advance reads the payment, checks the rule, and moves it. When another request moved it in between, the rule is checked again on what
// that left; statuses only go forward, so this ends after three rounds at the latest.
func (l *Ledger) advance(ctx context.Context, viewer Viewer, id string, change Change) (Payment, error) {
	if viewer.ID == "" {
		return Payment{}, errUnauthenticated()
	}
	found, err := l.store.Payments(ctx, []string{id})
	if err != nil {
		return Payment{}, err
	}
	p, ok := found[id]
	if !ok || !p.VisibleTo(viewer) {
		return Payment{}, ErrPaymentNotFound(id)
	}
	if !change.onlyBy(p, viewer) {
		return Payment{}, newError(CodeForbidden, "only the payee or an admin may %s payment %q", change.Name, id)
	}
	for {
		if p.Status == change.To {
			return p, nil
		}
		if p.Status != change.From {
			return Payment{}, newError(CodeWrongStatus, "payment %q is %s; only a payment that is %s can be %s",
				id, p.Status, change.From, pastTense(change.To))
		}
		var moved bool
		if p, moved, err = l.store.Advance(ctx, p, change.To, l.Advancement(p, change.To), l.now()); err != nil || moved {
			return p, err
		}
	}
}

// Advancement returns the journal that moving the payment to the status applies.
func (l *Ledger) Advancement(p Payment, to Status) Journal {
	change := cancel
	switch to {
	case Captured:
		change = capture
	case Refunded:
		change = refund
	}
	debited, credited := change.paysTo(p)
	return Journal{ID: p.ID + "/" + change.Name, PaymentID: p.ID, Postings: transfer(debited, credited, p.Amount.Minor, l.floor(p.Amount.Currency))}
}

// NewDeposit is money that an admin adds to a user's available balance from outside.
type NewDeposit struct {
	IdempotencyKey string // unique per user; a retry with the same key adds nothing
	UserID         string
	Amount         string // decimal text, see ParseMoney
	Currency       Currency
}

// Deposit adds money from outside. Only admins may; the same key for the same user adds it once, whatever the amount of the second.
func (l *Ledger) Deposit(ctx context.Context, viewer Viewer, deposit NewDeposit) error {
	switch {
	case viewer.ID == "":
		return errUnauthenticated()
	case !viewer.Admin:
		return newError(CodeForbidden, "only an admin may deposit money")
	}
	if err := checkIdempotencyKey(deposit.IdempotencyKey); err != nil {
		return err
	}
	if !isUserID(deposit.UserID) {
		return newError(CodeInvalidInput, "userId must be the id of a user, 1 to %d bytes long", maxUserIDBytes)
	}
	amount, err := ParseMoney(deposit.Amount, deposit.Currency)
	if err != nil {
		return err
	}
	return l.store.Apply(ctx, l.DepositJournal(deposit.UserID, amount, deposit.IdempotencyKey), l.now())
}

// DepositJournal returns the journal of a deposit.
func (l *Ledger) DepositJournal(userID string, amount Money, key string) Journal {
	return Journal{
		ID: "deposit/" + userID + "/" + key,
		Postings: transfer(Account{Kind: External, Currency: amount.Currency},
			Account{OwnerID: userID, Kind: Available, Currency: amount.Currency}, amount.Minor, 0),
	}
}

// floor is the limit in minor units of the currency.
func (l *Ledger) floor(c Currency) int64 {
	decimals, _ := c.Decimals()
	floor := l.limit
	for range decimals {
		floor *= 10
	}
	return max(floor, -MaxBalance)
}

func pastTense(to Status) string {
	switch to {
	case Captured:
		return "captured"
	case Refunded:
		return "refunded"
	}
	return "cancelled"
}

func errUnauthenticated() error {
	return newError(CodeUnauthenticated, "this needs a signed-in user; send \"Authorization: Bearer <access token>\"")
}

// VisiblePayments returns those of the ids that exist and that the viewer may see.
func (l *Ledger) VisiblePayments(ctx context.Context, viewer Viewer, ids []string) (map[string]Payment, error) {
	found, err := l.store.Payments(ctx, ids)
	if err != nil {
		return nil, err
	}
	for id, p := range found {
		if !p.VisibleTo(viewer) {
			delete(found, id)
		}
	}
	return found, nil
}

// MaySeeAccountOf returns nil when the viewer may see the user's balance and payments, and otherwise the *Error that says why not.
func MaySeeAccountOf(viewer Viewer, userID string) error {
	if viewer.ID == "" {
		return errUnauthenticated()
	}
	if !viewer.CanSeeAccountOf(userID) {
		return newError(CodeForbidden, "only this user or an admin may see the user's balance and payments")
	}
	return nil
}
