package search

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// How well a word of the query matches a term: 1 is the same word, 0 no match.
const (
	qualityExact       = 1.0
	qualityPrefix      = 0.7 // plus up to 0.2 for how much of the term is typed
	qualityOneTypo     = 0.6
	qualityTwoTypos    = 0.4
	qualityTypoAtStart = 0.3 // a prefix with one typing error
)

// Match tells how well a word, as typed, matches a term: the same, the beginning of it, or with typing errors (one from four letters on,
// two from eight on; a swap of neighbours is one). With errors, the two must also have a trigram in common: an index that looks terms up by
// their trigrams can find no others. Both must be folded, see Words.
func Match(word, term string) float64 {
	if word == term {
		return qualityExact
	}
	if strings.HasPrefix(term, word) {
		return qualityPrefix + 0.2*float64(len(word))/float64(len(term))
	}
	allowed := allowedTypos(word)
	if allowed == 0 {
		return 0
	}
	whole, prefix := distances([]rune(word), []rune(term))
	if min(whole, prefix) > allowed || !shareTrigram(word, term) {
		return 0
	}
	switch {
	case whole == 1:
		return qualityOneTypo
	case whole == 2 && allowed >= 2:
		return qualityTwoTypos
	case prefix == 1:
		return qualityTypoAtStart
	}
	return 0
}

func shareTrigram(a, b string) bool {
	ofB := Trigrams(b)
	for _, trigram := range Trigrams(a) {
		if slices.Contains(ofB, trigram) {
			return true
		}
	}
	return false
}

// allowedTypos is how many errors a word may have: short words have too many neighbours.
func allowedTypos(word string) int {
	switch n := utf8.RuneCountInString(word); {
	case n >= 8:
		return 2
	case n >= 4:
		return 1
	}
	return 0
}

// distances returns how many letters must be inserted, deleted, replaced or swapped with their neighbour to turn word into term (optimal
// string alignment), and the least number that turns it into a beginning of term.
func distances(word, term []rune) (whole, prefix int) {
	before, above, row := make([]int, len(term)+1), make([]int, len(term)+1), make([]int, len(term)+1)
	for j := range above {
		above[j] = j
	}
	for i := 1; i <= len(word); i++ {
		row[0] = i
		for j := 1; j <= len(term); j++ {
			cost := 1
			if word[i-1] == term[j-1] {
				cost = 0
			}
			row[j] = min(above[j]+1, row[j-1]+1, above[j-1]+cost)
			if i > 1 && j > 1 && word[i-1] == term[j-2] && word[i-2] == term[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, above, row = above, row, before
	}
	prefix = above[0]
	for _, d := range above {
		prefix = min(prefix, d)
	}
	return above[len(term)], prefix
}
