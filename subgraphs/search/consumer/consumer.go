// Package consumer turns the events of other services into documents of the search index.
package consumer

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/search"
)

// Streams are the services that are listened to.
func Streams() []string { return []string{"users", "payments", "notifications"} }

// Putter indexes documents in a transaction; the store does. It leaves alone what the index has in a newer state.
type Putter interface {
	Put(ctx context.Context, tx *sqlx.Tx, documents []search.Document) error
}

// Handlers returns what to do with each type of event.
func Handlers(putter Putter) map[string]events.Handler {
	return map[string]events.Handler{
		"user.created":         handler(putter, userDocument),
		"user.updated":         handler(putter, userDocument),
		"payment.created":      handler(putter, paymentDocument),
		"payment.captured":     handler(putter, paymentDocument),
		"payment.refunded":     handler(putter, paymentDocument),
		"payment.cancelled":    handler(putter, paymentDocument),
		"notification.created": handler(putter, notificationDocument),
	}
}

// handler reads an event's data as T, makes a document of it and indexes it as of the event's sequence.
func handler[T any](putter Putter, document func(T) search.Document) events.Handler {
	return func(ctx context.Context, tx *sqlx.Tx, event events.Event) error {
		var data T
		if err := event.Decode(&data); err != nil {
			return err
		}
		d := document(data)
		d.Sequence = event.Sequence
		if d.OccurredAt.IsZero() {
			d.OccurredAt = event.OccurredAt
		}
		return putter.Put(ctx, tx, []search.Document{d})
	}
}

// userData is what is read of a user event's data. The e-mail address is private, so it is not searched.
type userData struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	CreatedAt time.Time `json:"createdAt"`
}

func userDocument(data userData) search.Document {
	return search.Document{Kind: search.User, ID: data.ID, Title: data.Name, Audience: []string{search.Everyone}, OccurredAt: data.CreatedAt}
}

// paymentData is what is read of a payment event's data.
type paymentData struct {
	ID          string    `json:"id"`
	PayerID     string    `json:"payerId"`
	PayeeID     string    `json:"payeeId"`
	Amount      string    `json:"amount"`
	Currency    string    `json:"currency"`
	Description string    `json:"description"`
	CreatedAt   time.Time `json:"createdAt"`
}

func paymentDocument(data paymentData) search.Document {
	return search.Document{
		Kind: search.Payment, ID: data.ID, Title: data.Description, Body: data.Amount + " " + data.Currency,
		Audience: []string{data.PayerID, data.PayeeID}, OccurredAt: data.CreatedAt,
	}
}

// notificationData is what is read of a notification event's data.
type notificationData struct {
	ID        string    `json:"id"`
	OwnerID   string    `json:"ownerId"`
	Message   string    `json:"message"`
	Channels  []string  `json:"channels"`
	CreatedAt time.Time `json:"createdAt"`
}

// inApp is the channel of notifications that their owner sees in the graph. Of the others nobody finds anything.
const inApp = "IN_APP"

func notificationDocument(data notificationData) search.Document {
	d := search.Document{Kind: search.Notification, ID: data.ID, Title: data.Message, OccurredAt: data.CreatedAt}
	if slices.Contains(data.Channels, inApp) {
		d.Audience = []string{data.OwnerID}
	}
	return d
}
