// Package consumer turns the events of other services into notifications.
package consumer

import (
	"context"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
)

// Streams are the services that are listened to.
func Streams() []string { return []string{"payments", "users"} }

// Deliverer keeps notifications in a transaction; the store does.
type Deliverer interface {
	Deliver(ctx context.Context, tx *sqlx.Tx, all []notifications.Notification) (int, error)
}

// Handlers returns what to do with each type of event.
func Handlers(deliverer Deliverer) map[string]events.Handler {
	return map[string]events.Handler{
		"payment.created":   onPayment(deliverer, notifications.Created),
		"payment.captured":  onPayment(deliverer, notifications.Captured),
		"payment.refunded":  onPayment(deliverer, notifications.Refunded),
		"payment.cancelled": onPayment(deliverer, notifications.Cancelled),
		"user.created":      onUserCreated(deliverer),
	}
}

// paymentData is what is read of a payment event's data.
type paymentData struct {
	ID          string `json:"id"`
	PayerID     string `json:"payerId"`
	PayeeID     string `json:"payeeId"`
	Amount      string `json:"amount"`
	Currency    string `json:"currency"`
	Description string `json:"description"`
}

func onPayment(deliverer Deliverer, change notifications.PaymentChange) events.Handler {
	return func(ctx context.Context, tx *sqlx.Tx, event events.Event) error {
		var data paymentData
		if err := event.Decode(&data); err != nil {
			return err
		}
		_, err := deliverer.Deliver(ctx, tx, notifications.AboutPayment(change, notifications.Payment{
			ID: data.ID, PayerID: data.PayerID, PayeeID: data.PayeeID, Amount: data.Amount + " " + data.Currency, Description: data.Description,
		}, event.OccurredAt))
		return err
	}
}

// userData is what is read of a user event's data.
type userData struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func onUserCreated(deliverer Deliverer) events.Handler {
	return func(ctx context.Context, tx *sqlx.Tx, event events.Event) error {
		var data userData
		if err := event.Decode(&data); err != nil {
			return err
		}
		_, err := deliverer.Deliver(ctx, tx, []notifications.Notification{notifications.AboutUser(data.ID, data.Name, event.OccurredAt)})
		return err
	}
}
