package payments

import "math"

// AccountKind says what an account of a user is for.
type AccountKind string

// Money that a user can spend is available; money of an authorised payment is held; money that enters the system comes from the one
// external account, whose balance is minus everything that users own.
const (
	Available AccountKind = "available"
	Held      AccountKind = "held"
	External  AccountKind = "external"
)

// Account is one pot of money. The zero OwnerID belongs to the system itself.
type Account struct {
	OwnerID  string
	Kind     AccountKind
	Currency Currency
}

// ID is the account's stable name, for example "u-0001/available/EUR". Postings of one change are applied in the order of these names, so
// that two changes never wait for each other.
func (a Account) ID() string { return a.OwnerID + "/" + string(a.Kind) + "/" + string(a.Currency) }

// Posting is one line of a journal: it adds Delta to an account, provided that the balance afterwards lies between Floor and Ceiling.
type Posting struct {
	Account Account
	Delta   int64 // minor units; negative takes money out
	Floor   int64
	Ceiling int64
}

// Journal is a group of postings that sum to zero and are applied together or not at all. Applying an ID twice has no further effect.
type Journal struct {
	ID        string
	PaymentID string // empty when no payment is behind it
	Postings  []Posting
}

// Change is a permitted move of a payment from one status to the next.
type Change struct {
	Name   string // the verb in messages: "capture", "refund", "cancel"
	From   Status
	To     Status
	onlyBy func(Payment, Viewer) bool
	paysTo func(Payment) (debited, credited Account)
}

// The three changes after authorisation. Payer and payee may both capture (the payer confirms, the payee accepts) and cancel (the payer
// withdraws, the payee declines). Only the payee gives money back: a payer who could refund could take it.
var (
	capture = Change{
		Name: "capture", From: Authorized, To: Captured, onlyBy: Payment.VisibleTo,
		paysTo: func(p Payment) (Account, Account) { return p.account(p.PayerID, Held), p.account(p.PayeeID, Available) },
	}
	cancel = Change{
		Name: "cancel", From: Authorized, To: Cancelled, onlyBy: Payment.VisibleTo,
		paysTo: func(p Payment) (Account, Account) { return p.account(p.PayerID, Held), p.account(p.PayerID, Available) },
	}
	refund = Change{
		Name: "refund", From: Captured, To: Refunded,
		onlyBy: func(p Payment, v Viewer) bool { return v.Admin || v.ID == p.PayeeID },
		paysTo: func(p Payment) (Account, Account) {
			return p.account(p.PayeeID, Available), p.account(p.PayerID, Available)
		},
	}
)

func (p Payment) account(owner string, kind AccountKind) Account {
	return Account{OwnerID: owner, Kind: kind, Currency: p.Amount.Currency}
}

// transfer builds the two postings that move an amount. The limit is the floor of an available account; a held account never goes below
// zero; only the external account may go as low as it likes.
func transfer(from, to Account, minor, limit int64) []Posting {
	floor := int64(0)
	switch from.Kind {
	case Available:
		floor = limit
	case External:
		floor = -MaxBalance
	}
	return []Posting{
		{Account: from, Delta: -minor, Floor: floor, Ceiling: math.MaxInt64},
		{Account: to, Delta: minor, Floor: math.MinInt64, Ceiling: MaxBalance},
	}
}
