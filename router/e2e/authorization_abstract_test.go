package e2e

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tributary-gql/tributary/router/routertest/execute"
	"github.com/tributary-gql/tributary/router/routertest/fake"
	"github.com/tributary-gql/tributary/router/routertest/reference"
	"github.com/tributary-gql/tributary/router/routertest/world"
	"github.com/tributary-gql/tributary/schema/supergraph"
)

// library is a world with guards on, behind and beside abstract types. Its subgraphs execute what they are asked, aliases
// and all, and refuse what no subgraph may be asked.
type library struct {
	world    *world.World
	fleet    *fake.Fleet
	services []*service
	sdl      string
}

func newLibrary(t *testing.T) *library {
	t.Helper()
	l := &library{}
	graphs := []graph{
		{"catalog", "", `
			type Query {
				media: [Media!]
				book: Book
				film: Film
				shelf: [Item!]
				log: Log
				public: String
			}
			type Mutation { lend: Media ban: Media @authenticated }
			type Subscription { tick: Int shout: Int @authenticated }
			interface Media @key(fields: "id") { id: ID! title: String owner: Person }
			type Book implements Media @key(fields: "id") { id: ID! title: String owner: Person pages: Int isbn: String @authenticated }
			type Film implements Media @key(fields: "id") { id: ID! title: String @authenticated owner: Person length: Int }
			type Person @key(fields: "id") { id: ID! }
			type Log @authenticated { lines: [String!] next: Log }
			union Item = Book | Film | Log`},
		{"reviews", "", `
			type Media @interfaceObject @key(fields: "id") {
				id: ID!
				stars: Int
				score: Int @requiresScopes(scopes: [["scores"]])
				reviewer: Person @authenticated
			}
			type Person @key(fields: "id") { id: ID! rank: Int }`},
		{"people", "", `
			interface Named { name: String }
			type Person implements Named @key(fields: "id") { id: ID! name: String phone: String @authenticated boss: Person }
			type Query { someone: Named everyone: [Named!] }
			type Robot implements Named { name: String @authenticated model: String }`},
	}
	for i := range graphs {
		name := graphs[i].Name
		s := subgraph(t, func(w http.ResponseWriter, r *http.Request) { l.fleet.Handler(name).ServeHTTP(w, r) })
		l.services, graphs[i].URL = append(l.services, s), s.URL
	}
	l.sdl = supergraphOf(t, graphs...)
	super, err := supergraph.Read(l.sdl)
	if err != nil {
		t.Fatal(err)
	}
	// Of this seed the lists have values of all their types.
	if l.world, err = world.New(super, world.Options{Seed: 4}); err != nil {
		t.Fatal(err)
	}
	l.fleet = fake.New(l.world)
	return l
}

// asked tells whether any subgraph was asked for a field.
func (l *library) asked(t *testing.T, field string) bool {
	return slices.ContainsFunc(l.services, func(s *service) bool { return sent(t, s, field) })
}

func (l *library) reset() {
	for _, s := range l.services {
		s.Reset()
	}
}

func (l *library) queries() string {
	var b strings.Builder
	for _, s := range l.services {
		b.WriteString(s.Queries())
	}
	return b.String()
}

func (l *library) count() (n int) {
	for _, s := range l.services {
		n += s.Count()
	}
	return n
}

// TestGuardsThroughAbstractTypes: whatever way leads to a guarded field, its value is null with an error for those who may
// not see it, all else is what it would be, and no subgraph is asked for what only they need.
func TestGuardsThroughAbstractTypes(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: l.sdl, Config: tokens.Config()})
	all := tokens.Token(t, "ada", jwt.MapClaims{"scope": "scores"})
	some := tokens.Token(t, "bob")
	for _, c := range []struct {
		name, query string
		variables   map[string]any
		guarded     []string // what the caller may not see, and nobody is asked for
		still       []string // what is asked all the same
		token       string
	}{
		{name: "an interface object's field", query: `{ media { id stars score } }`, guarded: []string{"score"}, still: []string{"stars"}},
		{name: "through one of its types", query: `{ book { stars score } media { ... on Film { score } } }`, guarded: []string{"score"}, still: []string{"stars"}},
		{name: "with a token without the scope", query: `{ media { stars score reviewer { id } } }`, guarded: []string{"score"}, still: []string{"reviewer"}, token: some},
		{name: "alone", query: `{ media { id score } }`, guarded: []string{"score", "_entities"}, still: []string{"media"}},
		{name: "a branch behind it", query: `{ media { reviewer { name rank } } }`, guarded: []string{"reviewer", "name", "rank", "_entities"}},
		{name: "a branch that others need as well", query: `{ media { owner { rank } reviewer { rank name } } }`, guarded: []string{"reviewer", "name"}, still: []string{"rank"}},
		{name: "aliases that change places", query: `{ media { stars: score score: stars title: id } }`, guarded: []string{"score"}, still: []string{"stars"}},
		{name: "an alias of __typename's name", query: `{ media { __typename: title kind: __typename } }`, guarded: []string{"title"}},
		{name: "an alias of a key's name", query: `{ book { id: isbn stars } }`, guarded: []string{"isbn"}, still: []string{"stars"}},
		{name: "fragments in fragments", query: `{ media { ...m } } fragment m on Media { ...b ... on Media { ... { ...s } } } fragment b on Book { isbn title } fragment s on Media { stars score }`,
			guarded: []string{"isbn", "score"}, still: []string{"stars", "title"}},
		{name: "a fragment on a union", query: `{ media { ... on Item { ... on Book { isbn pages } } } }`, guarded: []string{"isbn"}, still: []string{"pages"}},
		{name: "a union's members", query: `{ shelf { ... on Media { id } ... on Log { lines } ... on Book { isbn pages } } }`, guarded: []string{"lines", "isbn"}, still: []string{"pages"}},
		{name: "an interface from a union", query: `{ shelf { ... on Media { title score } } }`, guarded: []string{"title", "score"}},
		{name: "a guarded type as a value", query: `{ log { next { next { lines } } } public }`, guarded: []string{"log", "lines"}, still: []string{"public"}},
		{name: "a guarded type's __typename", query: `{ log { __typename } public }`, guarded: []string{"log"}, still: []string{"public"}},
		{name: "an interface without a key", query: `{ everyone { name ... on Robot { model name } } }`, guarded: []string{"name"}, still: []string{"model"}},
		{name: "the same name on one type", query: `{ everyone { ... on Person { name phone } ... on Robot { model } } }`, guarded: []string{"phone"}, still: []string{"name", "model"}},
		{name: "one response name for two types", query: `{ everyone { ... on Person { x: name } ... on Robot { x: model } } media { ... on Book { y: title } ... on Film { y: title } } }`,
			still: []string{"name", "model", "title"}},
		{name: "deferred", query: `{ media { id ... @defer { stars score } } }`, guarded: []string{"score"}, still: []string{"stars"}},
		{name: "deferred alone", query: `{ media { id ...s @defer(label: "later") } } fragment s on Media { score reviewer { name } }`, guarded: []string{"score", "reviewer", "_entities"}, still: []string{"media"}},
		{name: "deferred in what is deferred", query: `{ ... @defer { book { ... @defer { isbn a: score } pages } } public }`, guarded: []string{"isbn", "score"}, still: []string{"pages", "public"}},
		{name: "deferred where one may see it not", query: `query($v: Boolean!) { book { pages ... @defer(if: $v) { isbn } } }`, variables: map[string]any{"v": true}, guarded: []string{"isbn"}, still: []string{"pages"}},
		{name: "a mutation's payload", query: `mutation { lend { stars score } ban { id } }`, guarded: []string{"score", "ban"}, still: []string{"lend", "stars"}},
	} {
		variables, err := json.Marshal(c.variables)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(who string, caller *reference.Caller, changes ...change) *answer {
			t.Helper()
			l.reset()
			want, err := reference.Answer(l.world, reference.Request{Document: c.query, Variables: variables, Caller: caller})
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			a := r.PostVariables(t, c.query, c.variables, changes...)
			var data any
			if err := json.Unmarshal(want.Data, &data); err != nil {
				t.Fatal(err)
			}
			if wanted := (&answer{Data: data}).DataJSON(); a.Status != http.StatusOK || a.DataJSON() != wanted {
				t.Errorf("%s, %s: %d %s\nwant %s", c.name, who, a.Status, a.Body, wanted)
			}
			if got, wanted := errorPlaces(a.Errors), referencePlaces(want); !slices.Equal(got, wanted) {
				t.Errorf("%s, %s: errors at %v, want %v", c.name, who, got, wanted)
			}
			for _, code := range a.Codes() {
				if code != denied {
					t.Errorf("%s, %s: an error with the code %s", c.name, who, code)
				}
			}
			return a
		}
		caller, changes := &reference.Caller{}, []change(nil)
		if c.token != "" {
			caller.Authenticated, changes = true, []change{withToken(c.token)}
		}
		if a := ask("who may not", caller, changes...); len(a.Errors) == 0 {
			t.Errorf("%s: nothing was denied: %s", c.name, a.Body)
		}
		for _, field := range c.guarded {
			if l.asked(t, field) {
				t.Errorf("%s: %s was asked for: %s", c.name, field, l.queries())
			}
		}
		for _, field := range c.still {
			if !l.asked(t, field) {
				t.Errorf("%s: %s was not asked for: %s", c.name, field, l.queries())
			}
		}
		if a := ask("who may", &reference.Caller{Authenticated: true, Scopes: []string{"scores"}}, withToken(all)); len(a.Errors) > 0 {
			t.Errorf("%s: denied to one who may: %s", c.name, a.Body)
		}
	}
	for _, v := range l.fleet.Violations() {
		t.Errorf("a subgraph was asked what it must not be: %v", v)
	}
}

func errorPlaces(errors []responseError) []string {
	var places []string
	for _, e := range errors {
		text, _ := json.Marshal(e.Path) // it came from JSON
		places = append(places, string(text))
	}
	slices.Sort(places)
	return places
}

func referencePlaces(result execute.Result) []string {
	var places []string
	for _, e := range result.Errors {
		text, _ := json.Marshal(e.Path) // strings and ints
		places = append(places, string(text))
	}
	slices.Sort(places)
	return places
}

// TestSubscriptionsAreRefused: without a transport of events none starts, alone or in a batch, and no subgraph hears of it.
func TestSubscriptionsAreRefused(t *testing.T) {
	t.Parallel()
	l := newLibrary(t)
	tokens := newIssuer(t)
	r := start(t, options{Supergraph: l.sdl, Config: tokens.Config()})
	for _, query := range []string{`subscription { tick }`, `subscription { shout }`} {
		for _, changes := range [][]change{nil, {withToken(tokens.Token(t, "ada"))}} {
			wantRefusal(t, query, r.Post(t, query, changes...), http.StatusBadRequest, "BAD_REQUEST", l.services...)
		}
	}
	a := r.PostBody(t, []byte(`[{"query":"subscription { shout }"},{"query":"{ public }"}]`))
	if a.Status != http.StatusOK || !strings.HasPrefix(a.Body, `[{"errors":[{"message":"subscriptions need`) || !strings.Contains(a.Body, `{"data":{"public":`) || l.count() != 1 || l.asked(t, "shout") {
		t.Errorf("in a batch: %d %s; asked %s", a.Status, a.Body, l.queries())
	}
}
