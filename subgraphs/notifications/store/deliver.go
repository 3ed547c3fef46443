package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
)

// EventCreated tells other services of a new notification.
const EventCreated = "notification.created"

// eventVersion is the version of eventData: a new one when a field changes its meaning, not when one is added.
const eventVersion = 1

type eventData struct {
	ID        string       `json:"id"`
	OwnerID   string       `json:"ownerId"`
	Kind      string       `json:"kind"`
	Message   string       `json:"message"`
	Channels  []string     `json:"channels"` // those on which the owner wants it
	Subject   eventSubject `json:"subject"`
	CreatedAt time.Time    `json:"createdAt"`
}

type eventSubject struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

// Deliver keeps new notifications, with the event of each, in the caller's transaction. What is there already is left alone, and what its
// owner wants on no channel is dropped. It returns how many were new.
func (s *Store) Deliver(ctx context.Context, tx *sqlx.Tx, all []notifications.Notification) (int, error) {
	choices, err := s.choicesOfOwners(ctx, tx, all)
	if err != nil {
		return 0, err
	}
	var drafts []events.Draft
	for _, n := range all {
		channels := notifications.ChannelsFor(n.Kind, choices[n.OwnerID])
		if len(channels) == 0 {
			continue
		}
		result, err := tx.ExecContext(ctx, tx.Rebind(`INSERT INTO notifications
			(id, owner_id, kind, message, subject_type, subject_id, in_app, created_us, read_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`), n.ID, n.OwnerID, string(n.Kind), n.Message, string(n.Subject.Type), n.Subject.ID,
			toInt(slices.Contains(channels, notifications.InApp)), database.At(n.CreatedAt), database.At(n.ReadAt))
		if err != nil {
			return 0, fmt.Errorf("writing a notification: %w", err)
		}
		if added, err := result.RowsAffected(); err != nil {
			return 0, err
		} else if added == 1 {
			drafts = append(drafts, draft(n, channels))
		}
	}
	return len(drafts), s.outbox.Append(ctx, tx, drafts...)
}

// choicesOfOwners reads the preferences of everyone who gets one of the notifications, a few hundred owners at a time.
func (s *Store) choicesOfOwners(ctx context.Context, tx *sqlx.Tx, all []notifications.Notification) (map[string][]notifications.Preference, error) {
	const perStatement = 500
	var owners []string
	for _, n := range all {
		owners = append(owners, n.OwnerID)
	}
	slices.Sort(owners)
	owners = slices.Compact(owners)
	var rows []choiceRow
	for part := range slices.Chunk(owners, perStatement) {
		query, args, err := sqlx.In(choicesQuery, part)
		if err != nil {
			return nil, err
		}
		var some []choiceRow
		if err := tx.SelectContext(ctx, &some, tx.Rebind(query), args...); err != nil {
			return nil, fmt.Errorf("reading preferences: %w", err)
		}
		rows = append(rows, some...)
	}
	return choicesByOwner(rows), nil
}

func draft(n notifications.Notification, channels []notifications.Channel) events.Draft {
	names := make([]string, len(channels))
	for i, channel := range channels {
		names[i] = string(channel)
	}
	return events.Draft{
		Type: EventCreated, Version: eventVersion, Aggregate: events.Aggregate{Type: "notification", ID: n.ID}, OccurredAt: n.CreatedAt,
		Data: eventData{
			ID: n.ID, OwnerID: n.OwnerID, Kind: string(n.Kind), Message: n.Message, Channels: names,
			Subject: eventSubject{Type: string(n.Subject.Type), ID: n.Subject.ID}, CreatedAt: n.CreatedAt,
		},
	}
}
