package notifications

import (
	"context"
	"slices"
	"time"
)

// Inbox applies the rules to a Store. Its methods return *Error for whatever the caller did wrong or may not do.
type Inbox struct {
	store Store
	now   func() time.Time
}

// NewInbox returns an inbox over the store; now is the clock.
func NewInbox(store Store, now func() time.Time) *Inbox { return &Inbox{store: store, now: now} }

// MaySeeInboxOf returns nil when the viewer may see the user's notifications and preferences, and otherwise the *Error that says why not.
func MaySeeInboxOf(viewer Viewer, userID string) error {
	switch {
	case viewer.ID == "":
		return errUnauthenticated()
	case !viewer.Admin && viewer.ID != userID:
		return newError(CodeForbidden, "only this user or an admin may see the user's notifications")
	}
	return nil
}

// Visible returns those of the ids that exist and that the viewer may see.
func (i *Inbox) Visible(ctx context.Context, viewer Viewer, ids []string) (map[string]Notification, error) {
	found, err := i.store.Notifications(ctx, ids)
	if err != nil {
		return nil, err
	}
	for id, n := range found {
		if !n.VisibleTo(viewer) {
			delete(found, id)
		}
	}
	return found, nil
}

// MarkRead marks one of the viewer's notifications as read and returns it. Only the owner may: what an admin looks at stays unread.
func (i *Inbox) MarkRead(ctx context.Context, viewer Viewer, id string) (Notification, error) {
	if viewer.ID == "" {
		return Notification{}, errUnauthenticated()
	}
	found, err := i.store.Notifications(ctx, []string{id})
	if err != nil {
		return Notification{}, err
	}
	n, ok := found[id]
	if !ok || n.OwnerID != viewer.ID {
		return Notification{}, newError(CodeNotFound, "you have no notification %q", id)
	}
	if n.Read() {
		return n, nil
	}
	if err := i.store.MarkRead(ctx, id, i.now()); err != nil {
		return Notification{}, err
	}
	if found, err = i.store.Notifications(ctx, []string{id}); err != nil {
		return Notification{}, err
	}
	return found[id], nil
}

// MarkAllRead marks all of the viewer's notifications as read and returns how many were not.
func (i *Inbox) MarkAllRead(ctx context.Context, viewer Viewer) (int, error) {
	if viewer.ID == "" {
		return 0, errUnauthenticated()
	}
	return i.store.MarkAllRead(ctx, viewer.ID, i.now())
}

// UpdatePreferences keeps the viewer's choices and returns all of the viewer's preferences.
func (i *Inbox) UpdatePreferences(ctx context.Context, viewer Viewer, choices []Preference) ([]Preference, error) {
	if viewer.ID == "" {
		return nil, errUnauthenticated()
	}
	for at, c := range choices {
		if !slices.Contains(Kinds(), c.Kind) || !slices.Contains(Channels(), c.Channel) {
			return nil, newError(CodeInvalidInput, "preference %d: there is no kind %q on a channel %q", at+1, c.Kind, c.Channel)
		}
		for _, other := range choices[:at] {
			if other.Kind == c.Kind && other.Channel == c.Channel {
				return nil, newError(CodeInvalidInput, "preference %d: %s on %s is set twice; set it once", at+1, c.Kind, c.Channel)
			}
		}
	}
	if err := i.store.Choose(ctx, viewer.ID, choices); err != nil {
		return nil, err
	}
	kept, err := i.store.Choices(ctx, []string{viewer.ID})
	if err != nil {
		return nil, err
	}
	return Preferences(kept[viewer.ID]), nil
}
