package graph_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/loaders"
	"github.com/tributary-gql/tributary/subgraphs/kit/fault"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver"
	"github.com/tributary-gql/tributary/subgraphs/kit/graphqlserver/graphqlservertest"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity"
	"github.com/tributary-gql/tributary/subgraphs/kit/identity/identitytest"
	"github.com/tributary-gql/tributary/subgraphs/users"
	"github.com/tributary-gql/tributary/subgraphs/users/graph"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeStore is a users.Store of the users "u-1" to "u-9" that counts; methods it lacks are not called by these tests.
type fakeStore struct {
	users.Store
	mutex sync.Mutex
	calls [][]string
	err   error
}

func (f *fakeStore) UsersByID(_ context.Context, ids []string) (map[string]*users.User, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.calls = append(f.calls, slices.Clone(ids))
	if f.err != nil {
		return nil, f.err
	}
	found := map[string]*users.User{"u-99": {ID: "u-99", Name: "Nobody asked for"}}
	for _, id := range ids {
		if len(id) == 3 {
			found[id] = &users.User{
				ID: id, Name: "User " + id, Email: id + "@example.com", Roles: []users.Role{users.RoleUser}, CreatedAt: time.Unix(0, 0),
			}
		}
	}
	return found, nil
}

func serve(t *testing.T, store *fakeStore, log *strings.Builder, batching ...loaders.Option) (graphqlservertest.Client, *identitytest.Issuer) {
	t.Helper()
	issuer := identitytest.New(t)
	logger := slog.New(slog.DiscardHandler)
	if log != nil {
		logger = slog.New(slog.NewTextHandler(log, nil))
	}
	resolver := &graph.Resolver{Store: store, Batching: batching}
	handler := graphqlserver.New(graph.NewExecutableSchema(graph.Config{Resolvers: resolver}),
		graphqlserver.Options{Logger: logger, Prepare: resolver.WithLoaders})
	server := httptest.NewServer(identity.Middleware(issuer.Verifier(), logger)(handler))
	t.Cleanup(server.Close)
	return graphqlservertest.Client{URL: server.URL, HTTP: server.Client()}, issuer
}

func TestEveryFieldWithArgumentsHasAResolver(t *testing.T) {
	t.Parallel()
	schema := graph.NewExecutableSchema(graph.Config{Resolvers: &graph.Resolver{}}).Schema()
	graphqlservertest.CheckResolvers[graph.ResolverRoot](t, schema)
}

const entitiesQuery = `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { id name } } }`

func representations(ids ...string) map[string]any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = map[string]any{"__typename": "User", "id": id}
	}
	return map[string]any{"representations": list}
}

func TestEntitiesComeInOrderWithOneStoreCall(t *testing.T) {
	t.Parallel()
	store := &fakeStore{}
	client, _ := serve(t, store, nil)
	var asked, want []string
	for i := range 100 {
		id := fmt.Sprintf("u-%d", i%9+1)
		if i == 50 {
			id = "missing"
		}
		asked = append(asked, id)
		want = append(want, id)
	}
	var data struct {
		Entities []*struct{ ID, Name string } `json:"_entities"`
	}
	client.MustAsk(t, entitiesQuery, representations(asked...), &data)
	if len(data.Entities) != len(asked) {
		t.Fatalf("%d entities for %d representations", len(data.Entities), len(asked))
	}
	for i, entity := range data.Entities {
		switch {
		case i == 50 && entity != nil:
			t.Errorf("the missing user is %+v", entity)
		case i != 50 && (entity == nil || entity.ID != want[i] || entity.Name != "User "+want[i]):
			t.Errorf("entity %d is %+v, want %s", i, entity, want[i])
		}
	}
	if len(store.calls) != 1 || len(store.calls[0]) != 10 {
		t.Errorf("the store was called with %v, want once with the 10 distinct ids", store.calls)
	}
}

func TestAliasesOfOneRequestShareACall(t *testing.T) {
	t.Parallel()
	store := &fakeStore{}
	// The third id ends the wait, however slow the machine is.
	client, issuer := serve(t, store, nil, loaders.WithMaxBatch(3), loaders.WithWait(time.Minute))
	var data map[string]*struct{ ID string }
	client.As(issuer.Token(t, "u-1")).MustAsk(t, `{ me { id } a: user(id: "u-2") { id } b: user(id: "u-2") { id } c: user(id: "missing") { id } }`, nil, &data)
	if data["me"].ID != "u-1" || data["a"].ID != "u-2" || data["b"].ID != "u-2" || data["c"] != nil {
		t.Errorf("the data is %v", data)
	}
	if len(store.calls) != 1 || len(store.calls[0]) != 3 {
		t.Errorf("the store was called with %v, want once with three ids", store.calls)
	}
}

func TestOnlyTheOwnerAndAdministratorsSeeAnAddress(t *testing.T) {
	t.Parallel()
	client, issuer := serve(t, &fakeStore{}, nil)
	tests := map[string]struct {
		client graphqlservertest.Client
		want   string
	}{
		"nobody":           {client, ""},
		"another user":     {client.As(issuer.Token(t, "u-2")), ""},
		"the user":         {client.As(issuer.Token(t, "u-1")), "u-1@example.com"},
		"an administrator": {client.As(issuer.Token(t, "u-3", identity.RoleAdmin)), "u-1@example.com"},
	}
	const query = `query ($representations: [_Any!]!) {
		user(id: "u-1") { email }
		_entities(representations: $representations) { ... on User { email } }
	}`
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			type shown struct{ Email *string }
			var data struct {
				User     shown
				Entities []shown `json:"_entities"`
			}
			test.client.MustAsk(t, query, representations("u-1"), &data)
			for _, email := range []*string{data.User.Email, data.Entities[0].Email} {
				if got := text(email); got != test.want {
					t.Errorf("the address is %q, want %q", got, test.want)
				}
			}
		})
	}
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

func TestMalformedRepresentationsAreNamed(t *testing.T) {
	t.Parallel()
	store := &fakeStore{}
	client, _ := serve(t, store, nil)
	response := client.Ask(t, entitiesQuery, map[string]any{"representations": []any{
		map[string]any{"__typename": "User", "id": "u-1"},
		map[string]any{"__typename": "User"},
		map[string]any{"__typename": "User", "id": nil},
		map[string]any{"__typename": "Payment", "id": "p-1"},
		map[string]any{"id": "u-1"},
	}})
	if len(response.Errors) != 4 {
		t.Fatalf("the answer is %s", response.Body)
	}
	for i, problem := range response.Errors {
		if problem.Code() != fault.BadInput || fmt.Sprint(problem.Path) != fmt.Sprintf("[_entities %d]", i+1) {
			t.Errorf("error %d is %+v", i, problem)
		}
	}
	if len(store.calls) != 0 {
		t.Errorf("the store was called with %v", store.calls)
	}
}

func TestUnexpectedErrorsAreOpaqueAndInTheLog(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	client, _ := serve(t, &fakeStore{err: errors.New("dial tcp 10.0.0.5: the secret details")}, &log)
	for _, response := range []graphqlservertest.Response{
		client.Ask(t, `{ user(id: "u-1") { id } }`, nil),
		client.Ask(t, entitiesQuery, representations("u-1")),
	} {
		if len(response.Errors) != 1 || response.Errors[0].Code() != fault.Internal || strings.Contains(string(response.Body), "secret") {
			t.Errorf("the answer is %s", response.Body)
			continue
		}
		words := strings.Fields(response.Errors[0].Message)
		reference := words[len(words)-1]
		if !strings.Contains(log.String(), reference) || !strings.Contains(log.String(), "secret details") {
			t.Errorf("the log lacks the error under %s:\n%s", reference, &log)
		}
	}
}

func TestAnonymousCallersChangeNothing(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, &fakeStore{}, nil)
	for _, mutation := range []string{`mutation { updateProfile(input: {name: "Eve"}) { id } }`, `mutation { logOut }`, `mutation { logOut(everywhere: true) }`} {
		response := client.Ask(t, mutation, nil)
		if len(response.Errors) != 1 || response.Errors[0].Code() != fault.Unauthenticated {
			t.Errorf("%s is answered by %s", mutation, response.Body)
		}
	}
	var data struct{ Me *struct{ ID string } }
	client.MustAsk(t, `{ me { id } }`, nil, &data)
	if data.Me != nil {
		t.Errorf("nobody is %+v", data.Me)
	}
}

func TestBadCursorsAndBounds(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, &fakeStore{}, nil)
	for _, arguments := range []string{
		`first: -1`, `first: 101`, `first: 2147483648`, `after: "!"`, `after: "WyJ1c2VycyJd"`,
		`after: "WyJwYXltZW50cyIsIjEiLCIyIl0"`, `after: "WyJ1c2VycyIsIngiLCIyIl0"`, `after: "` + strings.Repeat("A", 2000) + `"`,
	} {
		response := client.Ask(t, `{ users(`+arguments+`) { edges { cursor } } }`, nil)
		if len(response.Errors) != 1 || response.Errors[0].Code() != fault.BadInput {
			t.Errorf("users(%.40s) is answered by %s", arguments, response.Body)
		}
	}
}
