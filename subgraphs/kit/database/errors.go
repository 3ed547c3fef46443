package database

import (
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/sethvargo/go-retry"
	"modernc.org/sqlite"
)

// SQLSTATE values: https://www.postgresql.org/docs/current/errcodes-appendix.html
const (
	pgUniqueViolation      = "23505"
	pgSerializationFailure = "40001"
	pgDeadlockDetected     = "40P01"
	pgCannotConnectNow     = "57P03"
	pgTooManyConnections   = "53300"
)

// Result codes: https://sqlite.org/rescode.html. The low byte is the primary code.
const (
	sqliteBusy                 = 5
	sqliteLocked               = 6
	sqliteConstraintPrimaryKey = 1555
	sqliteConstraintUnique     = 2067
)

// IsUniqueViolation says whether err comes from a row that a unique index or primary key refused.
func IsUniqueViolation(err error) bool {
	if state, ok := sqlState(err); ok {
		return state == pgUniqueViolation
	}
	code, ok := sqliteCode(err)
	return ok && (code == sqliteConstraintUnique || code == sqliteConstraintPrimaryKey)
}

// isConflict says whether a transaction that failed with err may succeed when it is tried again.
func isConflict(err error) bool {
	if state, ok := sqlState(err); ok {
		return state == pgSerializationFailure || state == pgDeadlockDetected
	}
	code, ok := sqliteCode(err)
	return ok && (code&0xff == sqliteBusy || code&0xff == sqliteLocked)
}

// retryWhenUnreachable marks the errors of a server that is not up yet; a wrong password or database name is final.
func retryWhenUnreachable(err error) error {
	if state, ok := sqlState(err); ok {
		if state == pgCannotConnectNow || state == pgTooManyConnections {
			return retry.RetryableError(err)
		}
		return err
	}
	var network *net.OpError
	if errors.As(err, &network) {
		return retry.RetryableError(err)
	}
	return err
}

func sqlState(err error) (string, bool) {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return server.Code, true
	}
	return "", false
}

func sqliteCode(err error) (int, bool) {
	var engine *sqlite.Error
	if errors.As(err, &engine) {
		return engine.Code(), true
	}
	return 0, false
}
