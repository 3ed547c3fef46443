package notifications

import (
	"context"
	"time"
)

// Store keeps notifications and preferences. Every method that takes several keys answers them with one query and leaves what does not
// exist out of the map. Only notifications whose owner wants them in the app are listed and counted. Errors are internal.
// Implementations are safe for concurrent use.
type Store interface {
	// Notifications returns the notifications with these ids, by id.
	Notifications(ctx context.Context, ids []string) (map[string]Notification, error)

	// Pages returns, for each key, up to key.Limit notifications of the owner, newest first.
	Pages(ctx context.Context, keys []PageKey) (map[PageKey][]Notification, error)

	// UnreadCounts returns how many notifications each owner has not read; who has none may be missing.
	UnreadCounts(ctx context.Context, owners []string) (map[string]int, error)

	// Choices returns the preferences that each owner has chosen.
	Choices(ctx context.Context, owners []string) (map[string][]Preference, error)

	// Choose keeps choices in place of the owner's earlier ones for the same kinds and channels.
	Choose(ctx context.Context, owner string, choices []Preference) error

	// MarkRead marks one notification as read, unless it is already.
	MarkRead(ctx context.Context, id string, at time.Time) error

	// MarkAllRead marks all of the owner's notifications as read and returns how many were not.
	MarkAllRead(ctx context.Context, owner string, at time.Time) (int, error)
}

// PageKey names one page of one owner's notifications. It is comparable, so that equal pages are loaded once.
type PageKey struct {
	OwnerID    string
	UnreadOnly bool
	After      Position // zero: from the newest
	Limit      int      // at least 1
}

// Position is a place in a list of notifications sorted by creation, newest first, then by id, descending.
type Position struct {
	CreatedMicros int64 // Unix time in microseconds
	ID            string
}

// PositionOf returns the notification's own place.
func PositionOf(n Notification) Position {
	return Position{CreatedMicros: n.CreatedAt.UnixMicro(), ID: n.ID}
}
