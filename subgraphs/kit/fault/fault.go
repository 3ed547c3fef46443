package fault

import (
	"errors"
	"fmt"
)

// The codes that the services share. A service may add its own (IDEMPOTENCY_CONFLICT); it never gives one of these another
// meaning.
const (
	// Unauthenticated: the request carries no identity and the field needs one.
	Unauthenticated = "UNAUTHENTICATED"
	// Forbidden: the identity is known and may not do this.
	Forbidden = "FORBIDDEN"
	// BadInput: an argument is not acceptable; the message says which and why.
	BadInput = "BAD_USER_INPUT"
	// NotFound: what a mutation names does not exist. (A query answers null.)
	NotFound = "NOT_FOUND"
	// Conflict: the request disagrees with the present state.
	Conflict = "CONFLICT"
	// TooManyRequests: the caller must wait before it tries again.
	TooManyRequests = "TOO_MANY_REQUESTS"
	// Unavailable: something that the answer needs cannot be reached; trying again later may work.
	Unavailable = "SERVICE_UNAVAILABLE"
	// Timeout: the request's deadline passed before the answer was ready.
	Timeout = "TIMEOUT"
	// Internal: an unexpected failure; the message has a reference that is in the log.
	Internal = "INTERNAL_SERVER_ERROR"
)

// Coded is an error whose message and code may be shown to a client. Error returns the message alone: the text of an error
// that wraps a Coded one is for the log.
type Coded interface {
	error
	// ErrorCode is the value for extensions.code, such as NOT_FOUND.
	ErrorCode() string
}

// Error is the ready-made [Coded].
type Error struct {
	code    string
	message string
}

// New returns an error with a code and a message for the client, made as by fmt.Sprintf.
func New(code, format string, arguments ...any) *Error {
	return &Error{code: code, message: fmt.Sprintf(format, arguments...)}
}

// Error is the message for the client.
func (e *Error) Error() string { return e.message }

// ErrorCode is the code given to [New].
func (e *Error) ErrorCode() string { return e.code }

// Code returns the code of the first [Coded] in err's chain, and "" when there is none.
func Code(err error) string {
	var coded Coded
	if errors.As(err, &coded) {
		return coded.ErrorCode()
	}
	return ""
}
