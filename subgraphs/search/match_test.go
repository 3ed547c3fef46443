package search_test

import (
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/search"
)

func TestMatch(t *testing.T) {
	t.Parallel()
	cases := []struct {
		word, term string
		matches    bool
		why        string
	}{
		{"coffee", "coffee", true, "the same"},
		{"cof", "coffee", true, "the beginning"},
		{"c", "coffee", true, "the beginning"},
		{"cofee", "coffee", true, "a letter is missing"},
		{"cofffee", "coffee", true, "a letter too many"},
		{"coffae", "coffee", true, "another letter"},
		{"cofefe", "coffee", true, "two neighbours are swapped"},
		{"offee", "coffee", true, "the first letter is missing"},
		{"cofe", "coffee", true, "the beginning, with an error"},
		{"cfe", "coffee", false, "short words must be right"},
		{"caf", "coffee", false, "short words must be right"},
		{"kofee", "coffee", false, "two errors in five letters"},
		{"cappucino", "cappuccino", true, "one error"},
		{"capuchino", "cappuccino", true, "two errors in nine letters"},
		{"kapuchino", "cappuccino", false, "three errors"},
		{"ffee", "coffee", false, "the middle of a word"},
		{"coffees", "coffee", true, "a plural"},
		{"ojna", "jonas", false, "nothing that an index could find it by"},
		{"tea", "coffee", false, "another word"},
	}
	for _, c := range cases {
		if got := search.Match(c.word, c.term); (got > 0) != c.matches {
			t.Errorf("Match(%q, %q) = %v: %s", c.word, c.term, got, c.why)
		}
	}
}

// TestBetterMatchesCountMore: the same word, then longer beginnings, then errors.
func TestBetterMatchesCountMore(t *testing.T) {
	t.Parallel()
	inOrder := []struct{ word, term string }{
		{"coffee", "coffee"}, {"coffe", "coffee"}, {"co", "coffee"}, {"cofee", "coffee"}, {"capuchino", "cappuccino"}, {"cofe", "coffee"},
	}
	for i, better := range inOrder[:len(inOrder)-1] {
		worse := inOrder[i+1]
		if search.Match(better.word, better.term) <= search.Match(worse.word, worse.term) {
			t.Errorf("%v should match better than %v", better, worse)
		}
	}
}

// FuzzMatch: every quality is between 0 and 1, a word matches itself best, and a beginning always matches.
func FuzzMatch(f *testing.F) {
	f.Add("cofee", "coffee")
	f.Add("", "")
	f.Add("capuchino", "cappuccino")
	f.Fuzz(func(t *testing.T, word, term string) {
		if len(word) > 100 || len(term) > 100 {
			return
		}
		q := search.Match(word, term)
		if q < 0 || q > 1 || (q == 1) != (word == term) {
			t.Fatalf("Match(%q, %q) = %v", word, term, q)
		}
		if strings.HasPrefix(term, word) && q == 0 {
			t.Fatalf("%q does not match %q", word, term)
		}
	})
}
