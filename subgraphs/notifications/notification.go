package notifications

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// Kind says what happened.
type Kind string

// The kinds of notification.
const (
	PaymentSent      Kind = "PAYMENT_SENT"      // to the payer: the receipt
	PaymentIncoming  Kind = "PAYMENT_INCOMING"  // to the payee: money is on its way
	PaymentCaptured  Kind = "PAYMENT_CAPTURED"  // to the payer: the payee has the money
	PaymentRefunded  Kind = "PAYMENT_REFUNDED"  // to the payer: the money is back
	PaymentCancelled Kind = "PAYMENT_CANCELLED" // to the payee: the money does not come
	Welcome          Kind = "WELCOME"           // to a new user
)

// Kinds lists every kind in the order in which they are shown.
func Kinds() []Kind {
	return []Kind{PaymentSent, PaymentIncoming, PaymentCaptured, PaymentRefunded, PaymentCancelled, Welcome}
}

// SubjectType is the type of the entity that a notification is about, as it is called in the graph.
type SubjectType string

// Subjects are owned by other services.
const (
	SubjectPayment SubjectType = "Payment"
	SubjectUser    SubjectType = "User"
)

// Subject is what a notification is about.
type Subject struct {
	Type SubjectType
	ID   string
}

// Notification tells its owner that something happened.
type Notification struct {
	ID        string
	OwnerID   string
	Kind      Kind
	Message   string
	Subject   Subject
	CreatedAt time.Time // UTC, whole microseconds
	ReadAt    time.Time // zero while unread
}

// Read tells whether the owner has marked it as read.
func (n Notification) Read() bool { return !n.ReadAt.IsZero() }

// VisibleTo tells whether the viewer may see the notification: its owner or an admin.
func (n Notification) VisibleTo(v Viewer) bool { return v.ID != "" && (v.Admin || v.ID == n.OwnerID) }

// Viewer is who asks: an authenticated user, or nobody when ID is empty.
type Viewer struct {
	ID    string
	Admin bool
}

// newNotification gives the notification the id that follows from its owner, kind and subject.
func newNotification(owner string, kind Kind, subject Subject, message string, at time.Time) Notification {
	sum := sha256.Sum256([]byte(strings.Join([]string{owner, string(kind), string(subject.Type), subject.ID}, "\x00")))
	return Notification{
		ID: "n-" + hex.EncodeToString(sum[:12]), OwnerID: owner, Kind: kind, Message: message, Subject: subject,
		CreatedAt: at.UTC().Truncate(time.Microsecond),
	}
}

// Payment is what this service learns of a payment.
type Payment struct {
	ID          string
	PayerID     string
	PayeeID     string
	Amount      string // with its currency, for example "4.20 EUR"
	Description string
}

// PaymentChange is what happened to a payment.
type PaymentChange string

// The changes that payments go through.
const (
	Created   PaymentChange = "created"
	Captured  PaymentChange = "captured"
	Refunded  PaymentChange = "refunded"
	Cancelled PaymentChange = "cancelled"
)

// AboutPayment returns the notifications that a change of a payment causes.
func AboutPayment(change PaymentChange, p Payment, at time.Time) []Notification {
	about := Subject{SubjectPayment, p.ID}
	tell := func(owner string, kind Kind, message string) Notification {
		if p.Description != "" {
			message += ": " + p.Description
		}
		return newNotification(owner, kind, about, message, at)
	}
	switch change {
	case Created:
		return []Notification{
			tell(p.PayerID, PaymentSent, "You authorised a payment of "+p.Amount),
			tell(p.PayeeID, PaymentIncoming, "A payment of "+p.Amount+" is on its way to you"),
		}
	case Captured:
		return []Notification{tell(p.PayerID, PaymentCaptured, "Your payment of "+p.Amount+" was captured")}
	case Refunded:
		return []Notification{tell(p.PayerID, PaymentRefunded, "Your payment of "+p.Amount+" was refunded")}
	case Cancelled:
		return []Notification{tell(p.PayeeID, PaymentCancelled, "The payment of "+p.Amount+" to you was cancelled")}
	}
	return nil
}

// AboutUser returns the notification that welcomes a new user.
func AboutUser(id, name string, at time.Time) Notification {
	return newNotification(id, Welcome, Subject{SubjectUser, id}, "Welcome to Tributary, "+name, at)
}
