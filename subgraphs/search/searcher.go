package search

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Limits of a query.
const (
	MaxQueryRunes = 200
	MaxWords      = 8
	// MaxCandidates is how many matching documents, the newest, are scored and paged through.
	MaxCandidates = 1000
)

const (
	similarPerWord = 200 // terms that the index proposes for a word
	typosPerWord   = 24  // of them, those that the index is then searched for
)

// Query is a search as it was asked for.
type Query struct {
	Text  string
	Kinds []Kind // empty: all
	After *Rank  // nil: from the best
	Limit int
}

// Hit is a document that matches, with how well and why.
type Hit struct {
	Kind    Kind
	ID      string
	Rank    Rank
	Snippet string // HTML-escaped text with the matching words in <mark>
}

// Rank is a hit's place: by score, descending, then by time, newest first, then by kind and id. It is comparable.
type Rank struct {
	Score  float64 // 0 to 1, rounded to four decimals
	Micros int64   // Unix time in microseconds of the document
	Key    string  // kind and id
}

// Compare is negative when r comes before other.
func (r Rank) Compare(other Rank) int {
	return cmp.Or(cmp.Compare(other.Score, r.Score), cmp.Compare(other.Micros, r.Micros), strings.Compare(r.Key, other.Key))
}

// Searcher runs queries over an Index.
type Searcher struct {
	index Index
}

// NewSearcher returns a searcher over the index.
func NewSearcher(index Index) *Searcher { return &Searcher{index: index} }

// Search returns up to query.Limit hits that the viewer may see, best first. Every word must match; each counts as the beginning of a word,
// so that hits appear as one types. A text without words has no hits. It makes at most two queries.
func (s *Searcher) Search(ctx context.Context, viewer Viewer, query Query) ([]Hit, error) {
	words, err := query.words()
	if err != nil || len(words) == 0 || query.Limit <= 0 {
		return nil, err
	}
	criteria, err := s.expand(ctx, words)
	if err != nil {
		return nil, err
	}
	kinds := query.Kinds
	if len(kinds) == 0 {
		kinds = Kinds()
	}
	documents, err := s.index.Candidates(ctx, Criteria{Words: criteria, Kinds: kinds, Audience: viewer.Audience()}, MaxCandidates)
	if err != nil {
		return nil, err
	}
	type ranked struct {
		rank     Rank
		document *Document
	}
	matching := make([]ranked, 0, len(documents))
	for i := range documents {
		document := &documents[i]
		rank := Rank{
			Score: score(words, document), Micros: document.OccurredAt.UnixMicro(), Key: string(document.Kind) + "/" + document.ID,
		}
		if rank.Score > 0 && (query.After == nil || query.After.Compare(rank) < 0) {
			matching = append(matching, ranked{rank, document})
		}
	}
	slices.SortFunc(matching, func(a, b ranked) int { return a.rank.Compare(b.rank) })
	hits := make([]Hit, 0, min(query.Limit, len(matching)))
	for _, m := range matching[:min(query.Limit, len(matching))] {
		hits = append(hits, Hit{Kind: m.document.Kind, ID: m.document.ID, Rank: m.rank, Snippet: Snippet(m.document.Text(), words)})
	}
	return hits, nil
}

// words checks the text and returns its distinct terms. Failures are *Error.
func (q Query) words() ([]string, error) {
	if !utf8.ValidString(q.Text) {
		return nil, invalidInput("query is not valid text")
	}
	if n := utf8.RuneCountInString(q.Text); n > MaxQueryRunes {
		return nil, invalidInput("query has %d characters; at most %d are allowed", n, MaxQueryRunes)
	}
	words := Terms(q.Text)
	if len(words) > MaxWords {
		return nil, invalidInput("query has %d words; at most %d are allowed", len(words), MaxWords)
	}
	return words, nil
}

// expand adds to each word the terms of the index that it may be a typing error of.
func (s *Searcher) expand(ctx context.Context, words []string) ([]WordCriteria, error) {
	var forgiving []string
	for _, word := range words {
		if allowedTypos(word) > 0 {
			forgiving = append(forgiving, word)
		}
	}
	var similar map[string][]string
	if len(forgiving) > 0 {
		var err error
		if similar, err = s.index.SimilarTerms(ctx, forgiving, similarPerWord); err != nil {
			return nil, err
		}
	}
	criteria := make([]WordCriteria, len(words))
	for i, word := range words {
		criteria[i] = WordCriteria{Prefix: word, Terms: typosOf(word, similar[word])}
	}
	return criteria, nil
}

// typosOf returns those of the terms that match the word only with typing errors, the best first.
func typosOf(word string, terms []string) []string {
	var typos []string
	for _, term := range terms {
		if !strings.HasPrefix(term, word) && Match(word, term) > 0 {
			typos = append(typos, term)
		}
	}
	slices.SortFunc(typos, func(a, b string) int {
		return cmp.Or(cmp.Compare(Match(word, b), Match(word, a)), strings.Compare(a, b))
	})
	return typos[:min(len(typos), typosPerWord)]
}

// The weights of what makes a score; they add up to 1.
const (
	weightWords = 0.9 // how well the words match on average; a match in the body counts bodyFactor
	weightShort = 0.1 // how much of the title the words make up
	bodyFactor  = 0.8
)

// score is between 0 (some word does not match) and 1, rounded so that it survives being written into a cursor.
func score(words []string, document *Document) float64 {
	title, body := Terms(document.Title), Terms(document.Body)
	sum := 0.0
	for _, word := range words {
		best := max(bestMatch(word, title), bodyFactor*bestMatch(word, body))
		if best == 0 {
			return 0
		}
		sum += best
	}
	mean := sum / float64(len(words))
	share := min(1, float64(len(words))/float64(max(1, len(title))))
	return math.Round((weightWords*mean+weightShort*share*mean)*10_000) / 10_000
}

func bestMatch(word string, terms []string) float64 {
	best := 0.0
	for _, term := range terms {
		best = max(best, Match(word, term))
	}
	return best
}
