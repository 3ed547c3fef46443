package search_test

import (
	"strings"
	"testing"

	"github.com/tributary-gql/tributary/subgraphs/search"
)

func TestSnippet(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("word ", 40) + "coffee" + strings.Repeat(" word", 40)
	cases := []struct{ name, text, query, want string }{
		{"marks the match", "Coffee at the corner", "coffee", "<mark>Coffee</mark> at the corner"},
		{"marks every match", "coffee, tea, coffee.", "coffee tea", "<mark>coffee</mark>, <mark>tea</mark>, <mark>coffee</mark>."},
		{"marks what was misspelt", "Iced coffee", "cofee", "Iced <mark>coffee</mark>"},
		{"marks a whole word for its beginning", "Iced coffee", "cof", "Iced <mark>coffee</mark>"},
		{"marks accents", "Crème brûlée", "creme", "<mark>Crème</mark> brûlée"},
		{"escapes the text", `<script>alert("x")</script> & coffee`, "coffee",
			`&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; <mark>coffee</mark>`},
		{"cuts both ends", long, "coffee", "…" + strings.Repeat("word ", 6) + "<mark>coffee</mark>" + strings.Repeat(" word", 17) + "…"},
		{"shows the end", strings.Repeat("word ", 40) + "coffee", "coffee", "…" + strings.Repeat("word ", 23) + "<mark>coffee</mark>"},
		{"no match", "tea", "coffee", "tea"},
		{"no words", "…!", "coffee", "…!"},
		{"nothing", "", "coffee", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := search.Snippet(c.text, search.Terms(c.query)); got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// FuzzSnippet: whatever the text, the only markup in the snippet is ours.
func FuzzSnippet(f *testing.F) {
	f.Add("<b>coffee</b>", "coffee")
	f.Add("<mark>x</mark>", "mark")
	f.Fuzz(func(t *testing.T, text, query string) {
		got := search.Snippet(text, search.Terms(query))
		plain := strings.NewReplacer("<mark>", "", "</mark>", "").Replace(got)
		if strings.ContainsAny(plain, "<>\"") {
			t.Fatalf("Snippet(%q, %q) = %q", text, query, got)
		}
		if strings.Count(got, "<mark>") != strings.Count(got, "</mark>") {
			t.Fatalf("Snippet(%q, %q) = %q", text, query, got)
		}
	})
}
