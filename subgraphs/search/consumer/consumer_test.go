package consumer_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/search"
	"github.com/tributary-gql/tributary/subgraphs/search/consumer"
)

// collector keeps what is put.
type collector struct{ documents []search.Document }

func (c *collector) Put(_ context.Context, _ *sqlx.Tx, documents []search.Document) error {
	c.documents = append(c.documents, documents...)
	return nil
}

func TestEventsBecomeDocuments(t *testing.T) {
	t.Parallel()
	payment := `{"id":"p-1","payerId":"u-1","payeeId":"u-2","amount":"4.20","currency":"EUR","description":"Coffee","status":"CAPTURED","createdAt":"2026-01-05T09:00:00Z","later":1}`
	cases := []struct {
		eventType, data string
		want            search.Document
	}{
		{"user.created", `{"id":"u-1","name":"Ada","email":"ada@example.com"}`,
			search.Document{Kind: search.User, ID: "u-1", Title: "Ada", Audience: []string{search.Everyone}}},
		{"user.updated", `{"id":"u-1","name":"Augusta"}`,
			search.Document{Kind: search.User, ID: "u-1", Title: "Augusta", Audience: []string{search.Everyone}}},
		{"payment.created", payment, search.Document{Kind: search.Payment, ID: "p-1", Title: "Coffee", Body: "4.20 EUR", Audience: []string{"u-1", "u-2"}}},
		{"payment.captured", payment, search.Document{Kind: search.Payment, ID: "p-1", Title: "Coffee", Body: "4.20 EUR", Audience: []string{"u-1", "u-2"}}},
		{"notification.created", `{"id":"n-1","ownerId":"u-2","message":"Hello","channels":["EMAIL","IN_APP"]}`,
			search.Document{Kind: search.Notification, ID: "n-1", Title: "Hello", Audience: []string{"u-2"}}},
		{"notification.created", `{"id":"n-1","ownerId":"u-2","message":"Hello","channels":["EMAIL"]}`,
			search.Document{Kind: search.Notification, ID: "n-1", Title: "Hello"}},
	}
	for _, c := range cases {
		kept := &collector{}
		event := events.Event{Envelope: events.Envelope{Type: c.eventType, Sequence: 7, OccurredAt: demo.Epoch(), Data: json.RawMessage(c.data)}}
		if err := consumer.Handlers(kept)[c.eventType](t.Context(), nil, event); err != nil || len(kept.documents) != 1 {
			t.Fatalf("%s: %v, %v", c.eventType, kept.documents, err)
		}
		got := kept.documents[0]
		if got.Kind != c.want.Kind || got.ID != c.want.ID || got.Title != c.want.Title || got.Body != c.want.Body ||
			!slices.Equal(got.Audience, c.want.Audience) || got.Sequence != 7 || got.OccurredAt.IsZero() {
			t.Errorf("%s: %+v, want %+v", c.eventType, got, c.want)
		}
	}
	broken := events.Event{Envelope: events.Envelope{Type: "user.created", Data: json.RawMessage(`[]`)}}
	if err := consumer.Handlers(&collector{})["user.created"](t.Context(), nil, broken); err == nil {
		t.Error("data of another shape was taken")
	}
}
