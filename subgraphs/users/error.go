package users

import (
	"fmt"
	"time"
)

// The codes of this domain's errors.
const (
	CodeBadInput            = "BAD_USER_INPUT"
	CodeEmailTaken          = "EMAIL_TAKEN"
	CodeInvalidCredentials  = "INVALID_CREDENTIALS"
	CodeInvalidRefreshToken = "INVALID_REFRESH_TOKEN"
	CodeRefreshTokenReused  = "REFRESH_TOKEN_REUSED"
	CodeTooManyRequests     = "TOO_MANY_REQUESTS"
	CodeNotFound            = "NOT_FOUND"
)

// Error is a failure that a client may see.
type Error struct {
	code    string
	message string
}

// Error is the message for the client.
func (e *Error) Error() string { return e.message }

// ErrorCode is one of the codes above.
func (e *Error) ErrorCode() string { return e.code }

func badInput(format string, arguments ...any) error {
	return &Error{CodeBadInput, fmt.Sprintf(format, arguments...)}
}

// The failures whose text never changes. Compare with errors.Is.
var (
	// ErrEmailTaken: there is an account with the address already.
	ErrEmailTaken error = &Error{CodeEmailTaken, "there is an account with this e-mail address already: log in instead"}
	// ErrInvalidCredentials says the same whether the address is unknown or the password wrong.
	ErrInvalidCredentials error = &Error{CodeInvalidCredentials, "the e-mail address or the password is wrong"}
	// ErrInvalidRefreshToken: the token is unknown or expired, or its session has ended.
	ErrInvalidRefreshToken error = &Error{CodeInvalidRefreshToken, "the refresh token is not valid any more: log in again"}
	// ErrRefreshTokenReused: the token was exchanged before, so two parties hold it.
	ErrRefreshTokenReused error = &Error{CodeRefreshTokenReused, "the refresh token was used before, so its session has ended: log in again"}
	// ErrUserNotFound: the user of a valid token is gone.
	ErrUserNotFound error = &Error{CodeNotFound, "the user does not exist any more"}
	// ErrBusy: more passwords wait to be checked than can be in reasonable time.
	ErrBusy error = &Error{CodeTooManyRequests, "too many people are logging in right now: try again in a few seconds"}
)

// throttled is the answer to an attempt that came too early.
func throttled(wait time.Duration) error {
	seconds := max(1, int((wait+time.Second-1)/time.Second))
	return &Error{CodeTooManyRequests, fmt.Sprintf("too many attempts to log in to this account: try again in %d seconds", seconds)}
}
