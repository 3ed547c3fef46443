package graph

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"github.com/tributary-gql/tributary/loaders"
	"github.com/tributary-gql/tributary/subgraphs/payments"
	"github.com/tributary-gql/tributary/subgraphs/payments/graph/model"
)

// ofUsers answers one field for all users of a list with one look-up: for each user, in their order, what the loader has for the user's
// key, or an error of its own when the caller may not see it.
func ofUsers[K comparable, V, R any](ctx context.Context, users []*model.User, loader *loaders.Loader[K, V], keyOf func(userID string) K,
	convert func(V) *R) ([]*R, error) {
	viewer := viewerOf(ctx)
	answers, refusals := make([]*R, len(users)), make(graphql.BatchErrorList, len(users))
	var keys []K
	var places []int // of each key among the users
	for i, user := range users {
		if refusals[i] = payments.MaySeeAccountOf(viewer, user.ID); refusals[i] == nil {
			keys, places = append(keys, keyOf(user.ID)), append(places, i)
		}
	}
	for i, result := range loader.LoadAll(ctx, keys) {
		if refusals[places[i]] = result.Err; result.Err == nil {
			answers[places[i]] = convert(result.Value)
		}
	}
	if len(refusals.Unwrap()) == 0 {
		return answers, nil
	}
	return answers, refusals
}

// balancesOf answers one of the balances of all users of a list.
func balancesOf(ctx context.Context, users []*model.User, kind payments.AccountKind, currency payments.Currency) ([]*model.Money, error) {
	accountOf := func(userID string) payments.Account {
		return payments.Account{OwnerID: userID, Kind: kind, Currency: currency}
	}
	return ofUsers(ctx, users, loaded(ctx).balances, accountOf, func(minor int64) *model.Money {
		return toMoney(payments.Money{Minor: minor, Currency: currency})
	})
}
