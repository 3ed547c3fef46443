package payments

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Payment is money that one user gives to another. PayerID and PayeeID are ids of users, who live in another service.
type Payment struct {
	ID          string
	PayerID     string
	PayeeID     string
	Amount      Money
	Description string
	Status      Status
	CreatedAt   time.Time // UTC, whole microseconds
	Version     int64     // 1 when created, one more with each change of status; orders the payment's events
}

// VisibleTo tells whether the viewer may see the payment: its payer, its payee, or an admin.
func (p Payment) VisibleTo(v Viewer) bool {
	return v.Admin || (v.ID != "" && (v.ID == p.PayerID || v.ID == p.PayeeID))
}

// Viewer is who asks: an authenticated user, or nobody when ID is empty.
type Viewer struct {
	ID    string
	Admin bool
}

// CanSeeAccountOf tells whether the viewer may see the user's balance and list of payments: the user itself, or an admin.
func (v Viewer) CanSeeAccountOf(userID string) bool {
	return v.ID != "" && (v.Admin || v.ID == userID)
}

// Status is where a payment stands.
type Status string

// A payment starts authorised: the payer's money is held. It ends cancelled (the money is free again), captured (the payee has it), or,
// after capture, refunded (the payer has it back).
const (
	Authorized Status = "AUTHORIZED"
	Captured   Status = "CAPTURED"
	Refunded   Status = "REFUNDED"
	Cancelled  Status = "CANCELLED"
)

// Limits on what a payment may carry.
const (
	MaxDescriptionRunes    = 280
	MaxIdempotencyKeyBytes = 128
	maxUserIDBytes         = 64
)

// NewPayment is what a caller asks for; the payer is the caller.
type NewPayment struct {
	IdempotencyKey string // unique per payer; a retry with the same key and input returns the first payment
	PayeeID        string
	Amount         string // decimal text, see ParseMoney
	Currency       Currency
	Description    string
}

// validate checks everything that needs no store and returns the amount in minor units. Failures are *Error.
func (n NewPayment) validate(payerID string) (Money, error) {
	if err := checkIdempotencyKey(n.IdempotencyKey); err != nil {
		return Money{}, err
	}
	switch {
	case !isUserID(n.PayeeID):
		return Money{}, newError(CodeInvalidPayee, "payeeId must be the id of a user, 1 to %d bytes long", maxUserIDBytes)
	case n.PayeeID == payerID:
		return Money{}, newError(CodeInvalidPayee, "payeeId is your own id; you cannot pay yourself")
	case !isStorable(n.Description):
		return Money{}, newError(CodeInvalidInput, "description must be valid text without NUL characters")
	case utf8.RuneCountInString(n.Description) > MaxDescriptionRunes:
		return Money{}, newError(CodeInvalidInput, "description has more than %d characters; shorten it", MaxDescriptionRunes)
	}
	return ParseMoney(n.Amount, n.Currency)
}

func checkIdempotencyKey(key string) error {
	if key == "" || len(key) > MaxIdempotencyKeyBytes || !isStorable(key) {
		return newError(CodeInvalidInput, "idempotencyKey must be text of 1 to %d bytes; send a new UUID for each new payment", MaxIdempotencyKeyBytes)
	}
	return nil
}

func isUserID(id string) bool { return id != "" && len(id) <= maxUserIDBytes && isStorable(id) }

// isStorable refuses what PostgreSQL cannot keep in text: broken UTF-8 and NUL.
func isStorable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// fingerprint identifies the input, so that a reused idempotency key with another input is noticed. The amount counts by value: "4.2" and
// "4.20" euros are one input.
func fingerprint(payeeID string, amount Money, description string) string {
	h := sha256.New()
	for _, part := range []string{payeeID, strconv.FormatInt(amount.Minor, 10), string(amount.Currency), description} {
		h.Write([]byte(strconv.Itoa(len(part))))
		h.Write([]byte{':'})
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}
