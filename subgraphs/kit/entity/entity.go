// Package entity answers the router's _entities calls: many keys in, as many entities out, in the same order.
//
// The code that gqlgen generates for entity_resolver_multi puts the i-th result at the i-th representation and checks no lengths, so
// a store's rows must never be returned as they come. [Resolve] makes the order and the length right by construction:
//
//	func (r *entityResolver) FindManyUserByIDs(ctx context.Context, reps []*model.UserByIDsInput) ([]*model.User, error) {
//		return entity.Resolve(ctx, reps, func(rep *model.UserByIDsInput) string { return rep.ID }, r.loadUsers)
//	}
package entity

import (
	"context"
	"errors"

	"github.com/99designs/gqlgen/graphql"
)

// Errors is the error of a load that failed for some keys alone.
type Errors[K comparable] map[K]error

// Error implements error.
func (e Errors[K]) Error() string { return "some entities could not be loaded" }

// Resolve calls load once, with the distinct keys of representations in their order, and returns one entity for each representation:
// that of its key, or nil when load has none, which GraphQL answers with null. Errors from load fails the entities of its
// keys alone, each at its index in the response; any other error fails all. With no representations load is not called.
func Resolve[R any, K comparable, E any](
	ctx context.Context,
	representations []R,
	keyOf func(R) K,
	load func(ctx context.Context, keys []K) (map[K]*E, error),
) ([]*E, error) {
	if len(representations) == 0 {
		return nil, nil
	}
	keys := make([]K, 0, len(representations))
	seen := make(map[K]bool, len(representations))
	for _, representation := range representations {
		key := keyOf(representation)
		if !seen[key] {
			seen[key] = true
			keys = append(keys, key)
		}
	}
	loaded, err := load(ctx, keys)
	var failed Errors[K]
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	entities := make([]*E, len(representations))
	problems := make([]error, len(representations))
	for i, representation := range representations {
		key := keyOf(representation)
		if problem := failed[key]; problem != nil {
			problems[i] = problem
			continue
		}
		entities[i] = loaded[key]
	}
	if len(failed) > 0 {
		return entities, graphql.BatchErrorList(problems)
	}
	return entities, nil
}
