package payments

import "fmt"

// Code names a failure for programs. Codes are part of the public API: they appear as extensions.code in GraphQL errors and never change meaning.
type Code string

// The codes of this service, each with what the caller can do about it.
const (
	CodeUnauthenticated     Code = "UNAUTHENTICATED"      // send a valid access token
	CodeForbidden           Code = "FORBIDDEN"            // only the owner, a party of the payment or an admin may do this
	CodeInvalidInput        Code = "BAD_USER_INPUT"       // the message names the input field and its rule
	CodeInvalidAmount       Code = "INVALID_AMOUNT"       // not a plain decimal number
	CodeAmountNotPositive   Code = "AMOUNT_NOT_POSITIVE"  // zero or negative
	CodeAmountTooPrecise    Code = "AMOUNT_TOO_PRECISE"   // more decimals than the currency has
	CodeAmountTooLarge      Code = "AMOUNT_TOO_LARGE"     // above MaxAmount, or a balance would overflow
	CodeUnknownCurrency     Code = "UNKNOWN_CURRENCY"     // not one of Currencies
	CodeInvalidPayee        Code = "INVALID_PAYEE"        // missing, malformed, or the payer itself
	CodeInsufficientFunds   Code = "INSUFFICIENT_FUNDS"   // the paying balance would go below its limit
	CodeIdempotencyConflict Code = "IDEMPOTENCY_CONFLICT" // the key was used with another input: choose a new key
	CodePaymentNotFound     Code = "PAYMENT_NOT_FOUND"    // no such payment, or none the caller may see
	CodeWrongStatus         Code = "WRONG_PAYMENT_STATUS" // the payment's status does not allow the change
)

// Error is a failure that the caller caused or can act on. Every other error from this module is internal and shown to nobody.
type Error struct {
	Code    Code
	Message string // one sentence that says what is wrong and what to do; safe to show to the caller
}

// Error returns the message, without the code.
func (e *Error) Error() string { return e.Message }

// ErrorCode returns the code as text, for the GraphQL error's extensions.code.
func (e *Error) ErrorCode() string { return string(e.Code) }

// Is makes errors.Is match on the code alone, so that tests and callers need not know the message.
func (e *Error) Is(target error) bool {
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

func newError(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// ErrInsufficientFunds is what a Store returns when a debit would take an account below its floor.
func ErrInsufficientFunds() error {
	return newError(CodeInsufficientFunds, "the paying account does not cover this amount; pay less or add funds first")
}

// ErrBalanceOverflow is what a Store returns when a credit would take an account above its ceiling.
func ErrBalanceOverflow() error {
	return newError(CodeAmountTooLarge, "the receiving account cannot hold this amount; pay less")
}

// ErrPaymentNotFound is what a Store returns for an unknown id. The rules return the same for a payment that the caller may not see,
// so that nobody learns which ids exist.
func ErrPaymentNotFound(id string) error {
	return newError(CodePaymentNotFound, "there is no payment %q that you may see", id)
}

// ErrIdempotencyConflict is what a Store returns when the payer used the key before with another input.
func ErrIdempotencyConflict(key string) error {
	return newError(CodeIdempotencyConflict, "the idempotency key %q was used with another input; choose a new key for a new payment", key)
}
