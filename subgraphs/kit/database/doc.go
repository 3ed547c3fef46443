// Package database opens a service's database, brings its tables up to date, and runs its transactions. The same store code
// runs on SQLite, the embedded default, and on PostgreSQL.
//
// # Opening
//
// [Open] takes a URL, "sqlite:PATH" or "postgres://…", and the service's embedded migrations: a file system with the folders
// "migrations/sqlite" and "migrations/postgres", each with goose files such as "00001_users.sql". The kit's own tables
// (outbox, consumer positions, leases) are migrated with them, under a version table of their own.
//
// # Reading and writing
//
// [DB] embeds *sqlx.DB for reads. Every write goes through [DB.InTx]: SQLite allows one writer, so writes have a connection of
// their own, and a write outside InTx fails there. Write SQL once, with ? for its arguments, and pass it through Rebind (of the
// DB or of the Tx) before it is run. Where the two databases differ, look at [DB.Dialect].
//
// Times are kept as [Timestamp]: microseconds since 1970, a BIGINT that sorts and compares alike everywhere.
//
// # In tests
//
// Package dbtest runs a test once on each database.
package database
