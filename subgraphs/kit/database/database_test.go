package database_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

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
		if !errors.Is(err, refusal) {
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

func TestAPanicRollsBackAndGivesTheConnectionBack(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, notes(), func(t *testing.T, db *database.DB) {
		func() {
			defer func() {
				if recovered := recover(); recovered != "a bug" {
					t.Errorf("the panic became %v", recovered)
				}
			}()
			_ = db.InTx(t.Context(), func(tx *sqlx.Tx) error {
				if _, err := tx.ExecContext(t.Context(), "INSERT INTO notes (id, body, at) VALUES (1, 'x', 0)"); err != nil {
					t.Error(err)
				}
				panic("a bug")
			})
		}()
		var count int
		err := db.InTx(t.Context(), func(tx *sqlx.Tx) error { return tx.GetContext(t.Context(), &count, "SELECT count(*) FROM notes") })
		if err != nil || count != 0 {
			t.Errorf("after the panic there are %d rows, %v", count, err)
		}
	})
}

// TestSerializableTransactionsAreRepeatedUntilTheyFit: each reads what the others write, so without a retry some would fail, and
// without the isolation some would count wrongly.
func TestSerializableTransactionsAreRepeatedUntilTheyFit(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, notes(), func(t *testing.T, db *database.DB) {
		const writers = 8
		var (
			group sync.WaitGroup
			runs  atomic.Int64
		)
		for writer := range writers {
			group.Go(func() {
				err := db.InTx(t.Context(), func(tx *sqlx.Tx) error {
					runs.Add(1)
					var count int64
					if err := tx.GetContext(t.Context(), &count, "SELECT count(*) FROM notes"); err != nil {
						return err
					}
					_, err := tx.ExecContext(t.Context(), tx.Rebind("INSERT INTO notes (id, body, at) VALUES (?, ?, ?)"), writer, fmt.Sprint(writer), count)
					return err
				}, database.Serializable())
				if err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if runs.Load() < writers {
			t.Errorf("%d runs of %d transactions", runs.Load(), writers)
		}
		var counts []int
		if err := db.SelectContext(t.Context(), &counts, "SELECT at FROM notes ORDER BY at"); err != nil {
			t.Fatal(err)
		}
		for i, count := range counts {
			if count != i {
				t.Fatalf("the transactions saw %v rows", counts)
			}
		}
	})
}

func TestManyWritersAndReadersGetAlong(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, notes(), func(t *testing.T, db *database.DB) {
		const writers, each = 8, 20
		var group sync.WaitGroup
		for writer := range writers {
			group.Go(func() {
				for i := range each {
					id := writer*each + i
					err := db.InTx(t.Context(), func(tx *sqlx.Tx) error {
						_, err := tx.ExecContext(t.Context(), tx.Rebind("INSERT INTO notes (id, body, at) VALUES (?, ?, 0)"), id, fmt.Sprint(id))
						return err
					})
					if err != nil {
						t.Error(err)
					}
					var count int
					if err := db.GetContext(t.Context(), &count, "SELECT count(*) FROM notes"); err != nil || count == 0 {
						t.Errorf("a reader sees %d rows, %v", count, err)
					}
				}
			})
		}
		group.Wait()
		var count int
		if err := db.GetContext(t.Context(), &count, "SELECT count(*) FROM notes"); err != nil || count != writers*each {
			t.Errorf("%d rows, %v; want %d", count, err, writers*each)
		}
	})
}

func TestACancelledTransactionIsNotRepeated(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, notes(), func(t *testing.T, db *database.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		runs := 0
		err := db.InTx(ctx, func(tx *sqlx.Tx) error {
			runs++
			cancel()
			_, err := tx.ExecContext(ctx, "INSERT INTO notes (id, body, at) VALUES (1, 'x', 0)")
			return err
		})
		if !errors.Is(err, context.Canceled) || runs != 1 {
			t.Errorf("after %d runs the error is %v", runs, err)
		}
	})
}

// TestWritesOutsideInTxFailOnSQLite: so that a store that forgets InTx is found on the database that every test runs on.
func TestWritesOutsideInTxFailOnSQLite(t *testing.T) {
	t.Parallel()
	db := dbtest.Open(t, dbtest.SQLiteURL(t), notes())
	if _, err := db.ExecContext(t.Context(), "INSERT INTO notes (id, body, at) VALUES (1, 'x', 0)"); err == nil {
		t.Error("a write outside InTx works")
	}
}

func TestTimestamps(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, notes(), func(t *testing.T, db *database.DB) {
		moments := []time.Time{{}, time.Unix(0, 0).Add(time.Microsecond), time.Now(), time.Date(1920, 1, 1, 0, 0, 0, 0, time.FixedZone("x", 3600))}
		for i, moment := range moments {
			var got database.Timestamp
			err := db.InTx(t.Context(), func(tx *sqlx.Tx) error {
				return tx.GetContext(t.Context(), &got, tx.Rebind("INSERT INTO notes (id, body, at) VALUES (?, ?, ?) RETURNING at"), i, fmt.Sprint(i), database.At(moment))
			})
			if err != nil || !got.Equal(moment.Truncate(time.Microsecond)) || got.Location() != time.UTC || got != database.At(moment) {
				t.Errorf("%v is read back as %v, %v", moment, got, err)
			}
		}
	})
}

func TestOpenTwiceKeepsTheData(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		first := dbtest.Open(t, databaseURL, notes())
		err := first.InTx(t.Context(), func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(t.Context(), "INSERT INTO notes (id, body, at) VALUES (1, 'kept', 0)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var body string
		if err := dbtest.Open(t, databaseURL, notes()).GetContext(t.Context(), &body, "SELECT body FROM notes"); err != nil || body != "kept" {
			t.Errorf("the second time there is %q, %v", body, err)
		}
	})
}

func TestReplicasMigrateSideBySide(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.PostgreSQLURL(t)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			db, err := database.Open(t.Context(), databaseURL, notes())
			if err != nil {
				t.Error(err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestOpenErrorsAreClearAndShowNoPassword(t *testing.T) {
	t.Parallel()
	server := dbtest.PostgreSQLURL(t)
	address, _, _ := strings.Cut(strings.TrimPrefix(server, "postgres://postgres@"), "/")
	empty := fstest.MapFS{"migrations/sqlite/readme.txt": &fstest.MapFile{}}
	broken := fstest.MapFS{"migrations/sqlite/00001_x.sql": &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE NONSENSE;\n")}}
	file := "sqlite:" + filepath.Join(t.TempDir(), "folder", "with ? and # and %", "x.db")
	tests := []struct {
		name, url  string
		migrations fstest.MapFS
		says       string
	}{
		{"no scheme", "users.db", nil, "has no scheme"},
		{"another scheme", "mysql://u:secret@h/db", nil, `"mysql" is not known`},
		{"no path", "sqlite:", nil, "the path of a file"},
		{"in memory", "sqlite::memory:", nil, "the path of a file"},
		{"no such database", "postgres://postgres:secret@" + address + "/nowhere", nil, "nowhere"},
		{"no URL", "postgres://u:secret@h:port/db", nil, "database URL"},
		{"no migrations", file, empty, "there are none in migrations/sqlite"},
		{"a broken migration", file, broken, "NONSENSE"},
	}
	for _, test := range tests {
		var db *database.DB
		var err error
		if test.migrations == nil {
			db, err = database.Open(t.Context(), test.url, nil)
		} else {
			db, err = database.Open(t.Context(), test.url, test.migrations)
		}
		if db != nil || err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v, want %q", test.name, err, test.says)
		}
	}
}
