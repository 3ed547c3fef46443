package events

import (
	"errors"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
)

// TestALeaseHasOneHolder: also one that was silent for too long, and does not know it yet, can commit nothing.
func TestALeaseHasOneHolder(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, nil, func(t *testing.T, db *database.DB) {
		first, second := newLease(db, "work"), newLease(db, "work")
		acquire := func(l *lease, want bool) {
			t.Helper()
			if held, err := l.acquire(t.Context()); held != want || err != nil {
				t.Fatalf("acquired %v, %v; want %v", held, err, want)
			}
		}
		confirm := func(l *lease, want error) {
			t.Helper()
			err := db.InTx(t.Context(), func(tx *sqlx.Tx) error { return l.confirm(t.Context(), tx) })
			if !errors.Is(err, want) {
				t.Errorf("the lease is confirmed with %v, want %v", err, want)
			}
		}
		acquire(first, true)
		acquire(second, false)
		acquire(first, true) // renews
		confirm(first, nil)
		confirm(second, errLeaseLost)

		err := db.InTx(t.Context(), func(tx *sqlx.Tx) error {
			_, err := tx.ExecContext(t.Context(), tx.Rebind("UPDATE kit_leases SET expires_at = ?"), database.At(time.Now().Add(-time.Second)))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		acquire(second, true)
		confirm(first, errLeaseLost)
		confirm(second, nil)
		first.at = time.Time{} // it is time to renew
		if err := first.renew(t.Context()); !errors.Is(err, errLeaseLost) {
			t.Errorf("renewing a lost lease gives %v", err)
		}
		if err := first.release(t.Context()); err != nil { // releases nothing
			t.Fatal(err)
		}
		confirm(second, nil)
		if err := second.release(t.Context()); err != nil {
			t.Fatal(err)
		}
		acquire(first, true)
	})
}

func TestEntryIDs(t *testing.T) {
	t.Parallel()
	ordered := []string{"0-0", "9-1", "10-0", "10-2", "10-10", "1767600000000-0"}
	for i, text := range ordered {
		id := parseEntryID(text)
		if id.String() != text {
			t.Errorf("%s is read as %s", text, id)
		}
		for j, other := range ordered {
			if id.before(parseEntryID(other)) != (i < j) {
				t.Errorf("%s before %s: %v", text, other, !(i < j))
			}
		}
	}
	for _, text := range []string{"", "x", "-", "x-1"} {
		if id := parseEntryID(text); id != (entryID{}) {
			t.Errorf("%q is read as %s", text, id)
		}
	}
}
