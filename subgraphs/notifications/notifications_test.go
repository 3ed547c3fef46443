package notifications_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tributary-gql/tributary/subgraphs/notifications"
)

var (
	at    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	ada   = notifications.Viewer{ID: "u-1"}
	grace = notifications.Viewer{ID: "u-2"}
	admin = notifications.Viewer{ID: "u-3", Admin: true}
)

func coffee() notifications.Payment {
	return notifications.Payment{ID: "p-1", PayerID: "u-1", PayeeID: "u-2", Amount: "4.20 EUR", Description: "Coffee"}
}

func TestWhoIsToldWhat(t *testing.T) {
	t.Parallel()
	type told struct {
		owner   string
		kind    notifications.Kind
		message string
	}
	cases := []struct {
		change notifications.PaymentChange
		want   []told
	}{
		{notifications.Created, []told{
			{"u-1", notifications.PaymentSent, "You authorised a payment of 4.20 EUR: Coffee"},
			{"u-2", notifications.PaymentIncoming, "A payment of 4.20 EUR is on its way to you: Coffee"},
		}},
		{notifications.Captured, []told{{"u-1", notifications.PaymentCaptured, "Your payment of 4.20 EUR was captured: Coffee"}}},
		{notifications.Refunded, []told{{"u-1", notifications.PaymentRefunded, "Your payment of 4.20 EUR was refunded: Coffee"}}},
		{notifications.Cancelled, []told{{"u-2", notifications.PaymentCancelled, "The payment of 4.20 EUR to you was cancelled: Coffee"}}},
		{"eaten", nil},
	}
	for _, c := range cases {
		var got []told
		for _, n := range notifications.AboutPayment(c.change, coffee(), at) {
			got = append(got, told{n.OwnerID, n.Kind, n.Message})
			if n.Subject != (notifications.Subject{Type: notifications.SubjectPayment, ID: "p-1"}) || n.Read() || !n.CreatedAt.Equal(at) {
				t.Errorf("%s: %+v", c.change, n)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.change, got, c.want)
		}
	}
	plain := coffee()
	plain.Description = ""
	if got := notifications.AboutPayment(notifications.Captured, plain, at)[0].Message; got != "Your payment of 4.20 EUR was captured" {
		t.Errorf("without a description: %q", got)
	}
	if n := notifications.AboutUser("u-1", "Ada", at); n.OwnerID != "u-1" || n.Kind != notifications.Welcome || n.Subject.Type != notifications.SubjectUser {
		t.Errorf("%+v", n)
	}
}

// TestIDsFollowFromWhatItIsAbout: the same happening gives the same id at any time, another gives another.
func TestIDsFollowFromWhatItIsAbout(t *testing.T) {
	t.Parallel()
	other := coffee()
	other.ID = "p-2"
	seen := map[string]bool{}
	for _, p := range []notifications.Payment{coffee(), other} {
		for _, change := range []notifications.PaymentChange{notifications.Created, notifications.Captured, notifications.Refunded, notifications.Cancelled} {
			first, second := notifications.AboutPayment(change, p, at), notifications.AboutPayment(change, p, at.Add(time.Hour))
			for i := range first {
				if first[i].ID != second[i].ID {
					t.Errorf("%s of %s has the ids %s and %s", change, p.ID, first[i].ID, second[i].ID)
				}
				if seen[first[i].ID] {
					t.Errorf("%s is the id of two notifications", first[i].ID)
				}
				seen[first[i].ID] = true
			}
		}
	}
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	choices := []notifications.Preference{
		{Kind: notifications.PaymentSent, Channel: notifications.InApp, Enabled: false},
		{Kind: notifications.PaymentIncoming, Channel: notifications.Email, Enabled: true},
	}
	if got := len(notifications.Preferences(choices)); got != len(notifications.Kinds())*len(notifications.Channels()) {
		t.Errorf("there are %d preferences", got)
	}
	for _, c := range []struct {
		kind notifications.Kind
		want []notifications.Channel
	}{
		{notifications.PaymentSent, nil},
		{notifications.PaymentIncoming, []notifications.Channel{notifications.InApp, notifications.Email}},
		{notifications.Welcome, []notifications.Channel{notifications.InApp}},
	} {
		if got := notifications.ChannelsFor(c.kind, choices); !slices.Equal(got, c.want) {
			t.Errorf("%s goes to %v, want %v", c.kind, got, c.want)
		}
	}
}

// oneNotification is a Store that holds one notification of ada's.
type oneNotification struct {
	notifications.Store
	held    notifications.Notification
	choices []notifications.Preference
}

func (s *oneNotification) Notifications(_ context.Context, ids []string) (map[string]notifications.Notification, error) {
	found := map[string]notifications.Notification{}
	if slices.Contains(ids, s.held.ID) {
		found[s.held.ID] = s.held
	}
	return found, nil
}

func (s *oneNotification) MarkRead(_ context.Context, _ string, at time.Time) error {
	s.held.ReadAt = at
	return nil
}

func (s *oneNotification) MarkAllRead(_ context.Context, owner string, at time.Time) (int, error) {
	if owner != s.held.OwnerID || s.held.Read() {
		return 0, nil
	}
	s.held.ReadAt = at
	return 1, nil
}

func (s *oneNotification) Choose(_ context.Context, _ string, choices []notifications.Preference) error {
	s.choices = choices
	return nil
}

func (s *oneNotification) Choices(_ context.Context, owners []string) (map[string][]notifications.Preference, error) {
	return map[string][]notifications.Preference{owners[0]: s.choices}, nil
}

func inbox() (*notifications.Inbox, *oneNotification) {
	store := &oneNotification{held: notifications.AboutPayment(notifications.Captured, coffee(), at)[0]}
	return notifications.NewInbox(store, func() time.Time { return at.Add(time.Minute) }), store
}

func wantCode(t *testing.T, what string, err error, code notifications.Code) {
	t.Helper()
	if code == "" && err != nil || code != "" && !errors.Is(err, &notifications.Error{Code: code}) {
		t.Errorf("%s: error is %v, want %q", what, err, code)
	}
}

func TestWhoMaySeeAndChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name          string
		viewer        notifications.Viewer
		sees          bool
		inbox, change notifications.Code
	}{
		{"the owner", ada, true, "", ""},
		{"an admin", admin, true, "", notifications.CodeNotFound},
		{"another", grace, false, notifications.CodeForbidden, notifications.CodeNotFound},
		{"nobody", notifications.Viewer{}, false, notifications.CodeUnauthenticated, notifications.CodeUnauthenticated},
	} {
		box, store := inbox()
		visible, err := box.Visible(t.Context(), c.viewer, []string{store.held.ID, "n-missing"})
		if _, ok := visible[store.held.ID]; err != nil || ok != c.sees || len(visible) > 1 {
			t.Errorf("%s sees %v, %v", c.name, visible, err)
		}
		wantCode(t, c.name+" looks into the inbox", notifications.MaySeeInboxOf(c.viewer, ada.ID), c.inbox)
		_, err = box.MarkRead(t.Context(), c.viewer, store.held.ID)
		wantCode(t, c.name+" marks as read", err, c.change)
		if store.held.Read() != (c.change == "") {
			t.Errorf("%s: read is %v", c.name, store.held.Read())
		}
	}
}

func TestMarkingAsRead(t *testing.T) {
	t.Parallel()
	box, store := inbox()
	first, err := box.MarkRead(t.Context(), ada, store.held.ID)
	if err != nil || !first.ReadAt.Equal(at.Add(time.Minute)) {
		t.Errorf("%+v, %v", first, err)
	}
	if again, err := box.MarkRead(t.Context(), ada, store.held.ID); err != nil || again != first {
		t.Errorf("again: %+v, %v", again, err)
	}
	if n, err := box.MarkAllRead(t.Context(), ada); err != nil || n != 0 {
		t.Errorf("MarkAllRead = %d, %v", n, err)
	}
	_, err = box.MarkRead(t.Context(), ada, "n-missing")
	wantCode(t, "a missing one", err, notifications.CodeNotFound)
	_, err = box.MarkAllRead(t.Context(), notifications.Viewer{})
	wantCode(t, "nobody", err, notifications.CodeUnauthenticated)
}

func TestUpdatePreferences(t *testing.T) {
	t.Parallel()
	box, _ := inbox()
	off := notifications.Preference{Kind: notifications.PaymentSent, Channel: notifications.InApp}
	all, err := box.UpdatePreferences(t.Context(), ada, []notifications.Preference{off})
	if err != nil || !slices.Contains(all, off) || len(all) != 18 {
		t.Errorf("%v, %v", all, err)
	}
	for name, c := range map[string]struct {
		viewer  notifications.Viewer
		choices []notifications.Preference
		code    notifications.Code
	}{
		"nobody":             {notifications.Viewer{}, nil, notifications.CodeUnauthenticated},
		"an unknown kind":    {ada, []notifications.Preference{{Kind: "X", Channel: notifications.InApp}}, notifications.CodeInvalidInput},
		"an unknown channel": {ada, []notifications.Preference{{Kind: notifications.Welcome, Channel: "FAX"}}, notifications.CodeInvalidInput},
		"one twice":          {ada, []notifications.Preference{off, {Kind: off.Kind, Channel: off.Channel, Enabled: true}}, notifications.CodeInvalidInput},
	} {
		_, err := box.UpdatePreferences(t.Context(), c.viewer, c.choices)
		wantCode(t, name, err, c.code)
	}
}
