package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/sethvargo/go-retry"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

const (
	// connectTimeout bounds how long Open waits for a PostgreSQL server that does not answer yet.
	connectTimeout = 15 * time.Second
	// maxConnections is the pool's size for PostgreSQL, whose server has 100 connections for all its clients by default.
	maxConnections = 20
	// maxReaders is the number of connections that read a SQLite file side by side.
	maxReaders      = 8
	connMaxIdleTime = 5 * time.Minute
	connMaxLifetime = 30 * time.Minute
)

// Open connects to the database at databaseURL and applies what is missing of the kit's migrations and of migrations, which
// may be nil. The caller closes the result. A PostgreSQL server that is still starting is waited for, 15 seconds at most.
// No error shows the URL's password.
func Open(ctx context.Context, databaseURL string, migrations fs.FS) (*DB, error) {
	db, err := connect(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	if err := db.migrate(ctx, migrations); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func connect(ctx context.Context, databaseURL string) (*DB, error) {
	scheme, rest, found := strings.Cut(databaseURL, ":")
	switch {
	case found && scheme == "sqlite":
		return connectSQLite(ctx, rest)
	case found && (scheme == "postgres" || scheme == "postgresql"):
		return connectPostgreSQL(ctx, databaseURL)
	case !found:
		return nil, errors.New("database URL: it must be sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME, and has no scheme")
	default:
		return nil, fmt.Errorf("database URL: the scheme %q is not known; use sqlite:PATH or postgres://USER:PASSWORD@HOST:PORT/NAME", scheme)
	}
}

func connectSQLite(ctx context.Context, path string) (*DB, error) {
	path = strings.TrimPrefix(path, "//")
	if path == "" || path == ":memory:" {
		return nil, errors.New("database URL: sqlite: needs the path of a file, as in sqlite:users.db")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("making the folder of the SQLite database: %w", err)
	}
	// The writer opens first: it makes the file and sets its journal mode, which query_only connections cannot.
	writer, err := openSQLite(ctx, path, "_txlock=immediate", 1)
	if err != nil {
		return nil, err
	}
	readers, err := openSQLite(ctx, path, "_pragma=query_only(1)", maxReaders)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	return &DB{DB: readers, Dialect: SQLite, writer: writer}, nil
}

func openSQLite(ctx context.Context, path, parameter string, connections int) (*sqlx.DB, error) {
	parameters := strings.Join([]string{
		"_pragma=busy_timeout(5000)",
		"_pragma=journal_mode(WAL)",
		"_pragma=synchronous(NORMAL)",
		"_pragma=foreign_keys(1)",
		parameter,
	}, "&")
	source := url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: parameters}
	db, err := sqlx.Open("sqlite", source.String())
	if err != nil {
		return nil, fmt.Errorf("opening SQLite at %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening SQLite at %s: %w", path, err), db.Close())
	}
	return db, nil
}

func connectPostgreSQL(ctx context.Context, databaseURL string) (*DB, error) {
	settings, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err) // pgx takes the password out of its message
	}
	pool := sqlx.NewDb(stdlib.OpenDB(*settings), "pgx")
	pool.SetMaxOpenConns(maxConnections)
	pool.SetMaxIdleConns(maxConnections)
	pool.SetConnMaxIdleTime(connMaxIdleTime)
	pool.SetConnMaxLifetime(connMaxLifetime)
	backoff := retry.WithMaxDuration(connectTimeout, retry.WithCappedDuration(time.Second, retry.NewFibonacci(50*time.Millisecond)))
	err = retry.Do(ctx, backoff, func(ctx context.Context) error {
		return retryWhenUnreachable(pool.PingContext(ctx))
	})
	if err != nil {
		address := fmt.Sprintf("%s:%d/%s", settings.Host, settings.Port, settings.Database)
		return nil, errors.Join(fmt.Errorf("connecting to PostgreSQL at %s: %w", address, err), pool.Close())
	}
	return &DB{DB: pool, Dialect: PostgreSQL, writer: pool}, nil
}
