// Package store keeps notifications and preferences in SQLite or PostgreSQL, with one set of SQL for both. It implements
// notifications.Store, and Deliver, which event handlers call in their own transaction.
package store

import (
	"context"
	"embed"
	"fmt"
	"strings"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
)

// Migrations holds the service's tables for both databases; pass it to database.Open.
//
//go:embed migrations
var Migrations embed.FS

// Store implements notifications.Store. It is safe for concurrent use.
type Store struct {
	db     *database.DB
	outbox *events.Outbox
}

// New returns a store over a database that was opened with Migrations. Its events go to the outbox of the same database.
func New(db *database.DB, outbox *events.Outbox) *Store { return &Store{db: db, outbox: outbox} }

// notificationRow is a row of the table notifications.
type notificationRow struct {
	ID          string             `db:"id"`
	OwnerID     string             `db:"owner_id"`
	Kind        string             `db:"kind"`
	Message     string             `db:"message"`
	SubjectType string             `db:"subject_type"`
	SubjectID   string             `db:"subject_id"`
	Created     database.Timestamp `db:"created_us"`
	Read        database.Timestamp `db:"read_us"`
}

const notificationColumns = "id, owner_id, kind, message, subject_type, subject_id, created_us, read_us"

func (r notificationRow) notification() notifications.Notification {
	return notifications.Notification{
		ID: r.ID, OwnerID: r.OwnerID, Kind: notifications.Kind(r.Kind), Message: r.Message,
		Subject:   notifications.Subject{Type: notifications.SubjectType(r.SubjectType), ID: r.SubjectID},
		CreatedAt: r.Created.Time, ReadAt: r.Read.Time,
	}
}

// Notifications implements notifications.Store.
func (s *Store) Notifications(ctx context.Context, ids []string) (map[string]notifications.Notification, error) {
	found := make(map[string]notifications.Notification, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	var rows []notificationRow
	if err := s.selectIn(ctx, &rows, "SELECT "+notificationColumns+" FROM notifications WHERE id IN (?)", ids); err != nil {
		return nil, fmt.Errorf("reading notifications: %w", err)
	}
	for _, row := range rows {
		found[row.ID] = row.notification()
	}
	return found, nil
}

// selectIn runs a query whose one ? stands for a list.
func (s *Store) selectIn(ctx context.Context, rows any, query string, list []string) error {
	query, args, err := sqlx.In(query, list)
	if err != nil {
		return err
	}
	return s.db.SelectContext(ctx, rows, s.db.Rebind(query), args...)
}

// MaxPagesPerQuery is how many pages one statement reads: SQLite takes 500 SELECTs in one UNION.
const MaxPagesPerQuery = 100

// Pages implements notifications.Store. One SELECT a page, joined by UNION ALL, lets the index end each page at its limit.
func (s *Store) Pages(ctx context.Context, keys []notifications.PageKey) (map[notifications.PageKey][]notifications.Notification, error) {
	pages := make(map[notifications.PageKey][]notifications.Notification, len(keys))
	for len(keys) > 0 {
		batch := keys[:min(len(keys), MaxPagesPerQuery)]
		keys = keys[len(batch):]
		query, args := pagesQuery(batch)
		var rows []struct {
			Slot int `db:"slot"`
			notificationRow
		}
		if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), args...); err != nil {
			return nil, fmt.Errorf("reading pages of notifications: %w", err)
		}
		for _, row := range rows {
			key := batch[row.Slot]
			pages[key] = append(pages[key], row.notification())
		}
	}
	return pages, nil
}

func pagesQuery(keys []notifications.PageKey) (string, []any) {
	var query strings.Builder
	var args []any
	for slot, key := range keys {
		if slot > 0 {
			query.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&query, "SELECT * FROM (SELECT %d AS slot, %s FROM notifications WHERE owner_id = ? AND in_app = 1", slot, notificationColumns)
		args = append(args, key.OwnerID)
		if key.UnreadOnly {
			query.WriteString(" AND read_us = 0")
		}
		if key.After != (notifications.Position{}) {
			query.WriteString(" AND (created_us, id) < (?, ?)")
			args = append(args, key.After.CreatedMicros, key.After.ID)
		}
		fmt.Fprintf(&query, " ORDER BY created_us DESC, id DESC LIMIT %d) AS page%d", key.Limit, slot)
	}
	query.WriteString(" ORDER BY slot, created_us DESC, id DESC")
	return query.String(), args
}

// UnreadCounts implements notifications.Store.
func (s *Store) UnreadCounts(ctx context.Context, owners []string) (map[string]int, error) {
	counts := make(map[string]int, len(owners))
	if len(owners) == 0 {
		return counts, nil
	}
	var rows []struct {
		OwnerID string `db:"owner_id"`
		Unread  int    `db:"unread"`
	}
	err := s.selectIn(ctx, &rows, `SELECT owner_id, COUNT(*) AS unread FROM notifications WHERE in_app = 1 AND read_us = 0 AND owner_id IN (?)
		GROUP BY owner_id`, owners)
	if err != nil {
		return nil, fmt.Errorf("counting unread notifications: %w", err)
	}
	for _, row := range rows {
		counts[row.OwnerID] = row.Unread
	}
	return counts, nil
}

// choiceRow is a row of the table preferences.
type choiceRow struct {
	OwnerID string `db:"owner_id"`
	Kind    string `db:"kind"`
	Channel string `db:"channel"`
	Enabled int    `db:"enabled"`
}

const choicesQuery = "SELECT owner_id, kind, channel, enabled FROM preferences WHERE owner_id IN (?)"

func choicesByOwner(rows []choiceRow) map[string][]notifications.Preference {
	choices := make(map[string][]notifications.Preference)
	for _, row := range rows {
		choices[row.OwnerID] = append(choices[row.OwnerID], notifications.Preference{
			Kind: notifications.Kind(row.Kind), Channel: notifications.Channel(row.Channel), Enabled: row.Enabled == 1,
		})
	}
	return choices
}

// Choices implements notifications.Store.
func (s *Store) Choices(ctx context.Context, owners []string) (map[string][]notifications.Preference, error) {
	if len(owners) == 0 {
		return map[string][]notifications.Preference{}, nil
	}
	var rows []choiceRow
	if err := s.selectIn(ctx, &rows, choicesQuery, owners); err != nil {
		return nil, fmt.Errorf("reading preferences: %w", err)
	}
	return choicesByOwner(rows), nil
}

// Choose implements notifications.Store.
func (s *Store) Choose(ctx context.Context, owner string, choices []notifications.Preference) error {
	return s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		for _, choice := range choices {
			_, err := tx.ExecContext(ctx, tx.Rebind(`INSERT INTO preferences (owner_id, kind, channel, enabled) VALUES (?, ?, ?, ?)
				ON CONFLICT (owner_id, kind, channel) DO UPDATE SET enabled = excluded.enabled`),
				owner, string(choice.Kind), string(choice.Channel), toInt(choice.Enabled))
			if err != nil {
				return fmt.Errorf("writing preferences: %w", err)
			}
		}
		return nil
	})
}

// MarkRead implements notifications.Store.
func (s *Store) MarkRead(ctx context.Context, id string, at time.Time) error {
	_, err := s.update(ctx, "UPDATE notifications SET read_us = ? WHERE id = ? AND read_us = 0", database.At(at), id)
	return err
}

// MarkAllRead implements notifications.Store.
func (s *Store) MarkAllRead(ctx context.Context, owner string, at time.Time) (int, error) {
	n, err := s.update(ctx, "UPDATE notifications SET read_us = ? WHERE owner_id = ? AND in_app = 1 AND read_us = 0", database.At(at), owner)
	return int(n), err
}

func (s *Store) update(ctx context.Context, query string, args ...any) (changed int64, err error) {
	err = s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, tx.Rebind(query), args...)
		if err != nil {
			return fmt.Errorf("updating notifications: %w", err)
		}
		changed, err = result.RowsAffected()
		return err
	})
	return changed, err
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
