// Package graph is the users service's part of the graph: the published SDL, the code that gqlgen generates from it, and thin
// resolvers, which check who asks, call the domain and convert its answers.
package graph

import (
	"context"
	"errors"

	"github.com/tributary-gql/tributary/loaders"
	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/graph/model"
)

// listName and listKeyLength are what the cursors of the list of users are made with.
const (
	listName      = "users"
	listKeyLength = 2 // created at, id
)

// Resolver is the root of all resolvers.
type Resolver struct {
	Accounts *users.Accounts
	Store    users.Store
	// Batching changes how users are loaded by ID; usually nothing does.
	Batching []loaders.Option
}

// Loaders is the batching of one operation.
type Loaders struct {
	users *loaders.Loader[string, *users.User]
}

// WithLoaders returns a context in which an operation runs; it is for graphqlserver.Options.Prepare.
func (r *Resolver) WithLoaders(ctx context.Context) context.Context {
	return loaders.With(ctx, &Loaders{users: loaders.New(r.Store.UsersByID, r.Batching...)})
}

// userByID returns a user, or nil when there is none.
func (r *Resolver) userByID(ctx context.Context, id string) (*users.User, error) {
	user, err := loaders.From[*Loaders](ctx).users.Load(ctx, id)
	if errors.Is(err, loaders.ErrNotFound) {
		return nil, nil
	}
	return user, err
}

// changed tells the operation's loaders about a user whom a mutation has changed.
func changed(ctx context.Context, user *users.User) {
	cache := loaders.From[*Loaders](ctx).users
	cache.Forget(user.ID)
	cache.Prime(user.ID, user)
}

// shownByID loads users for the router, with one query.
func (r *Resolver) shownByID(ctx context.Context, ids []string) (map[string]*model.User, error) {
	found, err := r.Store.UsersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	shown := make(map[string]*model.User, len(found))
	for id, user := range found {
		shown[id] = userOf(ctx, user)
	}
	return shown, nil
}
