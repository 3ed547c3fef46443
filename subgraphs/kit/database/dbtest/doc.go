// Package dbtest runs a test once on SQLite and once on PostgreSQL, each time in a fresh, migrated database.
//
// A test binary that uses it starts its one PostgreSQL server from TestMain:
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
//
//	func TestStore(t *testing.T) {
//		t.Parallel()
//		dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) { … })
//	}
//
// The server is real: initdb and postgres from the path or from /usr/lib/postgresql, as user postgres when the tests run as
// root, in a temporary directory, on a free port, removed afterwards. With TEST_POSTGRES_URL set to an administrator's URL that
// server is used instead, and only the databases made on it are removed. Without either, tests fail; they are never skipped.
package dbtest
