package search

import (
	"html"
	"strings"
)

// The most words that a snippet shows, and how many of them before the first match.
const (
	snippetWords  = 24
	snippetBefore = 6
)

// Snippet returns a part of the text around the first match, safe to be put into HTML: the text is escaped, each matching word is in
// <mark>, and … stands for what was left out. Words are terms, see Terms.
func Snippet(text string, words []string) string {
	all := Words(text)
	matches := make([]bool, len(all))
	first := -1
	for i, word := range all {
		for _, wanted := range words {
			if Match(wanted, word.Term) > 0 {
				matches[i] = true
				break
			}
		}
		if matches[i] && first < 0 {
			first = i
		}
	}
	from := max(0, min(first-snippetBefore, len(all)-snippetWords))
	to := min(len(all), from+snippetWords)

	var out strings.Builder
	at := 0
	if from > 0 {
		out.WriteString("…")
		at = all[from].Start
	}
	for i := from; i < to; i++ {
		out.WriteString(html.EscapeString(text[at:all[i].Start]))
		word := html.EscapeString(text[all[i].Start:all[i].End])
		if matches[i] {
			out.WriteString("<mark>" + word + "</mark>")
		} else {
			out.WriteString(word)
		}
		at = all[i].End
	}
	if to < len(all) {
		out.WriteString("…")
	} else {
		out.WriteString(html.EscapeString(text[at:]))
	}
	return out.String()
}
