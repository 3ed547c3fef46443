package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jmoiron/sqlx"
)

// Dialect tells which database it is.
type Dialect string

// The databases that stores run on.
const (
	SQLite     Dialect = "sqlite"
	PostgreSQL Dialect = "postgres"
)

// DB is a pool of connections. The embedded *sqlx.DB is for reads; [DB.InTx] is for writes. It is safe for concurrent use.
type DB struct {
	*sqlx.DB
	Dialect Dialect

	// writer is the same pool for PostgreSQL, and a pool of one connection for SQLite.
	writer *sqlx.DB

	hooks    sync.RWMutex
	onCommit []func()
}

// Close closes every connection.
func (db *DB) Close() error {
	if db.writer == db.DB {
		return db.DB.Close()
	}
	return errors.Join(db.DB.Close(), db.writer.Close())
}

// OnCommit has hook called after each transaction of [DB.InTx] that was committed in this process. Hook must not block.
func (db *DB) OnCommit(hook func()) {
	db.hooks.Lock()
	defer db.hooks.Unlock()
	db.onCommit = append(db.onCommit, hook)
}

func (db *DB) committed() {
	db.hooks.RLock()
	defer db.hooks.RUnlock()
	for _, hook := range db.onCommit {
		hook()
	}
}

// TxOption changes how [DB.InTx] runs a transaction.
type TxOption func(*sql.TxOptions)

// Serializable has PostgreSQL run the transaction as if it were alone; conflicts are retried. SQLite's always are so.
func Serializable() TxOption {
	return func(options *sql.TxOptions) { options.Isolation = sql.LevelSerializable }
}

const (
	// maxAttempts is how often a transaction is tried when others get in its way.
	maxAttempts = 16
	// The wait before another attempt doubles from firstWait to maxWait and is then drawn from its upper half.
	firstWait = 2 * time.Millisecond
	maxWait   = 250 * time.Millisecond
)

// InTx runs work in a transaction, commits it when work returns nil and rolls it back otherwise. When the database reports
// that concurrent transactions conflict (serialization failure, deadlock, busy), the whole is tried again, up to 16 times:
// work must have no effect outside the transaction that a second run would repeat. InTx returns work's error as it is, so
// that coded errors keep their code. Calling InTx inside work would wait for itself on SQLite: pass tx on instead.
func (db *DB) InTx(ctx context.Context, work func(tx *sqlx.Tx) error, options ...TxOption) error {
	var txOptions sql.TxOptions
	for _, option := range options {
		option(&txOptions)
	}
	if db.Dialect == SQLite {
		txOptions = sql.TxOptions{} // the driver knows no levels; BEGIN IMMEDIATE is serializable already
	}
	wait := firstWait
	for attempt := 1; ; attempt++ {
		err := db.once(ctx, work, &txOptions)
		if err == nil {
			db.committed()
			return nil
		}
		if !isConflict(err) || attempt == maxAttempts {
			return err
		}
		pause := time.NewTimer(wait/2 + rand.N(wait/2))
		select {
		case <-ctx.Done():
			pause.Stop()
			return errors.Join(ctx.Err(), err)
		case <-pause.C:
		}
		wait = min(2*wait, maxWait)
	}
}

// once runs one attempt of a transaction.
func (db *DB) once(ctx context.Context, work func(tx *sqlx.Tx) error, options *sql.TxOptions) (err error) {
	tx, err := db.writer.BeginTxx(ctx, options)
	if err != nil {
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	finished := false
	defer func() {
		if finished {
			return
		}
		// Also reached when work panics: the connection must go back to the pool before the panic goes on.
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("rolling back: %w", rollback))
		}
	}()
	if err := work(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	finished = true
	return nil
}
