package notifications

import "fmt"

// Code names a failure for programs; it appears as extensions.code in GraphQL errors and never changes meaning.
type Code string

// The codes of this service, each with what the caller can do about it.
const (
	CodeUnauthenticated Code = "UNAUTHENTICATED"        // send a valid access token
	CodeForbidden       Code = "FORBIDDEN"              // only the owner or an admin may do this
	CodeInvalidInput    Code = "BAD_USER_INPUT"         // the message names the input and its rule
	CodeNotFound        Code = "NOTIFICATION_NOT_FOUND" // no such notification, or none of the caller's
)

// Error is a failure that the caller caused or can act on. Every other error of this module is internal.
type Error struct {
	Code    Code
	Message string // one sentence, safe to show to the caller
}

// Error returns the message, without the code.
func (e *Error) Error() string { return e.Message }

// ErrorCode returns the code as text, for the GraphQL error's extensions.code.
func (e *Error) ErrorCode() string { return string(e.Code) }

// Is makes errors.Is match on the code alone.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

func newError(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

func errUnauthenticated() error {
	return newError(CodeUnauthenticated, "this needs a signed-in user; send \"Authorization: Bearer <access token>\"")
}
