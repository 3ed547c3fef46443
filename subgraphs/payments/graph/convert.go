package graph

import (
	"context"
	"strconv"

	"github.com/tributary-gql/tributary/subgraphs/kit/connection"
	"github.com/tributary-gql/tributary/subgraphs/kit/cursor"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/payments"
	"github.com/tributary-gql/tributary/subgraphs/payments/graph/model"
)

// viewerOf returns who the request comes from.
func viewerOf(ctx context.Context) payments.Viewer {
	caller := identity.From(ctx)
	if caller == nil {
		return payments.Viewer{}
	}
	return payments.Viewer{ID: caller.Subject, Admin: caller.IsAdmin()}
}

func toPayment(p payments.Payment) *model.Payment {
	return &model.Payment{
		ID: p.ID, Amount: toMoney(p.Amount), Description: p.Description, Status: model.PaymentStatus(p.Status),
		Payer: &model.User{ID: p.PayerID}, Payee: &model.User{ID: p.PayeeID}, CreatedAt: p.CreatedAt,
	}
}

func toMoney(m payments.Money) *model.Money {
	return &model.Money{Amount: m.Amount(), Currency: model.Currency(m.Currency)}
}

// paymentResult is what a mutation answers.
func paymentResult(p payments.Payment, err error) (*model.Payment, error) {
	if err != nil {
		return nil, err
	}
	return toPayment(p), nil
}

// The cursors of User.payments hold a payments.Position.
const (
	paymentList      = "payments"
	paymentKeyLength = 2
)

// pageKeys turns checked arguments into each user's page for the store: with one row more, which tells whether another page follows.
func pageKeys(page connection.Page, status *model.PaymentStatus) (func(userID string) payments.PageKey, error) {
	key := payments.PageKey{Limit: page.Limit + 1}
	if status != nil {
		key.Status = payments.Status(*status)
	}
	if page.After != nil {
		micros, err := strconv.ParseInt(page.After[0], 10, 64)
		if err != nil {
			return nil, fault.New(fault.BadInput, "after is not a cursor of this list: use pageInfo.endCursor as it was given")
		}
		key.After = payments.Position{CreatedMicros: micros, ID: page.After[1]}
	}
	return func(userID string) payments.PageKey {
		key := key
		key.UserID = userID
		return key
	}, nil
}

func toConnection(rows []payments.Payment, page connection.Page) *model.PaymentConnection {
	rows, more := connection.Trim(rows, page)
	edges := make([]*model.PaymentEdge, len(rows))
	cursors := make([]string, len(rows))
	for i, p := range rows {
		at := payments.PositionOf(p)
		cursors[i] = cursor.Encode(paymentList, strconv.FormatInt(at.CreatedMicros, 10), at.ID)
		edges[i] = &model.PaymentEdge{Cursor: cursors[i], Node: toPayment(p)}
	}
	return &model.PaymentConnection{Edges: edges, PageInfo: connection.NewPageInfo(page, cursors, more)}
}
