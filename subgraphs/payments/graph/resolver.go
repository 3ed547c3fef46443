// Package graph publishes the payments service as a subgraph: schema.graphqls is the published SDL, the resolvers only translate between it and
// the domain. The context of each operation must carry Loaders of its own.
package graph

import (
	"context"

	"github.com/tributary-gql/tributary/subgraphs/payments"
	"github.com/tributary-gql/tributary/subgraphs/payments/graph/model"
)

// Resolver answers the root fields and the fields that take arguments.
type Resolver struct {
	Ledger *payments.Ledger
}

// visiblePayments returns the payments that the caller may see, by id.
func (r *Resolver) visiblePayments(ctx context.Context, ids []string) (map[string]*model.Payment, error) {
	found, err := r.Ledger.VisiblePayments(ctx, viewerOf(ctx), ids)
	if err != nil {
		return nil, err
	}
	visible := make(map[string]*model.Payment, len(found))
	for id, p := range found {
		visible[id] = toPayment(p)
	}
	return visible, nil
}
