package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/payments"
)

// Create implements payments.Store.
func (s *Store) Create(ctx context.Context, creation payments.Creation) (payments.Payment, error) {
	var result payments.Payment
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		var err error
		result, _, err = s.create(ctx, tx, creation)
		return err
	})
	return result, err
}

// create returns the payment that the idempotency key stands for and whether it is new.
func (s *Store) create(ctx context.Context, tx *sqlx.Tx, creation payments.Creation) (payments.Payment, bool, error) {
	p := creation.Payment
	inserted, err := insertPayment(ctx, tx, creation)
	if err != nil {
		return payments.Payment{}, false, err
	}
	if !inserted {
		p, err = earlier(ctx, tx, creation)
		return p, false, err
	}
	if err := post(ctx, tx, creation.Journal, p.CreatedAt); err != nil {
		return payments.Payment{}, false, err
	}
	return p, true, s.outbox.Append(ctx, tx, draft(payments.EventCreated, p, p.CreatedAt))
}

// insertPayment keeps the payment and lists it for both parties. It returns false, and changes nothing, when the payer used the
// idempotency key before. On PostgreSQL it waits for another transaction that is just using the key.
func insertPayment(ctx context.Context, tx *sqlx.Tx, creation payments.Creation) (bool, error) {
	p := creation.Payment
	created := database.At(p.CreatedAt)
	n, err := exec(ctx, tx, `INSERT INTO payments (id, payer_id, payee_id, amount_minor, currency, description, status, created_us, version,
		idempotency_key, fingerprint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (payer_id, idempotency_key) DO NOTHING`,
		p.ID, p.PayerID, p.PayeeID, p.Amount.Minor, string(p.Amount.Currency), p.Description, string(p.Status), created, p.Version,
		creation.IdempotencyKey, creation.Fingerprint)
	if err != nil || n == 0 {
		return false, err
	}
	_, err = exec(ctx, tx, "INSERT INTO payment_parties (user_id, created_us, payment_id) VALUES (?, ?, ?), (?, ?, ?)",
		p.PayerID, created, p.ID, p.PayeeID, created, p.ID)
	return err == nil, err
}

// earlier returns the payment that the idempotency key already stands for, if the input was the same.
func earlier(ctx context.Context, tx *sqlx.Tx, creation payments.Creation) (payments.Payment, error) {
	var row struct {
		paymentRow
		Fingerprint string `db:"fingerprint"`
	}
	query := "SELECT " + paymentColumns + ", p.fingerprint FROM payments p WHERE p.payer_id = ? AND p.idempotency_key = ?"
	if err := tx.GetContext(ctx, &row, tx.Rebind(query), creation.Payment.PayerID, creation.IdempotencyKey); err != nil {
		return payments.Payment{}, fmt.Errorf("reading the payment of an idempotency key: %w", err)
	}
	if row.Fingerprint != creation.Fingerprint {
		return payments.Payment{}, payments.ErrIdempotencyConflict(creation.IdempotencyKey)
	}
	return row.payment(), nil
}

// Advance implements payments.Store.
func (s *Store) Advance(ctx context.Context, read payments.Payment, to payments.Status, journal payments.Journal,
	at time.Time) (payments.Payment, bool, error) {
	var result payments.Payment
	var moved bool
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		var err error
		result, moved, err = s.advance(ctx, tx, read, to, journal, at)
		return err
	})
	return result, moved, err
}

func (s *Store) advance(ctx context.Context, tx *sqlx.Tx, read payments.Payment, to payments.Status, journal payments.Journal,
	at time.Time) (payments.Payment, bool, error) {
	n, err := exec(ctx, tx, "UPDATE payments SET status = ?, version = version + 1 WHERE id = ? AND status = ? AND version = ?",
		string(to), read.ID, string(read.Status), read.Version)
	if err != nil {
		return payments.Payment{}, false, err
	}
	if n == 0 {
		now, err := reread(ctx, tx, read.ID)
		return now, false, err
	}
	read.Status, read.Version = to, read.Version+1
	if err := post(ctx, tx, journal, at); err != nil {
		return payments.Payment{}, false, err
	}
	return read, true, s.outbox.Append(ctx, tx, draft(payments.EventOf(to), read, at))
}

func reread(ctx context.Context, tx *sqlx.Tx, id string) (payments.Payment, error) {
	var row paymentRow
	err := tx.GetContext(ctx, &row, tx.Rebind("SELECT "+paymentColumns+" FROM payments p WHERE p.id = ?"), id)
	if errors.Is(err, sql.ErrNoRows) {
		return payments.Payment{}, payments.ErrPaymentNotFound(id)
	}
	if err != nil {
		return payments.Payment{}, fmt.Errorf("reading a payment: %w", err)
	}
	return row.payment(), nil
}

// Apply implements payments.Store.
func (s *Store) Apply(ctx context.Context, journal payments.Journal, at time.Time) error {
	return s.db.InTx(ctx, func(tx *sqlx.Tx) error { return post(ctx, tx, journal, at) })
}

// post applies a journal: its entries and the balances they change. A journal that was applied before is left alone.
func post(ctx context.Context, tx *sqlx.Tx, journal payments.Journal, at time.Time) error {
	paymentID := sql.NullString{String: journal.PaymentID, Valid: journal.PaymentID != ""}
	n, err := exec(ctx, tx, "INSERT INTO journals (id, payment_id, created_us) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
		journal.ID, paymentID, database.At(at))
	if err != nil || n == 0 {
		return err
	}
	postings := slices.SortedFunc(slices.Values(journal.Postings), func(a, b payments.Posting) int {
		return cmp.Compare(a.Account.ID(), b.Account.ID())
	})
	for _, posting := range postings {
		if err := change(ctx, tx, posting); err != nil {
			return err
		}
		if _, err := exec(ctx, tx, "INSERT INTO ledger_entries (journal_id, account_id, amount_minor) VALUES (?, ?, ?)",
			journal.ID, posting.Account.ID(), posting.Delta); err != nil {
			return err
		}
	}
	return nil
}

// change adds the posting's delta to the balance, within the posting's bounds. The account is made when it is first needed, perhaps by
// another transaction at the same time, so the update is tried again after that in any case.
func change(ctx context.Context, tx *sqlx.Tx, posting payments.Posting) error {
	id := posting.Account.ID()
	update := func() (int64, error) {
		return exec(ctx, tx, "UPDATE accounts SET balance_minor = balance_minor + ? WHERE id = ? AND balance_minor + ? BETWEEN ? AND ?",
			posting.Delta, id, posting.Delta, posting.Floor, posting.Ceiling)
	}
	if n, err := update(); err != nil || n == 1 {
		return err
	}
	if _, err := exec(ctx, tx, "INSERT INTO accounts (id, owner_id, kind, currency) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
		id, posting.Account.OwnerID, string(posting.Account.Kind), string(posting.Account.Currency)); err != nil {
		return err
	}
	if n, err := update(); err != nil || n == 1 {
		return err
	}
	if posting.Delta < 0 {
		return payments.ErrInsufficientFunds()
	}
	return payments.ErrBalanceOverflow()
}

// exec runs a statement and returns how many rows it changed.
func exec(ctx context.Context, tx *sqlx.Tx, query string, args ...any) (int64, error) {
	result, err := tx.ExecContext(ctx, tx.Rebind(query), args...)
	if err != nil {
		return 0, fmt.Errorf("writing: %w", err)
	}
	return result.RowsAffected()
}
