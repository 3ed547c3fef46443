// Package store keeps the users service's data in SQLite or PostgreSQL. It implements users.Store and token.Store.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/users"
)

// Migrations is for database.Open.
//
//go:embed migrations
var Migrations embed.FS

// Store is safe for concurrent use.
type Store struct {
	db     *database.DB
	outbox *events.Outbox
}

// New returns a store in db, which was opened with Migrations, and which the caller closes.
func New(db *database.DB, outbox *events.Outbox) *Store { return &Store{db: db, outbox: outbox} }

// userColumns are those that userRow reads.
const userColumns = "id, name, email, roles, created_at"

// userRow is a row of the table users, without its secret.
type userRow struct {
	ID        string             `db:"id"`
	Name      string             `db:"name"`
	Email     string             `db:"email"`
	Roles     string             `db:"roles"`
	CreatedAt database.Timestamp `db:"created_at"`
}

func (r userRow) user() *users.User {
	user := &users.User{ID: r.ID, Name: r.Name, Email: r.Email, CreatedAt: r.CreatedAt.Time}
	for role := range strings.SplitSeq(r.Roles, ",") {
		user.Roles = append(user.Roles, users.Role(role))
	}
	return user
}

func joinRoles(roles []users.Role) string {
	texts := make([]string, len(roles))
	for i, role := range roles {
		texts[i] = string(role)
	}
	return strings.Join(texts, ",")
}

// UsersByID implements users.Store.
func (s *Store) UsersByID(ctx context.Context, ids []string) (map[string]*users.User, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query, arguments, err := sqlx.In("SELECT "+userColumns+" FROM users WHERE id IN (?)", ids)
	if err != nil {
		return nil, err
	}
	var rows []userRow
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), arguments...); err != nil {
		return nil, fmt.Errorf("reading users: %w", err)
	}
	found := make(map[string]*users.User, len(rows))
	for _, row := range rows {
		found[row.ID] = row.user()
	}
	return found, nil
}

// List implements users.Store.
func (s *Store) List(ctx context.Context, limit int, after *users.Position) ([]*users.User, error) {
	query, arguments := "SELECT "+userColumns+" FROM users", []any{}
	if after != nil {
		query += " WHERE (created_at, id) > (?, ?)"
		arguments = append(arguments, database.At(after.CreatedAt), after.ID)
	}
	query += " ORDER BY created_at, id LIMIT ?"
	var rows []userRow
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), append(arguments, limit)...); err != nil {
		return nil, fmt.Errorf("listing users: %w", err)
	}
	list := make([]*users.User, len(rows))
	for i, row := range rows {
		list[i] = row.user()
	}
	return list, nil
}

// Create implements users.Store.
func (s *Store) Create(ctx context.Context, user *users.User, passwordHash string) error {
	user.CreatedAt = database.At(user.CreatedAt).Time // so that what is returned equals what is read later
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		if err := insert(ctx, tx, user, passwordHash); err != nil {
			return err
		}
		return s.outbox.Append(ctx, tx, userEvent(typeCreated, user))
	})
	if database.IsUniqueViolation(err) {
		return users.ErrEmailTaken
	}
	return err
}

func insert(ctx context.Context, tx *sqlx.Tx, user *users.User, passwordHash string) error {
	_, err := tx.ExecContext(ctx, tx.Rebind(
		`INSERT INTO users (id, name, email, roles, password_hash, created_at) VALUES (?, ?, ?, ?, ?, ?)`),
		user.ID, user.Name, user.Email, joinRoles(user.Roles), passwordHash, database.At(user.CreatedAt))
	if err != nil {
		return fmt.Errorf("adding a user: %w", err)
	}
	return nil
}

// Rename implements users.Store.
func (s *Store) Rename(ctx context.Context, userID, name string) (*users.User, error) {
	var user *users.User
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		var row userRow
		err := tx.GetContext(ctx, &row, tx.Rebind("UPDATE users SET name = ? WHERE id = ? RETURNING "+userColumns), name, userID)
		if errors.Is(err, sql.ErrNoRows) {
			return users.ErrUserNotFound
		}
		if err != nil {
			return fmt.Errorf("renaming a user: %w", err)
		}
		user = row.user()
		return s.outbox.Append(ctx, tx, userEvent(typeUpdated, user))
	})
	return user, err
}

// The types of this service's events.
const (
	typeCreated = "user.created"
	typeUpdated = "user.updated"
)

// userData is what others may know of a user: all of it, in every event.
type userData struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	CreatedAt string `json:"createdAt"`
}

// timeLayout is RFC 3339 with microseconds, which is what is stored.
const timeLayout = "2006-01-02T15:04:05.999999Z07:00"

func userEvent(eventType string, user *users.User) events.Draft {
	return events.Draft{
		Type:      eventType,
		Version:   1,
		Aggregate: events.Aggregate{Type: "user", ID: user.ID},
		Data:      userData{ID: user.ID, Name: user.Name, CreatedAt: user.CreatedAt.UTC().Format(timeLayout)},
	}
}
