package payments

import (
	"context"
	"time"
)

// Store keeps payments and the ledger. Every method that takes several keys answers them with one query and leaves what does not exist
// out of the map. Errors other than *Error are internal. Implementations are safe for concurrent use.
type Store interface {
	// Payments returns the payments with these ids, by id.
	Payments(ctx context.Context, ids []string) (map[string]Payment, error)

	// Pages returns, for each key, up to key.Limit payments of the user, newest first.
	Pages(ctx context.Context, keys []PageKey) (map[PageKey][]Payment, error)

	// Balances returns the balances of accounts in minor units; an account that never moved is not in the map.
	Balances(ctx context.Context, accounts []Account) (map[Account]int64, error)

	// Create keeps a new payment, applies its journal and records the event payment.created, all in one transaction. When the payer used
	// the idempotency key before, nothing is changed: the earlier payment is returned if the fingerprint is the same, otherwise
	// ErrIdempotencyConflict. ErrInsufficientFunds and ErrBalanceOverflow come from the postings.
	Create(ctx context.Context, creation Creation) (Payment, error)

	// Advance moves the payment to its next status if it still has the status and version that it was read with, applies the journal and
	// records the event, all in one transaction. It returns the payment as it is afterwards and whether it was moved: false means that
	// somebody else was faster.
	Advance(ctx context.Context, read Payment, to Status, journal Journal, at time.Time) (Payment, bool, error)

	// Apply applies a journal that no payment is behind; applying the same journal id again changes nothing.
	Apply(ctx context.Context, journal Journal, at time.Time) error
}

// Creation is a new payment with everything that must be kept together with it.
type Creation struct {
	Payment        Payment
	IdempotencyKey string
	Fingerprint    string
	Journal        Journal
}

// PageKey names one page of one user's payments. It is comparable, so that equal pages are loaded once.
type PageKey struct {
	UserID string
	Status Status   // empty: all
	After  Position // zero: from the newest
	Limit  int      // at least 1
}

// Position is a place in a list of payments sorted by creation, newest first, then by id, descending.
type Position struct {
	CreatedMicros int64 // Unix time in microseconds
	ID            string
}

// PositionOf returns the payment's own place.
func PositionOf(p Payment) Position {
	return Position{CreatedMicros: p.CreatedAt.UnixMicro(), ID: p.ID}
}
