package graph

import (
	"context"
	"fmt"
	"strconv"

	"github.com/tributary-gql/tributary/subgraphs/kit/connection"
	"github.com/tributary-gql/tributary/subgraphs/kit/cursor"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
	"github.com/tributary-gql/tributary/subgraphs/notifications/graph/model"
)

// viewerOf returns who the request comes from.
func viewerOf(ctx context.Context) notifications.Viewer {
	caller := identity.From(ctx)
	if caller == nil {
		return notifications.Viewer{}
	}
	return notifications.Viewer{ID: caller.Subject, Admin: caller.IsAdmin()}
}

func toNotification(n notifications.Notification) (*model.Notification, error) {
	subject, err := toSubject(n.Subject)
	if err != nil {
		return nil, fmt.Errorf("notification %s: %w", n.ID, err)
	}
	converted := &model.Notification{
		ID: n.ID, Kind: model.NotificationKind(n.Kind), Message: n.Message, Subject: subject, Owner: &model.User{ID: n.OwnerID},
		Read: n.Read(), CreatedAt: n.CreatedAt,
	}
	if n.Read() {
		converted.ReadAt = &n.ReadAt
	}
	return converted, nil
}

// toSubject returns the reference by which the graph finds the rest of the entity.
func toSubject(s notifications.Subject) (model.NotificationSubject, error) {
	switch s.Type {
	case notifications.SubjectPayment:
		return &model.Payment{ID: s.ID}, nil
	case notifications.SubjectUser:
		return &model.User{ID: s.ID}, nil
	}
	return nil, fmt.Errorf("the subject is of the unknown type %q", s.Type)
}

func toPreferences(all []notifications.Preference) []*model.NotificationPreference {
	converted := make([]*model.NotificationPreference, len(all))
	for i, p := range all {
		converted[i] = &model.NotificationPreference{
			Kind: model.NotificationKind(p.Kind), Channel: model.NotificationChannel(p.Channel), Enabled: p.Enabled,
		}
	}
	return converted
}

func fromPreferences(input []*model.NotificationPreferenceInput) []notifications.Preference {
	converted := make([]notifications.Preference, len(input))
	for i, p := range input {
		converted[i] = notifications.Preference{
			Kind: notifications.Kind(p.Kind), Channel: notifications.Channel(p.Channel), Enabled: p.Enabled,
		}
	}
	return converted
}

// The cursors of User.notifications hold a notifications.Position.
const (
	notificationList      = "notifications"
	notificationKeyLength = 2
)

// pageKeys turns checked arguments into each user's page for the store: with one row more, which tells whether another page follows.
func pageKeys(page connection.Page, unreadOnly bool) (func(userID string) notifications.PageKey, error) {
	key := notifications.PageKey{UnreadOnly: unreadOnly, Limit: page.Limit + 1}
	if page.After != nil {
		micros, err := strconv.ParseInt(page.After[0], 10, 64)
		if err != nil {
			return nil, fault.New(fault.BadInput, "after is not a cursor of this list: use pageInfo.endCursor as it was given")
		}
		key.After = notifications.Position{CreatedMicros: micros, ID: page.After[1]}
	}
	return func(userID string) notifications.PageKey {
		key := key
		key.OwnerID = userID
		return key
	}, nil
}

func toConnection(rows []notifications.Notification, page connection.Page) (*model.NotificationConnection, error) {
	rows, more := connection.Trim(rows, page)
	edges := make([]*model.NotificationEdge, len(rows))
	cursors := make([]string, len(rows))
	for i, n := range rows {
		at := notifications.PositionOf(n)
		cursors[i] = cursor.Encode(notificationList, strconv.FormatInt(at.CreatedMicros, 10), at.ID)
		node, err := toNotification(n)
		if err != nil {
			return nil, err
		}
		edges[i] = &model.NotificationEdge{Cursor: cursors[i], Node: node}
	}
	return &model.NotificationConnection{Edges: edges, PageInfo: connection.NewPageInfo(page, cursors, more)}, nil
}
