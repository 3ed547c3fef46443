package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWordRunes cuts absurdly long words, in documents and queries alike.
const maxWordRunes = 48

// Word is one word of a text: its folded form, and where it stands.
type Word struct {
	Term       string // lower case, without accents
	Start, End int    // byte offsets in the text
}

// Words splits text into words: runs of letters, digits and the marks on them. "Crème-Brûlée 2x" has the terms creme, brulee and 2x.
func Words(text string) []Word {
	var words []Word
	start := -1
	var term strings.Builder
	runes := 0
	flush := func(end int) {
		if start >= 0 && term.Len() > 0 {
			words = append(words, Word{Term: term.String(), Start: start, End: end})
		}
		start, runes = -1, 0
		term.Reset()
	}
	for at, r := range text {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			if start < 0 {
				start = at
			}
			if runes++; runes <= maxWordRunes {
				foldInto(&term, r)
			}
		case unicode.Is(unicode.Mn, r) && start >= 0:
			// A combining accent belongs to its word and is dropped from the term.
		default:
			flush(at)
		}
	}
	flush(len(text))
	return words
}

// Terms returns the distinct terms of a text, in the order of their first appearance.
func Terms(text string) []string {
	seen := map[string]bool{}
	var terms []string
	for _, word := range Words(text) {
		if !seen[word.Term] {
			seen[word.Term] = true
			terms = append(terms, word.Term)
		}
	}
	return terms
}

// accented and plain pair the accented Latin letters with what people type for them.
const (
	accented = "àáâãäåāăąçćčďđèéêëēĕėęěğģìíîïĩīĭįıķĺļľłñńņňòóôõöøōŏőŕŗřśşšșţťțùúûüũūŭůűųýÿŷźżž"
	plain    = "aaaaaaaaacccddeeeeeeeeeggiiiiiiiiikllllnnnnooooooooorrrsssstttuuuuuuuuuuyyyzzz"
)

func foldInto(term *strings.Builder, r rune) {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		term.WriteByte(byte(r))
		return
	}
	r = unicode.ToLower(r)
	switch r {
	case 'ß':
		term.WriteString("ss")
		return
	case 'æ':
		term.WriteString("ae")
		return
	case 'œ':
		term.WriteString("oe")
		return
	}
	at := 0
	for _, a := range accented {
		if a == r {
			term.WriteByte(plain[at])
			return
		}
		at++
	}
	term.WriteRune(r)
}

// Trigrams returns the distinct three-letter pieces of a term with two spaces before and one behind, as pg_trgm makes them: "cat" has
// "  c", " ca", "cat" and "at ".
func Trigrams(term string) []string {
	padded := []rune("  " + term + " ")
	seen := map[string]bool{}
	var trigrams []string
	for i := range len(padded) - 2 {
		trigram := string(padded[i : i+3])
		if !seen[trigram] {
			seen[trigram] = true
			trigrams = append(trigrams, trigram)
		}
	}
	return trigrams
}
