package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/kit/database/dbtest"
	"github.com/tributary-gql/tributary/subgraphs/kit/demo"
	"github.com/tributary-gql/tributary/subgraphs/search"
	"github.com/tributary-gql/tributary/subgraphs/search/store"
)

// scan is the reference: an Index that proposes every document the viewer may see.
type scan struct{ documents []search.Document }

func (scan) SimilarTerms(context.Context, []string, int) (map[string][]string, error) {
	return nil, nil
}

func (s scan) Candidates(_ context.Context, criteria search.Criteria, _ int) ([]search.Document, error) {
	var visible []search.Document
	for _, d := range s.documents {
		mayBeSeen := criteria.Audience == nil || slices.ContainsFunc(d.Audience, func(id string) bool { return slices.Contains(criteria.Audience, id) })
		if mayBeSeen && slices.Contains(criteria.Kinds, d.Kind) {
			visible = append(visible, d)
		}
	}
	return visible, nil
}

// demoDocuments is enough of the demo data that words repeat and resemble each other.
func demoDocuments() []search.Document {
	var documents []search.Document
	for number := 1; number <= demo.UserCount; number++ {
		documents = append(documents, search.Document{Kind: search.User, ID: demo.UserID(number), Sequence: 1, Title: demo.UserName(number),
			Audience: []string{search.Everyone}, OccurredAt: demo.UserCreatedAt(number)})
	}
	for number := 1; number <= 300; number++ {
		p := demo.PaymentAt(number)
		documents = append(documents, search.Document{Kind: search.Payment, ID: demo.PaymentID(number), Sequence: 1, Title: p.Description,
			Body: fmt.Sprintf("%d %s", p.Minor, p.Currency), Audience: []string{demo.UserID(p.Payer), demo.UserID(p.Payee)}, OccurredAt: p.CreatedAt})
	}
	return documents
}

// mistype makes one or two of the errors that people make, or none, and sometimes stops before the end.
func mistype(random *rand.Rand, word string) string {
	letters := []rune(word)
	for range random.IntN(3) {
		at := random.IntN(len(letters))
		switch random.IntN(4) {
		case 0:
			letters = slices.Insert(letters, at, rune('a'+random.IntN(26)))
		case 1:
			if len(letters) > 1 {
				letters = slices.Delete(letters, at, at+1)
			}
		case 2:
			letters[at] = rune('a' + random.IntN(26))
		case 3:
			if at > 0 {
				letters[at-1], letters[at] = letters[at], letters[at-1]
			}
		}
	}
	return string(letters[:1+random.IntN(len(letters))/3+len(letters)*2/3])
}

// TestBothDatabasesFindWhatAScanFinds: what the databases propose loses no hit, so both answer alike, scores and order included.
func TestBothDatabasesFindWhatAScanFinds(t *testing.T) {
	t.Parallel()
	documents := demoDocuments()
	searchers := map[string]*search.Searcher{}
	for name, url := range map[string]string{"sqlite": dbtest.SQLiteURL(t), "postgres": dbtest.PostgreSQLURL(t)} {
		db := dbtest.Open(t, url, store.Migrations)
		kept := store.New(db)
		put(t, db, kept, documents...)
		searchers[name] = search.NewSearcher(kept)
	}
	reference := search.NewSearcher(scan{documents})
	random := rand.New(rand.NewPCG(1, 2))
	viewers := []search.Viewer{{ID: demo.UserID(1)}, {ID: demo.UserID(77)}, {ID: "u-9999", Admin: true}, {}}
	found := 0
	for range 400 {
		words := search.Terms(documents[random.IntN(len(documents))].Text())
		for i, word := range words {
			words[i] = mistype(random, word)
		}
		query := search.Query{Text: strings.Join(words[:1+random.IntN(min(3, len(words)))], " "), Limit: 1000}
		viewer := viewers[random.IntN(len(viewers))]
		want, err := reference.Search(t.Context(), viewer, query)
		if err != nil {
			t.Fatal(err)
		}
		found += len(want)
		for _, name := range []string{"sqlite", "postgres"} {
			got, err := searchers[name].Search(t.Context(), viewer, query)
			if err != nil {
				t.Fatalf("%s: %q: %v", name, query.Text, err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q finds %d hits for %+v, a scan %d", name, query.Text, len(got), viewer, len(want))
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d hits were compared: the test tried too little", found)
	}
}
