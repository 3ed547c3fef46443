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
	"github.com/tributary-gql/tributary/subgraphs/search"
	"github.com/tributary-gql/tributary/subgraphs/search/graph"
)

func TestMain(m *testing.M) {
	dbtest.Main(m, func() error {
		http.DefaultClient.CloseIdleConnections()
		return goleak.Find()
	})
}

// running is a service that serves on a free port until stop is called, at the latest until the test ends.
type running struct {
	*Service
	*identitytest.Issuer
	client graphqlservertest.Client
	stop   func()
}

// boot starts the service on the database; arguments are further flags.
func boot(t *testing.T, issuer *identitytest.Issuer, databaseURL string, arguments ...string) running {
	t.Helper()
	settings, set := NewSettings()
	arguments = append([]string{"--listen", "127.0.0.1:0", "--database-url", databaseURL, "--jwks-url", issuer.JWKSURL(), "--log-level", "error"}, arguments...)
	if err := set.Parse(arguments, func(string) (string, bool) { return "", false }); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), settings, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, nil, func(at string) { address <- at }) }()
	stopped := false
	stop := func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("the service ended with %v", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	select {
	case at := <-address:
		return running{s, issuer, graphqlservertest.Client{URL: "http://" + at + "/graphql"}, stop}
	case err := <-ended:
		ended <- nil
		t.Fatalf("the service did not start: %v", err)
	case <-time.After(30 * time.Second):
		t.Fatal("the service did not start in 30 seconds")
	}
	return running{}
}

// put indexes documents as the consumer does.
func (r running) put(t *testing.T, documents ...search.Document) {
	t.Helper()
	if err := r.db.InTx(t.Context(), func(tx *sqlx.Tx) error { return r.index.Put(t.Context(), tx, documents) }); err != nil {
		t.Fatal(err)
	}
}

const searchQuery = `query($q: String!, $kinds: [SearchKind!], $first: Int, $after: String) { search(query: $q, kinds: $kinds, first: $first, after: $after) {
	edges { cursor node { score snippet hit { __typename ... on User { id } ... on Payment { id } ... on Notification { id } } } }
	pageInfo { hasNextPage hasPreviousPage endCursor } } }`

type searchData struct {
	Search struct {
		Edges []struct {
			Cursor string
			Node   struct {
				Score   float64
				Snippet string
				Hit     struct {
					Typename string `json:"__typename"`
					ID       string
				}
			}
		}
		PageInfo struct {
			HasNextPage, HasPreviousPage bool
			EndCursor                    *string
		}
	}
}

func ask(t *testing.T, client graphqlservertest.Client, variables map[string]any) searchData {
	t.Helper()
	var answer searchData
	client.MustAsk(t, searchQuery, variables, &answer)
	return answer
}

func (d searchData) ids() string {
	var ids []string
	for _, edge := range d.Search.Edges {
		ids = append(ids, edge.Node.Hit.Typename+" "+edge.Node.Hit.ID)
	}
	return strings.Join(ids, ", ")
}

func TestGeneratedCode(t *testing.T) {
	t.Parallel()
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{}})
	graphqlservertest.CheckResolvers[graph.ResolverRoot](t, schema.Schema())
}

func TestSearchOverHTTP(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		s := boot(t, identitytest.New(t), databaseURL)
		at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
		s.put(t,
			search.Document{Kind: search.User, ID: "u-1", Sequence: 1, Title: "Ada Coffman", Audience: []string{search.Everyone}, OccurredAt: at},
			search.Document{Kind: search.Payment, ID: "p-1", Sequence: 1, Title: `Coffee & <b>cake</b>`, Body: "4.20 EUR", Audience: []string{"u-1", "u-2"}, OccurredAt: at},
			search.Document{Kind: search.Notification, ID: "n-1", Sequence: 1, Title: "A payment for coffee", Audience: []string{"u-2"}, OccurredAt: at},
		)
		ada, grace, nobody := s.client.As(s.Token(t, "u-1")), s.client.As(s.Token(t, "u-2")), s.client
		admin := s.client.As(s.Token(t, "u-admin", identity.RoleAdmin))
		for _, c := range []struct {
			name   string
			client graphqlservertest.Client
			query  string
			kinds  []string
			want   string
		}{
			{"a party", ada, "coffee", nil, "Payment p-1"},
			{"a party and owner", grace, "cofee", nil, "Payment p-1, Notification n-1"},
			{"one kind", grace, "coffee", []string{"NOTIFICATION"}, "Notification n-1"},
			{"no kinds are all kinds", grace, "coffee", []string{}, "Payment p-1, Notification n-1"},
			{"a stranger", s.client.As(s.Token(t, "u-mallory")), "coffee", nil, ""},
			{"nobody", nobody, "coffee", nil, ""},
			{"nobody, as one types", nobody, "coff", nil, "User u-1"},
			{"an administrator", admin, "coffee", nil, "Payment p-1, Notification n-1"},
		} {
			if got := ask(t, c.client, map[string]any{"q": c.query, "kinds": c.kinds}).ids(); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
		node := ask(t, ada, map[string]any{"q": "coffee"}).Search.Edges[0].Node
		if node.Snippet != "<mark>Coffee</mark> &amp; &lt;b&gt;cake&lt;/b&gt; · 4.20 EUR" || node.Score <= 0 || node.Score > 1 {
			t.Errorf("%+v", node)
		}
		for _, bad := range []map[string]any{
			{"q": strings.Repeat("x", 201)}, {"q": "a b c d e f g h i"}, {"q": "x", "first": 101}, {"q": "x", "after": "nonsense"},
			{"q": "x", "after": "WyJoaXRzIiwiTmFOIiwiMSIsIngiXQ"}, // a score that is no number
		} {
			response := ada.Ask(t, searchQuery, bad)
			if len(response.Errors) != 1 || response.Errors[0].Code() != "BAD_USER_INPUT" {
				t.Errorf("%.60v: %s", bad, response.Body)
			}
		}
	})
}

func TestPagesOverHTTP(t *testing.T) {
	t.Parallel()
	s := boot(t, identitytest.New(t), dbtest.SQLiteURL(t))
	for n := range 7 {
		s.put(t, search.Document{Kind: search.User, ID: fmt.Sprintf("u-%d", n), Sequence: 1, Title: strings.Repeat("Ada ", 1+n%3) + fmt.Sprint(n), Audience: []string{search.Everyone}})
	}
	variables := map[string]any{"q": "ada", "first": 3}
	seen := map[string]bool{}
	lastScore := 1.0
	for page := 0; ; page++ {
		got := ask(t, s.client, variables).Search
		for _, edge := range got.Edges {
			if seen[edge.Node.Hit.ID] || edge.Node.Score > lastScore {
				t.Errorf("page %d: %+v comes after a score of %v", page, edge.Node, lastScore)
			}
			seen[edge.Node.Hit.ID], lastScore = true, edge.Node.Score
		}
		if got.PageInfo.HasPreviousPage != (page > 0) {
			t.Errorf("page %d: hasPreviousPage is %v", page, got.PageInfo.HasPreviousPage)
		}
		if !got.PageInfo.HasNextPage {
			break
		}
		variables["after"] = *got.PageInfo.EndCursor
	}
	if len(seen) != 7 {
		t.Errorf("the pages show %d hits", len(seen))
	}
}

// TestQueriesCounted: a page of hits costs two queries, however many hits it has and whatever they are.
func TestQueriesCounted(t *testing.T) {
	t.Parallel()
	dbtest.RunURL(t, func(t *testing.T, databaseURL string) {
		s := boot(t, identitytest.New(t), databaseURL)
		for n := range 60 {
			s.put(t, search.Document{Kind: search.Kinds()[n%3], ID: fmt.Sprint(n), Sequence: 1, Title: "Coffee beans", Audience: []string{search.Everyone}})
		}
		queries := dbtest.CountReads(t, s.db, databaseURL)
		for text, want := range map[string]int64{"coffee": 2, "cofee baens": 2, "co": 1, "": 0} {
			before := queries.Load()
			hits := len(ask(t, s.client, map[string]any{"q": text, "first": 50}).Search.Edges)
			if got := queries.Load() - before; got != want || (hits != 50 && text != "") {
				t.Errorf("%q: %d queries for %d hits, want %d", text, got, hits, want)
			}
		}
	})
}
