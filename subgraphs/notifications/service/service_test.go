package service

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver/graphqlservertest"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity/identitytest"
	"github.com/tributary-gql/tributary/subgraphs/notifications"
	"github.com/tributary-gql/tributary/subgraphs/notifications/graph"
)

func TestMain(m *testing.M) {
	dbtest.Main(m, func() error {
		http.DefaultClient.CloseIdleConnections()
		return goleak.Find()
	})
}

// running is a service that serves on a free port for the length of a test.
type running struct {
	*Service
	*identitytest.Issuer
	client graphqlservertest.Client
}

// boot starts the service on the database; arguments are further flags.
func boot(t *testing.T, databaseURL string, arguments ...string) running {
	t.Helper()
	issuer := identitytest.New(t)
	settings, set := NewSettings()
	arguments = append([]string{"--listen", "127.0.0.1:0", "--database-url", databaseURL, "--jwks-url", issuer.JWKSURL(), "--log-level", "error"}, arguments...)
	if err := set.Parse(arguments, func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), settings, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, nil, func(at string) { address <- at }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	select {
	case at := <-address:
		return running{s, issuer, graphqlservertest.Client{URL: "http://" + at + "/graphql"}}
	case err := <-ended:
		ended <- nil
		t.Fatalf("the service did not start: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the service did not start in 30 seconds")
	}
	return running{}
}

// as returns a client that speaks for the user.
func (r running) as(t *testing.T, user string) graphqlservertest.Client {
	return r.client.As(r.Token(t, user))
}

// deliver keeps notifications as the consumer does.
func (r running) deliver(t *testing.T, all ...notifications.Notification) {
	t.Helper()
	err := r.db.InTx(t.Context(), func(tx *sqlx.Tx) error {
		_, err := r.store.Deliver(t.Context(), tx, all)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// coffee is what a payment from u-1 to u-2 tells both.
func coffee(number int) []notifications.Notification {
	return notifications.AboutPayment(notifications.Created, notifications.Payment{
		ID: fmt.Sprintf("p-%d", number), PayerID: "u-1", PayeeID: "u-2", Amount: "4.20 EUR", Description: "Coffee",
	}, time.Date(2026, 3, 1, 12, number, 0, 0, time.UTC))
}

const inboxQuery = `query($reps: [_Any!]!, $first: Int, $after: String, $unreadOnly: Boolean! = false) { _entities(representations: $reps) { ... on User {
	id unreadCount notificationPreferences { kind channel enabled }
	notifications(first: $first, after: $after, unreadOnly: $unreadOnly) {
		edges { node { id kind message read readAt createdAt owner { id } subject { __typename ... on Payment { id } ... on User { id } } } }
		pageInfo { hasNextPage endCursor } } } } }`

type inboxData struct {
	Entities []struct {
		ID                      string
		UnreadCount             *int
		NotificationPreferences []struct {
			Kind, Channel string
			Enabled       bool
		}
		Notifications *struct {
			Edges []struct {
				Node struct {
					ID, Kind, Message string
					Read              bool
					ReadAt            *time.Time
					CreatedAt         time.Time
					Owner             struct{ ID string }
					Subject           struct {
						Typename string `json:"__typename"`
						ID       string
					}
				}
			}
			PageInfo struct {
				HasNextPage bool
				EndCursor   *string
			}
		}
	} `json:"_entities"`
}

func representations(typename string, ids ...string) []map[string]any {
	reps := make([]map[string]any, len(ids))
	for i, id := range ids {
		reps[i] = map[string]any{"__typename": typename, "id": id}
	}
	return reps
}

func TestGeneratedCode(t *testing.T) {
	t.Parallel()
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{}})
	graphqlservertest.CheckResolvers[graph.ResolverRoot](t, schema.Schema())
}

func TestReadingAnInbox(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		s := boot(t, databaseURL)
		s.deliver(t, notifications.AboutUser("u-2", "Grace", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
		for number := range 3 {
			s.deliver(t, coffee(number)...)
		}
		grace := s.as(t, "u-2")
		var all, rest inboxData
		grace.MustAsk(t, inboxQuery, map[string]any{"reps": representations("User", "u-2"), "first": 3}, &all)
		page := all.Entities[0].Notifications
		if len(page.Edges) != 3 || !page.PageInfo.HasNextPage || *all.Entities[0].UnreadCount != 4 {
			t.Fatalf("the first page is %+v", page)
		}
		newest := page.Edges[0].Node
		if newest.Kind != "PAYMENT_INCOMING" || newest.Message != "A payment of 4.20 EUR is on its way to you: Coffee" || newest.Read || newest.ReadAt != nil ||
			newest.Owner.ID != "u-2" || newest.Subject.Typename != "Payment" || newest.Subject.ID != "p-2" || newest.CreatedAt.Minute() != 2 {
			t.Errorf("the newest is %+v", newest)
		}
		grace.MustAsk(t, inboxQuery, map[string]any{"reps": representations("User", "u-2"), "first": 3, "after": *page.PageInfo.EndCursor}, &rest)
		last := rest.Entities[0].Notifications
		if len(last.Edges) != 1 || last.PageInfo.HasNextPage || last.Edges[0].Node.Subject.Typename != "User" || last.Edges[0].Node.Subject.ID != "u-2" {
			t.Errorf("the last page is %+v", last)
		}

		var marked struct{ MarkRead struct{ Read bool } }
		for range 2 {
			grace.MustAsk(t, `mutation($id: ID!) { markRead(id: $id) { read } }`, map[string]any{"id": newest.ID}, &marked)
		}
		var unread inboxData
		grace.MustAsk(t, inboxQuery, map[string]any{"reps": representations("User", "u-2"), "unreadOnly": true}, &unread)
		if !marked.MarkRead.Read || *unread.Entities[0].UnreadCount != 3 || len(unread.Entities[0].Notifications.Edges) != 3 {
			t.Errorf("after markRead: %+v", unread.Entities[0])
		}
		var none struct {
			MarkAllRead struct {
				Count int
				User  struct{ UnreadCount int }
			}
		}
		for _, want := range []int{3, 0} {
			grace.MustAsk(t, `mutation { markAllRead { count user { unreadCount } } }`, nil, &none)
			if none.MarkAllRead.Count != want || none.MarkAllRead.User.UnreadCount != 0 {
				t.Errorf("markAllRead gave %+v, want %d", none.MarkAllRead, want)
			}
		}
	})
}

func TestPreferences(t *testing.T) {
	t.Parallel()
	s := boot(t, dbtest.SQLiteURL(t))
	grace := s.as(t, "u-2")
	grace.MustAsk(t, `mutation { updatePreferences(input: {kind: PAYMENT_INCOMING, channel: IN_APP, enabled: false}) { kind channel enabled } }`, nil, nil)
	s.deliver(t, coffee(1)...)
	var box inboxData
	grace.MustAsk(t, inboxQuery, map[string]any{"reps": representations("User", "u-2")}, &box)
	got := box.Entities[0]
	if *got.UnreadCount != 0 || len(got.Notifications.Edges) != 0 || len(got.NotificationPreferences) != 18 {
		t.Errorf("%+v", got)
	}
	for _, p := range got.NotificationPreferences {
		if want := p.Channel == "IN_APP" && p.Kind != "PAYMENT_INCOMING"; p.Enabled != want {
			t.Errorf("%s on %s: enabled is %v", p.Kind, p.Channel, p.Enabled)
		}
	}
	response := grace.Ask(t, `mutation { updatePreferences(input: [{kind: WELCOME, channel: PUSH, enabled: true}, {kind: WELCOME, channel: PUSH, enabled: false}]) { kind } }`, nil)
	if len(response.Errors) != 1 || response.Errors[0].Code() != "BAD_USER_INPUT" {
		t.Errorf("one twice: %s", response.Body)
	}
}

func TestOthersNotificationsAreOutOfReach(t *testing.T) {
	t.Parallel()
	s := boot(t, dbtest.SQLiteURL(t))
	pair := coffee(1)
	s.deliver(t, pair...)
	mine, hers := pair[0].ID, pair[1].ID // of u-1 and of u-2
	adaClient, nobody, adminClient := s.as(t, "u-1"), s.client, s.client.As(s.Token(t, "u-admin", identity.RoleAdmin))
	user := func(field string) string {
		return `{ _entities(representations: [{__typename: "User", id: "u-2"}]) { ... on User { ` + field + ` } } }`
	}
	cases := []struct {
		name   string
		client graphqlservertest.Client
		query  string
		codes  string
	}{
		{"another's notification", adaClient, `{ notification(id: "` + hers + `") { message } }`, ""},
		{"another's inbox", adaClient, user("notifications { edges { node { message } } }"), "FORBIDDEN"},
		{"another's count", adaClient, user("unreadCount"), "FORBIDDEN"},
		{"another's preferences", adaClient, user("notificationPreferences { enabled }"), "FORBIDDEN"},
		{"marking another's", adaClient, `mutation { markRead(id: "` + hers + `") { message } }`, "NOTIFICATION_NOT_FOUND"},
		{"an admin marking another's", adminClient, `mutation { markRead(id: "` + hers + `") { message } }`, "NOTIFICATION_NOT_FOUND"},
		{"anonymous entity", nobody, `{ _entities(representations: [{__typename: "Notification", id: "` + hers + `"}]) { ... on Notification { message } } }`, ""},
		{"anonymous inbox", nobody, user("notifications { edges { node { message } } }"), "UNAUTHENTICATED"},
		{"anonymous marking", nobody, `mutation { markAllRead { count } }`, "UNAUTHENTICATED"},
		{"anonymous preferences", nobody, `mutation { updatePreferences(input: []) { kind } }`, "UNAUTHENTICATED"},
	}
	for _, c := range cases {
		response := c.client.Ask(t, c.query, nil)
		var codes []string
		for _, e := range response.Errors {
			codes = append(codes, e.Code())
		}
		if got := strings.Join(codes, " "); got != c.codes || strings.Contains(string(response.Data), "Coffee") {
			t.Errorf("%s: codes %q, want %q: %s", c.name, got, c.codes, response.Body)
		}
	}
	var answer struct {
		Entities []*struct{ Message string } `json:"_entities"`
	}
	adaClient.MustAsk(t, `query($reps: [_Any!]!) { _entities(representations: $reps) { ... on Notification { message } } }`,
		map[string]any{"reps": representations("Notification", hers, mine, "n-missing", mine)}, &answer)
	if got := answer.Entities; len(got) != 4 || got[0] != nil || got[1] == nil || got[2] != nil || got[3] == nil {
		t.Errorf("entities: %v", got)
	}
}

// TestQueriesCounted: what answers cost in SQL does not grow with the number of rows or of representations.
func TestQueriesCounted(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		s := boot(t, databaseURL)
		adminClient := s.client.As(s.Token(t, "u-admin", identity.RoleAdmin))
		users := []string{"u-1"}
		for number := range 50 {
			user := fmt.Sprintf("u-other-%d", number)
			users = append(users, user)
			s.deliver(t, append(coffee(number), notifications.AboutUser(user, user, time.Now()))...)
		}
		queries := dbtest.CountReads(t, s.db, databaseURL)
		for _, c := range []struct {
			name  string
			users []string
			first int
			want  int64
		}{
			{"a page of 50 with its subjects", users[:1], 50, 3},
			{"51 users", users, 3, 3},
		} {
			before := queries.Load()
			var box inboxData
			adminClient.MustAsk(t, inboxQuery, map[string]any{"reps": representations("User", c.users...), "first": c.first}, &box)
			if got := queries.Load() - before; got != c.want { // the page, the count and the preferences
				t.Errorf("%s: %d queries, want %d", c.name, got, c.want)
			}
			for i, entity := range box.Entities {
				if entity.ID != c.users[i] || entity.Notifications == nil || len(entity.Notifications.Edges) == 0 {
					t.Errorf("%s: entity %d is %+v", c.name, i, entity)
				}
			}
		}
	})
}
