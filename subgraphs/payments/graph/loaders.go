package graph

import (
	"context"
	"sync/atomic"

	"github.com/tributary-gql/tributary/loaders"
	"github.com/tributary-gql/tributary/subgraphs/payments"
)

// maxBatch is how many keys one query looks up: more than the representations of any request that the router sends.
const maxBatch = 2000

// Loaders answers the lookups of one request with one query for each kind of thing, however many fields ask.
type Loaders struct {
	ledger *payments.Ledger
	store  payments.Store
	known  atomic.Pointer[loaderSet]
}

type loaderSet struct {
	payments *loaders.Loader[string, payments.Payment]
	pages    *loaders.Loader[payments.PageKey, []payments.Payment]
	balances *loaders.Loader[payments.Account, int64]
}

// NewLoaders returns the loaders of a new request.
func NewLoaders(ledger *payments.Ledger, store payments.Store) *Loaders {
	l := &Loaders{ledger: ledger, store: store}
	l.forget()
	return l
}

// forget drops what was loaded, because a mutation has changed it.
func (l *Loaders) forget() {
	l.known.Store(&loaderSet{
		payments: loaders.New(l.fetchPayments, loaders.WithMaxBatch(maxBatch)),
		pages:    loaders.New(complete(l.store.Pages), loaders.WithMaxBatch(maxBatch)),
		balances: loaders.New(complete(l.store.Balances), loaders.WithMaxBatch(maxBatch)),
	})
}

func (l *Loaders) fetchPayments(ctx context.Context, ids []string) (map[string]payments.Payment, error) {
	return l.ledger.VisiblePayments(ctx, viewerOf(ctx), ids)
}

// complete gives the zero value to each key that fetch has none for: no account is missing, some have nothing.
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
