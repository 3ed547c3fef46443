package dbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
)

// CountReads has every read of db, which was opened from databaseURL, counted from now on: the queries that go through the pool and
// not through a transaction. It is for tests that prove how many queries an answer costs.
func CountReads(t testing.TB, db *database.DB, databaseURL string) *atomic.Int64 {
	t.Helper()
	dsn := databaseURL
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		dsn = "file:" + path
	}
	connector := &countingConnector{driver: db.Driver(), dsn: dsn}
	plain := db.DB
	counting := sqlx.NewDb(sql.OpenDB(connector), plain.DriverName())
	db.DB = counting
	t.Cleanup(func() {
		db.DB = plain
		if err := counting.Close(); err != nil {
			t.Errorf("closing the counting pool: %v", err)
		}
	})
	return &connector.queries
}

// countingConnector opens connections that count their queries.
type countingConnector struct {
	driver  driver.Driver
	dsn     string
	queries atomic.Int64
}

// Connect implements driver.Connector.
func (c *countingConnector) Connect(context.Context) (driver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return &countingConn{Conn: conn, queries: &c.queries}, nil
}

// Driver implements driver.Connector.
func (c *countingConnector) Driver() driver.Driver { return c.driver }

// countingConn offers nothing but preparing, so that every query is a statement that is prepared once.
type countingConn struct {
	driver.Conn
	queries *atomic.Int64
}

// Prepare implements driver.Conn.
func (c *countingConn) Prepare(query string) (driver.Stmt, error) {
	c.queries.Add(1)
	return c.Conn.Prepare(query)
}
