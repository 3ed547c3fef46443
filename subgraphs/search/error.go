package search

import "fmt"

// Code names a failure for programs; it appears as extensions.code in GraphQL errors.
type Code string

// CodeInvalidInput is the code of a refused argument; the message names the argument and its rule.
const CodeInvalidInput Code = "BAD_USER_INPUT"

// Error is a failure that the caller caused. Every other error of this module is internal.
type Error struct {
	Code    Code
	Message string // safe to show to the caller
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

func invalidInput(format string, args ...any) *Error {
	return &Error{Code: CodeInvalidInput, Message: fmt.Sprintf(format, args...)}
}
