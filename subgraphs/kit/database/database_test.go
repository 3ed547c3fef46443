package database_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func notes() fstest.MapFS {
	file := &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE notes (id BIGINT PRIMARY KEY, body TEXT NOT NULL UNIQUE, at BIGINT NOT NULL);\n")}
	return fstest.MapFS{"migrations/sqlite/00001_notes.sql": file, "migrations/postgres/00001_notes.sql": file}
}

func TestInTxCommitsAndRollsBack(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, notes(), func(t *testing.T, db *database.DB) {
		insert := func(tx *sqlx.Tx, id int, body string) error {
			_, err := tx.ExecContext(t.Context(), tx.Rebind("INSERT INTO notes (id, body, at) VALUES (?, ?, 0)"), id, body)
			return err
		}
		commits := 0
		db.OnCommit(func() { commits++ })
		if err := db.InTx(t.Context(), func(tx *sqlx.Tx) error { return insert(tx, 1, "kept") }); err != nil {
			t.Fatal(err)
		}
		refusal := errors.New("refused")
		err := db.InTx(t.Context(), func(tx *sqlx.Tx) error {
			if err := insert(tx, 2, "dropped"); err != nil {
				return err
			}
			return refusal
		})
		if err != refusal {
			t.Errorf("InTx returned %v, not work's own error", err)
		}
		var count int
		if err := db.GetContext(t.Context(), &count, "SELECT count(*) FROM notes"); err != nil {
			t.Fatal(err)
		}
		if count != 1 || commits != 1 {
			t.Errorf("%d rows and %d commits, want 1 and 1", count, commits)
		}
		err = db.InTx(t.Context(), func(tx *sqlx.Tx) error { return insert(tx, 3, "kept") })
		if !database.IsUniqueViolation(err) {
			t.Errorf("a second row with the same body gave %v, want a unique violation", err)
		}
	})
}
