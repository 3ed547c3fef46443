package store_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"go.uber.org/goleak"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/search"
	"github.com/tributary-gql/tributary/subgraphs/search/store"
)

func TestMain(m *testing.M) { dbtest.Main(m, func() error { return goleak.Find() }) }

var (
	ada    = search.Viewer{ID: "u-1"}
	grace  = search.Viewer{ID: "u-2"}
	admin  = search.Viewer{ID: "u-3", Admin: true}
	nobody = search.Viewer{}
)

// corpus is a small world: users everybody finds, payments their parties find, notifications their owners find.
func corpus() []search.Document {
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	user := func(id, name string) search.Document {
		return search.Document{Kind: search.User, ID: id, Sequence: 1, Title: name, Audience: []string{search.Everyone}, OccurredAt: at}
	}
	payment := func(n int, text string, parties ...string) search.Document {
		return search.Document{Kind: search.Payment, ID: fmt.Sprintf("p-%d", n), Sequence: 1, Title: text, Body: "4.20 EUR",
			Audience: parties, OccurredAt: at.Add(time.Duration(n) * time.Minute)}
	}
	notification := func(n int, text, owner string) search.Document {
		return search.Document{Kind: search.Notification, ID: fmt.Sprintf("n-%d", n), Sequence: 1, Title: text,
			Audience: []string{owner}, OccurredAt: at.Add(time.Duration(n) * time.Hour)}
	}
	return []search.Document{
		user("u-1", "Ada Lovelace"), user("u-2", "Grace Hopper"), user("u-4", "Zoë Brücke"), user("u-5", "Coffey Annan"),
		payment(1, "Coffee at the corner", "u-1", "u-2"),
		payment(2, "Two coffees and a croissant", "u-2", "u-1"),
		payment(3, "Coffee for somebody else", "u-4", "u-5"),
		payment(4, "Tea & toffee", "u-1", "u-4"),
		payment(5, "O'Reilly \\ books: \"SQL\" 100% * (new)", "u-1", "u-2"),
		notification(1, "A payment of 4.20 EUR is on its way to you: Coffee at the corner", "u-2"),
		notification(2, "You authorised a payment of 4.20 EUR: Coffee at the corner", "u-1"),
	}
}

// run runs the test on both databases with the corpus indexed.
func run(t *testing.T, test func(t *testing.T, db *database.DB, kept *store.Store)) {
	t.Helper()
	t.Parallel()
	dbtest.Run(t, store.Migrations, func(t *testing.T, db *database.DB) {
		kept := store.New(db)
		put(t, db, kept, corpus()...)
		test(t, db, kept)
	})
}

func put(t *testing.T, db *database.DB, kept *store.Store, documents ...search.Document) {
	t.Helper()
	if err := db.InTx(t.Context(), func(tx *sqlx.Tx) error { return kept.Put(t.Context(), tx, documents) }); err != nil {
		t.Fatal(err)
	}
}

// find returns the ids of the hits, best first.
func find(t *testing.T, kept *store.Store, viewer search.Viewer, text string, kinds ...search.Kind) []string {
	t.Helper()
	hits, err := search.NewSearcher(kept).Search(t.Context(), viewer, search.Query{Text: text, Kinds: kinds, Limit: 100})
	if err != nil {
		t.Fatalf("searching for %q: %v", text, err)
	}
	ids := make([]string, len(hits))
	for i, hit := range hits {
		ids[i] = hit.ID
	}
	return ids
}

func TestSearch(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		cases := []struct {
			name   string
			viewer search.Viewer
			text   string
			kinds  []search.Kind
			want   string // ids, best first
		}{
			{"a word", ada, "coffee", nil, "p-1 n-2 p-2 p-4 u-5"},
			{"a typing error", ada, "cofee", nil, "p-1 n-2 u-5 p-2"},
			{"two swapped letters", ada, "coffee croissnat", nil, "p-2"},
			{"as one types", ada, "cro", nil, "p-2"},
			{"as one types, one letter", ada, "h", nil, "u-2"},
			{"all words must match", ada, "coffee corner", nil, "p-1 n-2"},
			{"words in any order", ada, "corner coffee", nil, "p-1 n-2"},
			{"capitals", ada, "COFFEE CORNER", nil, "p-1 n-2"},
			{"accents", nobody, "zoe brucke", nil, "u-4"},
			{"accents in the query", nobody, "Löveläce", nil, "u-1"},
			{"the body", ada, "4.20", []search.Kind{search.Payment}, "p-4 p-1 p-2 p-5"},
			{"one kind", ada, "coffee", []search.Kind{search.Notification}, "n-2"},
			{"two kinds", ada, "coffee", []search.Kind{search.Notification, search.User}, "n-2 u-5"},
			{"what it may not see", nobody, "coffee", nil, "u-5"},
			{"another's eyes", grace, "coffee", nil, "p-1 n-1 p-2 u-5"},
			{"an administrator", admin, "coffee", []search.Kind{search.Payment}, "p-3 p-1 p-2 p-4"},
			{"no such word", ada, "xylophone", nil, ""},
			{"no words at all", ada, " *&|!():'\" ", nil, ""},
			{"nothing", ada, "", nil, ""},
			{"an id as somebody's audience", search.Viewer{ID: "*"}, "coffee", nil, "u-5"},
			{"words of the query language", ada, "coffee AND OR NOT", nil, ""},
			{"quotes and operators", ada, `o'reilly "sql" \ :* | & !`, nil, "p-5"},
			{"an audience as a word", ada, "x752d31", nil, ""},
			{"percent and wildcards", ada, "100% _ *", nil, "p-5"},
		}
		for _, c := range cases {
			if got := strings.Join(find(t, kept, c.viewer, c.text, c.kinds...), " "); got != c.want {
				t.Errorf("%s: %q finds %q, want %q", c.name, c.text, got, c.want)
			}
		}
	})
}

func TestPagesOfHits(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		var many []search.Document
		for n := range 25 {
			many = append(many, search.Document{Kind: search.Payment, ID: fmt.Sprintf("p-many-%02d", n), Sequence: 1, Title: "Pancakes",
				Audience: []string{"u-1"}, OccurredAt: time.Date(2026, 4, 1, 0, n/3, 0, 0, time.UTC)})
		}
		put(t, db, kept, many...)
		all := find(t, kept, ada, "pancake")
		if len(all) != len(many) {
			t.Fatalf("%d hits, want %d", len(all), len(many))
		}
		var walked []string
		query := search.Query{Text: "pancake", Limit: 7}
		for {
			hits, err := search.NewSearcher(kept).Search(t.Context(), ada, query)
			if err != nil {
				t.Fatal(err)
			}
			if len(hits) == 0 {
				break
			}
			for _, hit := range hits {
				walked = append(walked, hit.ID)
			}
			query.After = &hits[len(hits)-1].Rank
		}
		if !slices.Equal(walked, all) {
			t.Errorf("walking the pages gave %v, want %v", walked, all)
		}
	})
}

func TestANewerDocumentReplacesAnOlder(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		renamed := search.Document{Kind: search.User, ID: "u-1", Sequence: 3, Title: "Augusta King", Audience: []string{search.Everyone}}
		put(t, db, kept, renamed)
		stale := search.Document{Kind: search.User, ID: "u-1", Sequence: 2, Title: "Countess Lovelace", Audience: []string{search.Everyone}}
		put(t, db, kept, stale, stale)
		if got := find(t, kept, nobody, "augusta"); !slices.Equal(got, []string{"u-1"}) {
			t.Errorf("the new name finds %v", got)
		}
		for _, gone := range []string{"lovelace", "countess"} {
			if got := find(t, kept, nobody, gone); len(got) != 0 {
				t.Errorf("%q finds %v", gone, got)
			}
		}
		// Whoever loses the right to see a document does not find it any more.
		put(t, db, kept, search.Document{Kind: search.Payment, ID: "p-1", Sequence: 2, Title: "Coffee at the corner", Audience: []string{"u-2"}})
		if got := find(t, kept, ada, "coffee corner", search.Payment); len(got) != 0 {
			t.Errorf("ada still finds %v", got)
		}
	})
}

func TestQueryLimits(t *testing.T) {
	run(t, func(t *testing.T, db *database.DB, kept *store.Store) {
		for _, text := range []string{strings.Repeat("a", search.MaxQueryRunes+1), "a b c d e f g h i", "\xff"} {
			_, err := search.NewSearcher(kept).Search(t.Context(), ada, search.Query{Text: text, Limit: 10})
			var coded *search.Error
			if !errors.As(err, &coded) || coded.Code != search.CodeInvalidInput {
				t.Errorf("%.20q: %v", text, err)
			}
		}
		for _, text := range []string{strings.Repeat("é", search.MaxQueryRunes), "a b c d e f g h", strings.Repeat("long ", 40)} {
			if _, err := search.NewSearcher(kept).Search(t.Context(), ada, search.Query{Text: text, Limit: 10}); err != nil {
				t.Errorf("%.20q: %v", text, err)
			}
		}
	})
}
