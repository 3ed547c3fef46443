package service

import (
	"fmt"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/events/redistest"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity/identitytest"
)

// world is payments and notifications as programs, search in this process, and a real Redis between them.
type world struct {
	t                       *testing.T
	redis                   *redistest.Server
	issuer                  *identitytest.Issuer
	payments, notifications *neighbour
	search                  running
	created                 int
}

// newWorld starts everything on new databases and gives ada, u-1, money.
func newWorld(t *testing.T, programs map[string]string, newURL func(t testing.TB) string) *world {
	t.Helper()
	w := &world{t: t, redis: redistest.Start(t), issuer: identitytest.New(t)}
	common := []string{"--redis-url", w.redis.URL(), "--jwks-url", w.issuer.JWKSURL()}
	w.payments = newNeighbour(t, programs["payments"], append(common, "--database-url", newURL(t))...)
	w.notifications = newNeighbour(t, programs["notifications"], append(common, "--database-url", newURL(t))...)
	w.search = boot(t, w.issuer, newURL(t), "--redis-url", w.redis.URL())
	w.payments.client.As(w.issuer.Token(t, "u-admin", identity.RoleAdmin)).MustAsk(t,
		`mutation { depositFunds(input: {idempotencyKey: "k", userId: "u-1", amount: "1000", currency: EUR}) { id } }`, nil, nil)
	return w
}

// pay has ada pay grace, u-2, n times one euro for coffee.
func (w *world) pay(n int) {
	w.t.Helper()
	for range n {
		w.created++
		w.payments.client.As(w.issuer.Token(w.t, "u-1")).MustAsk(w.t, `mutation($key: String!, $text: String!) {
			createPayment(input: {idempotencyKey: $key, payeeId: "u-2", amount: "1", currency: EUR, description: $text}) { id } }`,
			map[string]any{"key": fmt.Sprint(w.created), "text": fmt.Sprintf("Coffee number%d", w.created)}, nil)
	}
}

// unread is how many notifications grace has not read.
func (w *world) unread() int {
	w.t.Helper()
	var answer struct {
		Entities []struct{ UnreadCount int } `json:"_entities"`
	}
	w.notifications.client.As(w.issuer.Token(w.t, "u-2")).MustAsk(w.t,
		`{ _entities(representations: [{__typename: "User", id: "u-2"}]) { ... on User { unreadCount } } }`, nil, &answer)
	return answer.Entities[0].UnreadCount
}

// hits is how many payments and how many notifications grace finds for coffee, each once.
func (w *world) hits() (payments, notifications int) {
	w.t.Helper()
	grace := w.search.client.As(w.issuer.Token(w.t, "u-2"))
	seen := map[string]bool{}
	variables := map[string]any{"q": "cofee", "first": 100}
	for {
		answer := ask(w.t, grace, variables)
		for _, edge := range answer.Search.Edges {
			hit := edge.Node.Hit
			if seen[hit.ID] {
				w.t.Errorf("%s %s is found twice", hit.Typename, hit.ID)
			}
			seen[hit.ID] = true
			switch hit.Typename {
			case "Payment":
				payments++
			case "Notification":
				notifications++
			}
		}
		if !answer.Search.PageInfo.HasNextPage {
			return payments, notifications
		}
		variables["after"] = *answer.Search.PageInfo.EndCursor
	}
}

// missing is "" when every payment has reached grace's inbox and the search, both as itself and as notification.
func (w *world) missing() string {
	w.t.Helper()
	unread := w.unread()
	payments, notifications := w.hits()
	if unread == w.created && payments == w.created && notifications == w.created {
		return ""
	}
	return fmt.Sprintf("of %d payments %d are in the inbox; found are %d and %d notifications", w.created, unread, payments, notifications)
}

// settle waits until everything has arrived, and then until what comes after it has, too: had anything been sent twice, it would be there.
func (w *world) settle(what string) {
	w.t.Helper()
	took := eventually(w.t, what, w.missing)
	w.t.Logf("%s: %d payments have arrived, the last after %v", what, w.created, took)
	w.pay(1)
	eventually(w.t, "one more, after "+what, w.missing)
}

func TestEventsAcrossServices(t *testing.T) {
	t.Parallel()
	programs := map[string]string{"payments": build(t, "payments"), "notifications": build(t, "notifications")}
	for _, database := range []struct {
		name   string
		newURL func(testing.TB) string
	}{{"sqlite", dbtest.SQLiteURL}, {"postgres", dbtest.PostgreSQLURL}} {
		t.Run(database.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, programs, database.newURL)
			w.pay(1)
			w.settle("with everything up")

			w.redis.Stop()
			before := w.created
			w.pay(5)
			if payments, notifications := w.hits(); w.unread() != before || payments != before || notifications != before {
				t.Errorf("with Redis stopped something arrived: %d unread, %d payments, %d notifications", w.unread(), payments, notifications)
			}
			w.redis.Restart(false)
			w.settle("after Redis came back")

			w.redis.Stop()
			w.pay(5)
			w.redis.Restart(true)
			w.settle("after Redis came back empty")

			w.redis.Restart(true)
			w.settle("after Redis lost everything that had arrived")

			// A crash at any moment: while events are sent, handled and acknowledged.
			for round := range 2 {
				w.pay(10)
				w.notifications.kill()
				w.pay(3)
				w.payments.kill()
				w.search.stop()
				w.payments.start()
				w.notifications.start()
				w.search = boot(t, w.issuer, w.search.settings.DatabaseURL, "--redis-url", w.redis.URL())
				w.settle(fmt.Sprintf("after crash %d", round+1))
			}
		})
	}
}

// TestReindex: an emptied index fills itself again, while the service runs and while it does not, also from an empty Redis.
func TestReindex(t *testing.T) {
	t.Parallel()
	programs := map[string]string{"payments": build(t, "payments"), "notifications": build(t, "notifications")}
	w := newWorld(t, programs, dbtest.SQLiteURL)
	w.pay(20)
	w.settle("before")
	reindex := func() {
		t.Helper()
		if err := w.search.Reindex(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	reindex()
	w.settle("reindexed while running")

	w.search.stop()
	other, err := Open(t.Context(), w.search.settings, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Reindex(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := other.index.Count(t.Context()); err != nil || n != 0 {
		t.Errorf("the index has %d documents: %v", n, err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	w.redis.Restart(true)
	w.search = boot(t, w.issuer, w.search.settings.DatabaseURL, "--redis-url", w.redis.URL())
	w.settle("reindexed while stopped, with an empty Redis")
}
