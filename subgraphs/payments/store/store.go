// Package store keeps payments and their ledger in SQLite or PostgreSQL, with one set of SQL for both. It implements payments.Store.
//
// Every change is one transaction that contains the payment, its postings and its outbox event. A balance changes with one conditional
// UPDATE that carries its own bounds, so concurrent changes need no other lock; accounts are updated in the order of their ids, so
// transactions never wait for each other in a circle.
package store

import (
	"context"
	"embed"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/payments"
)

// Migrations holds the service's tables for both databases; pass it to database.Open.
//
//go:embed migrations
var Migrations embed.FS

// Store implements payments.Store. It is safe for concurrent use.
type Store struct {
	db     *database.DB
	outbox *events.Outbox
}

// New returns a store over a database that was opened with Migrations. Its events go to the outbox of the same database.
func New(db *database.DB, outbox *events.Outbox) *Store { return &Store{db: db, outbox: outbox} }

// paymentRow is a row of the table payments.
type paymentRow struct {
	ID          string             `db:"id"`
	PayerID     string             `db:"payer_id"`
	PayeeID     string             `db:"payee_id"`
	AmountMinor int64              `db:"amount_minor"`
	Currency    string             `db:"currency"`
	Description string             `db:"description"`
	Status      string             `db:"status"`
	Created     database.Timestamp `db:"created_us"`
	Version     int64              `db:"version"`
}

const paymentColumns = "p.id, p.payer_id, p.payee_id, p.amount_minor, p.currency, p.description, p.status, p.created_us, p.version"

func (r paymentRow) payment() payments.Payment {
	return payments.Payment{
		ID: r.ID, PayerID: r.PayerID, PayeeID: r.PayeeID,
		Amount:      payments.Money{Minor: r.AmountMinor, Currency: payments.Currency(r.Currency)},
		Description: r.Description, Status: payments.Status(r.Status), CreatedAt: r.Created.Time, Version: r.Version,
	}
}

// Payments implements payments.Store.
func (s *Store) Payments(ctx context.Context, ids []string) (map[string]payments.Payment, error) {
	found := make(map[string]payments.Payment, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	query, args, err := sqlx.In("SELECT "+paymentColumns+" FROM payments p WHERE p.id IN (?)", ids)
	if err != nil {
		return nil, err
	}
	var rows []paymentRow
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), args...); err != nil {
		return nil, fmt.Errorf("reading payments: %w", err)
	}
	for _, row := range rows {
		found[row.ID] = row.payment()
	}
	return found, nil
}

// MaxPagesPerQuery is how many pages one statement reads: SQLite takes 500 SELECTs in one UNION.
const MaxPagesPerQuery = 100

// Pages implements payments.Store. One SELECT a page, joined by UNION ALL, lets the index end each page at its limit.
func (s *Store) Pages(ctx context.Context, keys []payments.PageKey) (map[payments.PageKey][]payments.Payment, error) {
	pages := make(map[payments.PageKey][]payments.Payment, len(keys))
	for len(keys) > 0 {
		batch := keys[:min(len(keys), MaxPagesPerQuery)]
		keys = keys[len(batch):]
		query, args := pagesQuery(batch)
		var rows []struct {
			Slot int `db:"slot"`
			paymentRow
		}
		if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), args...); err != nil {
			return nil, fmt.Errorf("reading pages of payments: %w", err)
		}
		for _, row := range rows {
			key := batch[row.Slot]
			pages[key] = append(pages[key], row.payment())
		}
	}
	return pages, nil
}

func pagesQuery(keys []payments.PageKey) (string, []any) {
	var query strings.Builder
	var args []any
	for slot, key := range keys {
		if slot > 0 {
			query.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&query, "SELECT * FROM (SELECT %d AS slot, %s FROM payment_parties m JOIN payments p ON p.id = m.payment_id WHERE m.user_id = ?",
			slot, paymentColumns)
		args = append(args, key.UserID)
		if key.After != (payments.Position{}) {
			query.WriteString(" AND (m.created_us, m.payment_id) < (?, ?)")
			args = append(args, key.After.CreatedMicros, key.After.ID)
		}
		if key.Status != "" {
			query.WriteString(" AND p.status = ?")
			args = append(args, string(key.Status))
		}
		fmt.Fprintf(&query, " ORDER BY m.created_us DESC, m.payment_id DESC LIMIT %d) AS page%d", key.Limit, slot)
	}
	query.WriteString(" ORDER BY slot, created_us DESC, id DESC")
	return query.String(), args
}

// Balances implements payments.Store.
func (s *Store) Balances(ctx context.Context, accounts []payments.Account) (map[payments.Account]int64, error) {
	balances := make(map[payments.Account]int64, len(accounts))
	if len(accounts) == 0 {
		return balances, nil
	}
	ids := make([]string, len(accounts))
	byID := make(map[string]payments.Account, len(accounts))
	for i, account := range accounts {
		ids[i] = account.ID()
		byID[ids[i]] = account
	}
	query, args, err := sqlx.In("SELECT id, balance_minor FROM accounts WHERE id IN (?)", ids)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		ID      string `db:"id"`
		Balance int64  `db:"balance_minor"`
	}
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), args...); err != nil {
		return nil, fmt.Errorf("reading balances: %w", err)
	}
	for _, row := range rows {
		balances[byID[row.ID]] = row.Balance
	}
	return balances, nil
}
