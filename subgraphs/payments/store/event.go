package store

import (
	"time"

	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/payments"
)

// eventVersion is the version of eventData: a new one when a field changes its meaning, not when one is added.
const eventVersion = 1

// eventData is the data of every payment event: the payment after the change.
type eventData struct {
	ID          string    `json:"id"`
	PayerID     string    `json:"payerId"`
	PayeeID     string    `json:"payeeId"`
	Amount      string    `json:"amount"` // decimal text with exactly the currency's decimals
	Currency    string    `json:"currency"`
	Description string    `json:"description"`
	Status      string    `json:"status"`
	CreatedAt   time.Time `json:"createdAt"`
}

func draft(eventType string, p payments.Payment, at time.Time) events.Draft {
	return events.Draft{
		Type: eventType, Version: eventVersion, Aggregate: events.Aggregate{Type: "payment", ID: p.ID}, OccurredAt: at,
		Data: eventData{
			ID: p.ID, PayerID: p.PayerID, PayeeID: p.PayeeID, Amount: p.Amount.Amount(), Currency: string(p.Amount.Currency),
			Description: p.Description, Status: string(p.Status), CreatedAt: p.CreatedAt,
		},
	}
}
