package store

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/users"
)

// Seed adds the demo users to a database that has no users, and says whether it did. Only the fixed accounts can log in: with the
// password that passwordHash is of. Two replicas may seed at the same time; one of them does.
func (s *Store) Seed(ctx context.Context, passwordHash string) (seeded bool, err error) {
	err = s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		seeded = false
		var existing int
		if err := tx.GetContext(ctx, &existing, `SELECT count(*) FROM users`); err != nil {
			return fmt.Errorf("counting users: %w", err)
		}
		if existing > 0 {
			return nil
		}
		seeded = true
		return s.seed(ctx, tx, passwordHash)
	})
	if database.IsUniqueViolation(err) {
		return false, nil // the other replica was faster
	}
	return seeded && err == nil, err
}

func (s *Store) seed(ctx context.Context, tx *sqlx.Tx, passwordHash string) error {
	accounts := make(map[int]demo.Account)
	for _, account := range demo.Accounts() {
		accounts[account.Number] = account
	}
	drafts := make([]events.Draft, 0, demo.UserCount)
	for number := 1; number <= demo.UserCount; number++ {
		user := &users.User{
			ID:        demo.UserID(number),
			Name:      demo.UserName(number),
			Email:     demo.UserEmail(number),
			Roles:     []users.Role{users.RoleUser},
			CreatedAt: demo.UserCreatedAt(number),
		}
		hash := ""
		if account, fixed := accounts[number]; fixed {
			hash = passwordHash
			if account.Admin {
				user.Roles = append(user.Roles, users.RoleAdmin)
			}
		}
		if err := insert(ctx, tx, user, hash); err != nil {
			return err
		}
		draft := userEvent(typeCreated, user)
		draft.OccurredAt = user.CreatedAt
		drafts = append(drafts, draft)
	}
	return s.outbox.Append(ctx, tx, drafts...)
}
