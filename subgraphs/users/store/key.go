package store

import (
	"context"
	"fmt"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/users/token"
)

// Keys implements token.Store.
func (s *Store) Keys(ctx context.Context) ([]token.StoredKey, error) {
	var rows []struct {
		Generation int64              `db:"generation"`
		ID         string             `db:"id"`
		PrivateKey []byte             `db:"private_key"`
		SignsFrom  database.Timestamp `db:"signs_from"`
	}
	err := s.db.SelectContext(ctx, &rows, `SELECT generation, id, private_key, signs_from FROM signing_keys ORDER BY generation`)
	if err != nil {
		return nil, fmt.Errorf("reading the signing keys: %w", err)
	}
	keys := make([]token.StoredKey, len(rows))
	for i, row := range rows {
		keys[i] = token.StoredKey{Generation: row.Generation, ID: row.ID, Private: row.PrivateKey, SignsFrom: row.SignsFrom.Time}
	}
	return keys, nil
}

// AddKey implements token.Store.
func (s *Store) AddKey(ctx context.Context, key token.StoredKey) error {
	return s.execute(ctx, "adding a signing key",
		`INSERT INTO signing_keys (generation, id, private_key, signs_from) VALUES (?, ?, ?, ?) ON CONFLICT (generation) DO NOTHING`,
		key.Generation, key.ID, key.Private, database.At(key.SignsFrom))
}

// RemoveKeysBefore implements token.Store.
func (s *Store) RemoveKeysBefore(ctx context.Context, generation int64) error {
	return s.execute(ctx, "removing old signing keys", `DELETE FROM signing_keys WHERE generation < ?`, generation)
}
