package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

// serverVariable names the environment variable with the URL of a PostgreSQL server to use instead of starting one.
const serverVariable = "TEST_POSTGRES_URL"

// setupTimeout bounds making, migrating or removing one database.
const setupTimeout = time.Minute

// shared is the PostgreSQL server of this test binary. It is started by the first test that needs it and stopped by Main:
// a process-wide resource, so the one global there is.
var shared = &serverHandle{}

type serverHandle struct {
	mutex   sync.Mutex
	managed bool // Main runs, so somebody will stop the server
	started bool
	url     string
	server  *server // nil when the server is not ours
	err     error
}

// Main runs a test binary's tests, stops the PostgreSQL server that they started, and exits. Each of after runs when the
// tests are over and the server is gone; the first error fails the binary, which is the place for a check of leaked
// goroutines.
func Main(m *testing.M, after ...func() error) {
	shared.mutex.Lock()
	shared.managed = true
	shared.mutex.Unlock()
	code := m.Run()
	if err := shared.stop(); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest: stopping PostgreSQL:", err)
		code = max(code, 1)
	}
	for _, check := range after {
		if err := check(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// Run runs test twice, as the parallel subtests "sqlite" and "postgres", each with an empty database that has migrations
// applied. Migrations may be nil. The database is closed and removed after the test.
func Run(t *testing.T, migrations fs.FS, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, SQLiteURL(t), migrations))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, PostgreSQLURL(t), migrations))
	})
}

// RunURL is [Run] for tests that open the database themselves, or open it more than once.
func RunURL(t *testing.T, test func(t *testing.T, databaseURL string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLiteURL(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, PostgreSQLURL(t))
	})
}

// Open opens a database for the length of a test.
func Open(t testing.TB, databaseURL string, migrations fs.FS) *database.DB {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), setupTimeout)
	defer cancel()
	db, err := database.Open(ctx, databaseURL, migrations)
	if err != nil {
		t.Fatalf("opening the test's database: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing the test's database: %v", err)
		}
	})
	return db
}

// SQLiteURL is the URL of an empty SQLite database that is removed after the test.
func SQLiteURL(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// PostgreSQLURL is the URL of an empty PostgreSQL database that is removed after the test.
func PostgreSQLURL(t testing.TB) string {
	t.Helper()
	serverURL, err := shared.get()
	if err != nil {
		t.Fatalf("PostgreSQL for the tests: %v", err)
	}
	name := "test_" + strings.ToLower(rand.Text())
	administer(t, serverURL, `CREATE DATABASE "`+name+`"`)
	t.Cleanup(func() { administer(t, serverURL, `DROP DATABASE "`+name+`" WITH (FORCE)`) })
	address, err := url.Parse(serverURL)
	if err != nil {
		t.Fatalf("%s: %v", serverVariable, err)
	}
	address.Path = "/" + name
	return address.String()
}

// administer runs one statement on the server itself.
func administer(t testing.TB, serverURL, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), setupTimeout) // also runs in Cleanup, when t.Context is over
	defer cancel()
	db, err := sql.Open("pgx", serverURL)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, statement); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

// get returns the URL of the server's administrator, starting the server when it is the first to ask.
func (h *serverHandle) get() (string, error) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.started {
		return h.url, h.err
	}
	if given := os.Getenv(serverVariable); given != "" {
		h.started, h.url = true, given
		return h.url, nil
	}
	if !h.managed {
		return "", fmt.Errorf("nobody would stop the server: add func TestMain(m *testing.M) { dbtest.Main(m) }")
	}
	h.started = true
	h.server, h.err = startServer()
	if h.err != nil {
		h.err = fmt.Errorf("%w (install it, on Debian with apt-get install postgresql, or set %s)", h.err, serverVariable)
		return "", h.err
	}
	h.url = h.server.url()
	return h.url, nil
}

func (h *serverHandle) stop() error {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if h.server == nil {
		return nil
	}
	err := h.server.stop()
	h.server = nil
	return err
}
