package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/events"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
	"github.com/tributary-gql/tributary/subgraphs/notifications/store"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

var at = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// run runs the test on both databases with an empty store.
func run(t *testing.T, test func(t *testing.T, db *database.DB, kept *store.Store)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) {
		test(t, db, store.New(db, events.NewOutbox(db)))
	})
}

func deliver(t *testing.T, db *database.DB, kept *store.Store, all ...notifications.Notification) (added int) {
	t.Helper()
	err := db.InTx(t.Context(), func(tx *sqlx.Tx) (err error) {
		added, err = kept.Deliver(t.Context(), tx, all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// incoming returns n notifications for owner, oldest first; pairs of them share a moment.
func incoming(owner string, n int) []notifications.Notification {
	var all []notifications.Notification
	for i := range n {
		p := notifications.Payment{ID: fmt.Sprintf("p-%02d", i), PayerID: "u-9", PayeeID: owner, Amount: "1.00 EUR"}
		all = append(all, notifications.AboutPayment(notifications.Created, p, at.Add(time.Duration(i/2)*time.Minute))[1])
	}
	return all
}

func eventCount(t *testing.T, db *database.DB) (n int) {
	t.Helper()
	if err := db.GetContext(t.Context(), &n, "SELECT COUNT(*) FROM kit_outbox"); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestDeliverOnce(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		all := incoming("u-1", 3)
		if n := deliver(t, db, kept, all...); n != 3 {
			t.Errorf("%d were new", n)
		}
		if n := deliver(t, db, kept, append(all, incoming("u-1", 4)[3])...); n != 1 {
			t.Errorf("%d were new the second time", n)
		}
		if n := eventCount(t, db); n != 4 {
			t.Errorf("there are %d events", n)
		}
		found, err := kept.Notifications(t.Context(), []string{all[0].ID, "n-missing"})
		if err != nil || len(found) != 1 || found[all[0].ID] != all[0] {
			t.Errorf("Notifications = %v, %v; want %v", found, err, all[0])
		}
	})
}

func TestPages(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		all := incoming("u-1", 7)
		deliver(t, db, kept, append(all, incoming("u-2", 2)...)...)
		slices.SortFunc(all, func(a, b notifications.Notification) int {
			if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
				return c
			}
			if a.ID > b.ID {
				return -1
			}
			return 1
		})
		read := all[2].ID
		for range 2 {
			if err := kept.MarkRead(t.Context(), read, at.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		var walked []string
		key := notifications.PageKey{OwnerID: "u-1", Limit: 3}
		for {
			pages, err := kept.Pages(t.Context(), []notifications.PageKey{key})
			if err != nil {
				t.Fatal(err)
			}
			if len(pages[key]) == 0 {
				break
			}
			for _, n := range pages[key] {
				walked = append(walked, n.ID)
				if n.Read() != (n.ID == read) {
					t.Errorf("%s: read is %v", n.ID, n.Read())
				}
			}
			key.After = notifications.PositionOf(pages[key][len(pages[key])-1])
		}
		var want []string
		for _, n := range all {
			want = append(want, n.ID)
		}
		if !slices.Equal(walked, want) {
			t.Errorf("walking the pages gave %v, want %v", walked, want)
		}
		unread := notifications.PageKey{OwnerID: "u-1", UnreadOnly: true, Limit: 100}
		other := notifications.PageKey{OwnerID: "u-2", Limit: 1}
		none := notifications.PageKey{OwnerID: "u-3", Limit: 1}
		pages, err := kept.Pages(t.Context(), []notifications.PageKey{unread, other, none})
		if err != nil || len(pages[unread]) != 6 || len(pages[other]) != 1 || pages[other][0].OwnerID != "u-2" || len(pages[none]) != 0 {
			t.Errorf("Pages = %v, %v", pages, err)
		}
		counts, err := kept.UnreadCounts(t.Context(), []string{"u-1", "u-2", "u-3"})
		if err != nil || counts["u-1"] != 6 || counts["u-2"] != 2 || counts["u-3"] != 0 {
			t.Errorf("UnreadCounts = %v, %v", counts, err)
		}
		for _, want := range []int{6, 0} {
			if n, err := kept.MarkAllRead(t.Context(), "u-1", at); err != nil || n != want {
				t.Errorf("MarkAllRead = %d, %v; want %d", n, err, want)
			}
		}
		counts, err = kept.UnreadCounts(t.Context(), []string{"u-1", "u-2"})
		if err != nil || counts["u-1"] != 0 || counts["u-2"] != 2 {
			t.Errorf("UnreadCounts = %v, %v", counts, err)
		}
	})
}

func TestManyOwners(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		var all []notifications.Notification
		var keys []notifications.PageKey
		for i := range store.MaxPagesPerQuery + 30 {
			owner := fmt.Sprintf("u-%d", i)
			all = append(all, notifications.AboutUser(owner, owner, at))
			keys = append(keys, notifications.PageKey{OwnerID: owner, Limit: 2})
		}
		deliver(t, db, kept, all...)
		pages, err := kept.Pages(t.Context(), keys)
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range keys {
			if page := pages[key]; len(page) != 1 || page[0].OwnerID != key.OwnerID {
				t.Errorf("the page of %s is %v", key.OwnerID, page)
			}
		}
	})
}

func TestPreferencesDecideWhatIsKept(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		choose := func(owner string, channel notifications.Channel, enabled bool) {
			t.Helper()
			err := kept.Choose(t.Context(), owner, []notifications.Preference{{Kind: notifications.PaymentIncoming, Channel: channel, Enabled: enabled}})
			if err != nil {
				t.Fatal(err)
			}
		}
		choose("u-1", notifications.InApp, false) // nothing at all
		choose("u-2", notifications.InApp, false)
		choose("u-2", notifications.Email, true) // only by e-mail
		choose("u-3", notifications.InApp, false)
		choose("u-3", notifications.InApp, true) // changed their mind
		var all []notifications.Notification
		for _, owner := range []string{"u-1", "u-2", "u-3", "u-4"} {
			all = append(all, incoming(owner, 1)...)
		}
		if n := deliver(t, db, kept, all...); n != 3 || eventCount(t, db) != 3 {
			t.Errorf("%d were kept, with %d events; want 3", n, eventCount(t, db))
		}
		counts, err := kept.UnreadCounts(t.Context(), []string{"u-1", "u-2", "u-3", "u-4"})
		if err != nil || counts["u-1"] != 0 || counts["u-2"] != 0 || counts["u-3"] != 1 || counts["u-4"] != 1 {
			t.Errorf("UnreadCounts = %v, %v", counts, err)
		}
		choices, err := kept.Choices(t.Context(), []string{"u-2", "u-4"})
		if err != nil || len(choices["u-2"]) != 2 || len(choices["u-4"]) != 0 {
			t.Errorf("Choices = %v, %v", choices, err)
		}
	})
}
