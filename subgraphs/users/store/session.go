package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/users"
)

// Credentials implements users.Store.
func (s *Store) Credentials(ctx context.Context, email string) (*users.User, string, error) {
	var row struct {
		userRow
		PasswordHash string `db:"password_hash"`
	}
	err := s.db.GetContext(ctx, &row, s.db.Rebind("SELECT "+userColumns+", password_hash FROM users WHERE email = ?"), email)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading credentials: %w", err)
	}
	return row.user(), row.PasswordHash, nil
}

// SetPasswordHash implements users.Store.
func (s *Store) SetPasswordHash(ctx context.Context, userID, old, replacement string) error {
	return s.execute(ctx, "replacing a password hash",
		`UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?`, replacement, userID, old)
}

// TakeAttempt implements users.Store.
func (s *Store) TakeAttempt(ctx context.Context, email string, now time.Time, throttle users.Throttle) (time.Duration, error) {
	account := accountKey(email)
	// An attempt moves free_at on by one interval, from now at the earliest, and is refused when that leads further ahead than
	// the burst allows.
	horizon := now.Add(time.Duration(throttle.Burst) * throttle.Interval)
	var wait time.Duration
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		wait = 0
		result, err := tx.ExecContext(ctx, tx.Rebind(`
			INSERT INTO log_in_attempts (account, free_at) VALUES (?, ?)
			ON CONFLICT (account) DO UPDATE SET
				free_at = CASE WHEN log_in_attempts.free_at > ? THEN log_in_attempts.free_at ELSE ? END + ?
			WHERE log_in_attempts.free_at <= ?`),
			account, database.At(now.Add(throttle.Interval)),
			database.At(now), database.At(now), throttle.Interval.Microseconds(),
			database.At(horizon.Add(-throttle.Interval)))
		if err != nil {
			return fmt.Errorf("counting an attempt: %w", err)
		}
		if counted, err := result.RowsAffected(); err != nil || counted == 1 {
			return err
		}
		var freeAt database.Timestamp
		if err := tx.GetContext(ctx, &freeAt, tx.Rebind(`SELECT free_at FROM log_in_attempts WHERE account = ?`), account); err != nil {
			return fmt.Errorf("reading the attempts: %w", err)
		}
		wait = freeAt.Add(throttle.Interval).Sub(horizon)
		return nil
	})
	return wait, err
}

// ClearAttempts implements users.Store.
func (s *Store) ClearAttempts(ctx context.Context, email string) error {
	return s.execute(ctx, "clearing attempts", `DELETE FROM log_in_attempts WHERE account = ?`, accountKey(email))
}

// accountKey keeps addresses that somebody tried, and that may belong to nobody here, out of the database.
func accountKey(email string) string {
	sum := sha256.Sum256([]byte(email))
	return hex.EncodeToString(sum[:])
}

// StartSession implements users.Store.
func (s *Store) StartSession(ctx context.Context, session *users.Session, token users.RefreshToken) error {
	return s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		_, err := tx.ExecContext(ctx, tx.Rebind(`INSERT INTO sessions (id, user_id, created_at, expires_at) VALUES (?, ?, ?, ?)`),
			session.ID, session.UserID, database.At(session.CreatedAt), database.At(session.ExpiresAt))
		if err != nil {
			return fmt.Errorf("starting a session: %w", err)
		}
		return insertToken(ctx, tx, session.ID, token)
	})
}

func insertToken(ctx context.Context, tx *sqlx.Tx, sessionID string, token users.RefreshToken) error {
	_, err := tx.ExecContext(ctx, tx.Rebind(`INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at) VALUES (?, ?, ?, ?)`),
		token.Hash, sessionID, database.At(token.IssuedAt), database.At(token.ExpiresAt))
	if err != nil {
		return fmt.Errorf("keeping a refresh token: %w", err)
	}
	return nil
}

// sessionRow is a row of the table sessions.
type sessionRow struct {
	ID        string             `db:"id"`
	UserID    string             `db:"user_id"`
	CreatedAt database.Timestamp `db:"created_at"`
	ExpiresAt database.Timestamp `db:"expires_at"`
	EndedAt   sql.NullInt64      `db:"ended_at"`
}

// ExchangeToken implements users.Store.
func (s *Store) ExchangeToken(ctx context.Context, hash string, next users.RefreshToken) (*users.Session, error) {
	var (
		session *users.Session
		refusal error // committed, not rolled back: ending the session is the point
	)
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		session, refusal = nil, nil
		now := next.IssuedAt
		used, err := s.use(ctx, tx, hash, now)
		if errors.Is(err, sql.ErrNoRows) {
			refusal, err = s.refuse(ctx, tx, hash, now)
			return err
		}
		if err != nil {
			return fmt.Errorf("using a refresh token: %w", err)
		}
		var row sessionRow
		if err := tx.GetContext(ctx, &row, tx.Rebind(`SELECT * FROM sessions WHERE id = ?`), used.SessionID); err != nil {
			return fmt.Errorf("reading a session: %w", err)
		}
		if row.EndedAt.Valid || !now.Before(used.ExpiresAt.Time) || !now.Before(row.ExpiresAt.Time) {
			refusal = users.ErrInvalidRefreshToken
			return nil
		}
		session = &users.Session{ID: row.ID, UserID: row.UserID, CreatedAt: row.CreatedAt.Time, ExpiresAt: row.ExpiresAt.Time}
		return insertToken(ctx, tx, row.ID, next)
	})
	if err == nil {
		err = refusal
	}
	if err != nil {
		return nil, err
	}
	return session, nil
}

// usedToken is a refresh token at the moment of its exchange.
type usedToken struct {
	SessionID string             `db:"session_id"`
	ExpiresAt database.Timestamp `db:"expires_at"`
}

// use marks a good token as used, which only one of several transactions can. It returns sql.ErrNoRows when the token is not good.
func (s *Store) use(ctx context.Context, tx *sqlx.Tx, hash string, now time.Time) (used usedToken, err error) {
	err = tx.GetContext(ctx, &used, tx.Rebind(
		`UPDATE refresh_tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL RETURNING session_id, expires_at`), database.At(now), hash)
	return used, err
}

// refuse tells an unknown token from a used one, whose session it ends.
func (s *Store) refuse(ctx context.Context, tx *sqlx.Tx, hash string, now time.Time) (refusal, err error) {
	var sessionID string
	err = tx.GetContext(ctx, &sessionID, tx.Rebind(`SELECT session_id FROM refresh_tokens WHERE hash = ?`), hash)
	if errors.Is(err, sql.ErrNoRows) {
		return users.ErrInvalidRefreshToken, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading a refresh token: %w", err)
	}
	_, err = tx.ExecContext(ctx, tx.Rebind(`UPDATE sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL`), database.At(now), sessionID)
	if err != nil {
		return nil, fmt.Errorf("ending a session: %w", err)
	}
	return users.ErrRefreshTokenReused, nil
}

// EndSession implements users.Store.
func (s *Store) EndSession(ctx context.Context, userID, sessionID string, now time.Time) (bool, error) {
	return s.end(ctx, `UPDATE sessions SET ended_at = ? WHERE user_id = ? AND ended_at IS NULL AND expires_at > ? AND id = ?`,
		database.At(now), userID, database.At(now), sessionID)
}

// EndSessions implements users.Store.
func (s *Store) EndSessions(ctx context.Context, userID string, now time.Time) (bool, error) {
	return s.end(ctx, `UPDATE sessions SET ended_at = ? WHERE user_id = ? AND ended_at IS NULL AND expires_at > ?`,
		database.At(now), userID, database.At(now))
}

func (s *Store) end(ctx context.Context, statement string, arguments ...any) (bool, error) {
	var ended int64
	err := s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		result, err := tx.ExecContext(ctx, tx.Rebind(statement), arguments...)
		if err != nil {
			return fmt.Errorf("ending sessions: %w", err)
		}
		ended, err = result.RowsAffected()
		return err
	})
	return ended > 0, err
}

// Expire removes what nobody can use any more: sessions, with their tokens, that expired more than keep ago (used tokens are kept that
// long so that their reuse is noticed), and attempts that no longer count.
func (s *Store) Expire(ctx context.Context, now time.Time, keep time.Duration) error {
	if err := s.execute(ctx, "removing old sessions", `DELETE FROM sessions WHERE expires_at < ?`, database.At(now.Add(-keep))); err != nil {
		return err
	}
	return s.execute(ctx, "removing old attempts", `DELETE FROM log_in_attempts WHERE free_at < ?`, database.At(now))
}

// execute runs one statement in a transaction of its own.
func (s *Store) execute(ctx context.Context, purpose, statement string, arguments ...any) error {
	return s.db.InTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, tx.Rebind(statement), arguments...); err != nil {
			return fmt.Errorf("%s: %w", purpose, err)
		}
		return nil
	})
}
