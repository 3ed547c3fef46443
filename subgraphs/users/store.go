package users

import (
	"context"
	"time"
)

// Position is a place in the list of all users: that of the user with these values.
type Position struct {
	CreatedAt time.Time
	ID        string
}

// Session is what one log-in began. Its refresh tokens, of which one at a time is good, keep it alive.
type Session struct {
	ID        string
	UserID    string
	CreatedAt time.Time
	// ExpiresAt is when the session ends however often its token is exchanged.
	ExpiresAt time.Time
}

// RefreshToken is a refresh token as it is stored: nobody who reads the database can use it.
type RefreshToken struct {
	// Hash is the SHA-256 of the token, in hexadecimal digits.
	Hash      string
	IssuedAt  time.Time
	ExpiresAt time.Time
}

// Throttle is how often an account may be tried with a wrong password: Burst times at once, and once in Interval after that.
type Throttle struct {
	Burst    int
	Interval time.Duration
}

// Store keeps accounts and sessions. Its errors are those named here, or unexpected ones.
type Store interface {
	// UsersByID returns the users that exist, by id, with one query.
	UsersByID(ctx context.Context, ids []string) (map[string]*User, error)
	// List returns up to limit users in the order of CreatedAt and ID, those after a position when one is given.
	List(ctx context.Context, limit int, after *Position) ([]*User, error)
	// Create adds a user together with the event that tells of it. It returns ErrEmailTaken.
	Create(ctx context.Context, user *User, passwordHash string) error
	// Rename changes a user's name together with the event that tells of it, and returns the user. It returns ErrUserNotFound.
	Rename(ctx context.Context, userID, name string) (*User, error)

	// Credentials returns the user with a normalized address and the hash of the password, or nil and "".
	Credentials(ctx context.Context, email string) (*User, string, error)
	// SetPasswordHash replaces a hash, unless it is no longer old.
	SetPasswordHash(ctx context.Context, userID, old, replacement string) error
	// TakeAttempt counts an attempt to log in to the account with an address, whether it exists or not, and returns how long the
	// caller must wait when there were too many; the attempt does not count then.
	TakeAttempt(ctx context.Context, email string, now time.Time, throttle Throttle) (wait time.Duration, err error)
	// ClearAttempts forgets the attempts at an account.
	ClearAttempts(ctx context.Context, email string) error

	// StartSession keeps a session and its first refresh token.
	StartSession(ctx context.Context, session *Session, token RefreshToken) error
	// ExchangeToken makes next the good token of the session that hash belongs to. It returns ErrInvalidRefreshToken, or
	// ErrRefreshTokenReused after it has ended the session.
	ExchangeToken(ctx context.Context, hash string, next RefreshToken) (*Session, error)
	// EndSession ends a user's session and says whether there was one to end.
	EndSession(ctx context.Context, userID, sessionID string, now time.Time) (bool, error)
	// EndSessions ends all of a user's sessions and says whether there was one to end.
	EndSessions(ctx context.Context, userID string, now time.Time) (bool, error)
}

// Passwords hashes passwords. Both methods take the same time whatever the password, and wait for their turn.
type Passwords interface {
	// Hash returns the text to store. It returns ErrBusy.
	Hash(ctx context.Context, password string) (string, error)
	// Verify says whether a password is the one that was hashed, and whether the hash should be replaced by a stronger one. A hash
	// of "" fits no password, after the same time. It returns ErrBusy.
	Verify(ctx context.Context, password, hash string) (ok, outdated bool, err error)
}

// Tokens signs access tokens.
type Tokens interface {
	// Sign returns a token that speaks for user within a session, and when it expires.
	Sign(ctx context.Context, user *User, sessionID string) (token string, expiresAt time.Time, err error)
}
