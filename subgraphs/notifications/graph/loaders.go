package graph

import (
	"context"
	"sync/atomic"

	"github.com/tributary-gql/tributary/loaders"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
)

// maxBatch is how many keys one query looks up: more than the representations of any request that the router sends.
const maxBatch = 2000

// Loaders answers the lookups of one request with one query for each kind of thing, however many fields ask.
type Loaders struct {
	store notifications.Store
	known atomic.Pointer[loaderSet]
}

type loaderSet struct {
	pages   *loaders.Loader[notifications.PageKey, []notifications.Notification]
	unread  *loaders.Loader[string, int]
	choices *loaders.Loader[string, []notifications.Preference]
}

// NewLoaders returns the loaders of a new request.
func NewLoaders(store notifications.Store) *Loaders {
	l := &Loaders{store: store}
	l.forget()
	return l
}

// forget drops what was loaded, because a mutation has changed it.
func (l *Loaders) forget() {
	l.known.Store(&loaderSet{
		pages:   loaders.New(complete(l.store.Pages), loaders.WithMaxBatch(maxBatch)),
		unread:  loaders.New(complete(l.store.UnreadCounts), loaders.WithMaxBatch(maxBatch)),
		choices: loaders.New(complete(l.store.Choices), loaders.WithMaxBatch(maxBatch)),
	})
}

// complete gives the zero value to each key that fetch has none for: nobody is missing, some have nothing.
func complete[K comparable, V any](fetch loaders.Fetch[K, V]) loaders.Fetch[K, V] {
	return func(ctx context.Context, keys []K) (map[K]V, error) {
		found, err := fetch(ctx, keys)
		if err != nil {
			return nil, err
		}
		values := make(map[K]V, len(keys))
		for _, key := range keys {
			values[key] = found[key]
		}
		return values, nil
	}
}

// loaded returns the loaders of the request.
func loaded(ctx context.Context) *loaderSet { return loaders.From[*Loaders](ctx).known.Load() }
