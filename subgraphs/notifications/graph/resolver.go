// Package graph publishes the notifications service as a subgraph: schema.graphqls is the published SDL, the resolvers only translate between it and
// the domain. The context of each operation must carry Loaders of its own.
package graph

import (
	"context"

	"github.com/tributary-gql/tributary/subgraphs/notifications"
	"github.com/tributary-gql/tributary/subgraphs/notifications/graph/model"
)

// Resolver answers the root fields and the fields that take arguments.
type Resolver struct {
	Inbox *notifications.Inbox
}

// visibleNotifications returns the notifications that the caller may see, by id.
func (r *Resolver) visibleNotifications(ctx context.Context, ids []string) (map[string]*model.Notification, error) {
	found, err := r.Inbox.Visible(ctx, viewerOf(ctx), ids)
	if err != nil {
		return nil, err
	}
	visible := make(map[string]*model.Notification, len(found))
	for id, n := range found {
		if visible[id], err = toNotification(n); err != nil {
			return nil, err
		}
	}
	return visible, nil
}
