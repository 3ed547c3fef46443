package users

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"time"
)

// Policy is how long things last and how often they may be tried.
type Policy struct {
	// RefreshTokenLife is how long a session lives without a refresh.
	RefreshTokenLife time.Duration
	// SessionLife is how long a session lives at most.
	SessionLife time.Duration
	// LogIn bounds guessing.
	LogIn Throttle
}

// DefaultPolicy is for people at a browser: a month of absence, a quarter in all, ten guesses and then one in half a minute.
func DefaultPolicy() Policy {
	const day = 24 * time.Hour
	return Policy{
		RefreshTokenLife: 30 * day,
		SessionLife:      90 * day,
		LogIn:            Throttle{Burst: 10, Interval: 30 * time.Second},
	}
}

// Accounts is what people do with their accounts. It is safe for concurrent use.
type Accounts struct {
	store     Store
	passwords Passwords
	tokens    Tokens
	policy    Policy
	logger    *slog.Logger
	now       func() time.Time
}

// NewAccounts returns the accounts in a store. Now is the clock.
func NewAccounts(store Store, passwords Passwords, tokens Tokens, policy Policy, logger *slog.Logger, now func() time.Time) *Accounts {
	return &Accounts{store: store, passwords: passwords, tokens: tokens, policy: policy, logger: logger, now: now}
}

// Granted is what somebody holds who has logged in.
type Granted struct {
	User         *User
	AccessToken  string
	RefreshToken string
	// ExpiresAt is when the access token expires.
	ExpiresAt time.Time
}

const (
	userIDPrefix       = "u-"
	sessionIDPrefix    = "s-"
	refreshTokenPrefix = "trf_" // lets scanners find leaked tokens
	// maxRefreshToken bounds a refresh token in bytes as it arrives; ours are far below.
	maxRefreshToken = 200
)

// SignUp makes an account and logs in to it. The error is one of bad input, ErrEmailTaken or ErrBusy. That an address has an account
// shows here, as it must while addresses are not confirmed by mail; how long the answer takes does not tell.
func (a *Accounts) SignUp(ctx context.Context, email, password, name string) (*Granted, error) {
	email, err := NormalizeEmail(email)
	if err != nil {
		return nil, err
	}
	if name, err = NormalizeName(name); err != nil {
		return nil, err
	}
	if err := CheckPassword(password, email); err != nil {
		return nil, err
	}
	hash, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return nil, err
	}
	user := &User{ID: newID(userIDPrefix), Name: name, Email: email, Roles: []Role{RoleUser}, CreatedAt: a.now()}
	if err := a.store.Create(ctx, user, hash); err != nil {
		return nil, err
	}
	return a.begin(ctx, user)
}

// LogIn begins a session. The error is ErrInvalidCredentials, ErrBusy, or that there were too many attempts; it is the same, after
// the same work, whether the account exists or not.
func (a *Accounts) LogIn(ctx context.Context, email, password string) (*Granted, error) {
	email, err := NormalizeEmail(email)
	if err != nil {
		return nil, err
	}
	// The attempt counts before the password is looked at, so that guesses sent side by side all count.
	wait, err := a.store.TakeAttempt(ctx, email, a.now(), a.policy.LogIn)
	if err != nil {
		return nil, err
	}
	if wait > 0 {
		a.logger.WarnContext(ctx, "log-in throttled", "wait", wait)
		return nil, throttled(wait)
	}
	user, hash, err := a.store.Credentials(ctx, email)
	if err != nil {
		return nil, err
	}
	ok, outdated, err := a.passwords.Verify(ctx, password, hash)
	if err != nil {
		return nil, err
	}
	if !ok || user == nil {
		return nil, ErrInvalidCredentials
	}
	if err := a.store.ClearAttempts(ctx, email); err != nil {
		return nil, err
	}
	if outdated {
		if err := a.rehash(ctx, user, password, hash); err != nil {
			return nil, err
		}
	}
	return a.begin(ctx, user)
}

// rehash stores a password's hash with today's parameters, at the only moment at which the password is known.
func (a *Accounts) rehash(ctx context.Context, user *User, password, old string) error {
	replacement, err := a.passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	return a.store.SetPasswordHash(ctx, user.ID, old, replacement)
}

// Refresh exchanges a refresh token. The error is ErrInvalidRefreshToken, or ErrRefreshTokenReused: then whoever stole the token,
// and its owner, have to log in again.
func (a *Accounts) Refresh(ctx context.Context, token string) (*Granted, error) {
	if !strings.HasPrefix(token, refreshTokenPrefix) || len(token) > maxRefreshToken {
		return nil, ErrInvalidRefreshToken
	}
	next := refreshTokenPrefix + rand.Text() + rand.Text()
	session, err := a.store.ExchangeToken(ctx, hashOf(token), a.stored(next))
	if err != nil {
		if errors.Is(err, ErrRefreshTokenReused) {
			a.logger.WarnContext(ctx, "a refresh token was used twice: its session has ended")
		}
		return nil, err
	}
	found, err := a.store.UsersByID(ctx, []string{session.UserID})
	if err != nil {
		return nil, err
	}
	user := found[session.UserID]
	if user == nil {
		return nil, ErrInvalidRefreshToken
	}
	return a.grant(ctx, user, session.ID, next)
}

// LogOut ends a session of a user, or all of them, and says whether there was one to end.
func (a *Accounts) LogOut(ctx context.Context, userID, sessionID string, everywhere bool) (bool, error) {
	if everywhere {
		return a.store.EndSessions(ctx, userID, a.now())
	}
	return a.store.EndSession(ctx, userID, sessionID, a.now())
}

// Rename changes a user's name. The error is one of bad input, or ErrUserNotFound.
func (a *Accounts) Rename(ctx context.Context, userID, name string) (*User, error) {
	name, err := NormalizeName(name)
	if err != nil {
		return nil, err
	}
	return a.store.Rename(ctx, userID, name)
}

// begin starts a session for a user who has proved who they are.
func (a *Accounts) begin(ctx context.Context, user *User) (*Granted, error) {
	now := a.now()
	session := &Session{ID: newID(sessionIDPrefix), UserID: user.ID, CreatedAt: now, ExpiresAt: now.Add(a.policy.SessionLife)}
	token := refreshTokenPrefix + rand.Text() + rand.Text()
	if err := a.store.StartSession(ctx, session, a.stored(token)); err != nil {
		return nil, err
	}
	return a.grant(ctx, user, session.ID, token)
}

func (a *Accounts) grant(ctx context.Context, user *User, sessionID, refreshToken string) (*Granted, error) {
	access, expiresAt, err := a.tokens.Sign(ctx, user, sessionID)
	if err != nil {
		return nil, err
	}
	return &Granted{User: user, AccessToken: access, RefreshToken: refreshToken, ExpiresAt: expiresAt}, nil
}

func (a *Accounts) stored(token string) RefreshToken {
	now := a.now()
	return RefreshToken{Hash: hashOf(token), IssuedAt: now, ExpiresAt: now.Add(a.policy.RefreshTokenLife)}
}

// hashOf needs no salt and no slowness: a token has 260 random bits.
func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func newID(prefix string) string { return prefix + strings.ToLower(rand.Text()) }
