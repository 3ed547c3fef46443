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

// pageKeyOf turns checked arguments into a page for the store: with one row more, which tells whether another page follows.
func pageKeyOf(userID string, page connection.Page, status *model.PaymentStatus) (payments.PageKey, error) {
	key := payments.PageKey{UserID: userID, Limit: page.Limit + 1}
	if status != nil {
		key.Status = payments.Status(*status)
	}
	if page.After != nil {
		micros, err := strconv.ParseInt(page.After[0], 10, 64)
		if err != nil {
			return payments.PageKey{}, fault.New(fault.BadInput, "after is not a cursor of this list: use pageInfo.endCursor as it was given")
		}
		key.After = payments.Position{CreatedMicros: micros, ID: page.After[1]}
	}
	return key, nil
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

// balanceOf answers one of a user's balances, to those who may see it.
func balanceOf(ctx context.Context, userID string, kind payments.AccountKind, currency model.Currency) (*model.Money, error) {
	if err := payments.MaySeeAccountOf(viewerOf(ctx), userID); err != nil {
		return nil, err
	}
	account := payments.Account{OwnerID: userID, Kind: kind, Currency: payments.Currency(currency)}
	minor, err := loaded(ctx).balances.Load(ctx, account)
	if err != nil {
		return nil, err
	}
	return toMoney(payments.Money{Minor: minor, Currency: account.Currency}), nil
}
