package search_test

import (
	"slices"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/tributary-gql/tributary/subgraphs/search"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	cases := []struct {
		text string
		want []string
	}{
		{"", nil},
		{"  \t–!", nil},
		{"Coffee at the corner, coffee!", []string{"coffee", "at", "the", "corner"}},
		{"Crème-Brûlée 2x", []string{"creme", "brulee", "2x"}},
		{"cafe\u0301", []string{"cafe"}}, // a combining accent
		{"ŁÓDŹ Straße Ærø", []string{"lodz", "strasse", "aero"}},
		{"4.20 EUR", []string{"4", "20", "eur"}},
		{"Привет мир", []string{"привет", "мир"}},
		{`a"b'c\d*e:f(g)`, []string{"a", "b", "c", "d", "e", "f", "g"}},
		{"\xff\xfebroken", []string{"broken"}},
	}
	for _, c := range cases {
		if got := search.Terms(c.text); !slices.Equal(got, c.want) {
			t.Errorf("Terms(%q) = %q, want %q", c.text, got, c.want)
		}
	}
}

func TestTrigrams(t *testing.T) {
	t.Parallel()
	for term, want := range map[string][]string{
		"cat": {"  c", " ca", "cat", "at "},
		"a":   {"  a", " a "},
		"aaa": {"  a", " aa", "aaa", "aa "},
		"é":   {"  é", " é "},
	} {
		if got := search.Trigrams(term); !slices.Equal(got, want) {
			t.Errorf("Trigrams(%q) = %q, want %q", term, got, want)
		}
	}
}

// FuzzWords: words lie inside the text, in order, do not overlap, and their terms are folded already.
func FuzzWords(f *testing.F) {
	for _, seed := range []string{"Coffee, coffee", "Crème-Brûlée", "\xff", "a\u0301\u0301b", "ﬁ ß ẞ İ", "x\x00y"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, word := range search.Words(text) {
			if word.Start < at || word.End <= word.Start || word.End > len(text) {
				t.Fatalf("%q: word %+v after offset %d", text, word, at)
			}
			at = word.End
			if word.Term == "" || !utf8.ValidString(word.Term) {
				t.Fatalf("%q: term %q", text, word.Term)
			}
			for _, r := range word.Term {
				if !unicode.IsLetter(r) && !unicode.IsNumber(r) {
					t.Fatalf("%q: term %q contains %q", text, word.Term, r)
				}
			}
		}
	})
}
