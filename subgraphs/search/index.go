package search

import "context"

// Index keeps documents and proposes which ones may match. Errors are internal. Implementations are safe for concurrent use.
type Index interface {
	// SimilarTerms returns, for each word, up to perWord terms of the index that share most trigrams with it, in one query. Terms of
	// documents that the caller may not see are among them, so they must never be shown.
	SimilarTerms(ctx context.Context, words []string, perWord int) (map[string][]string, error)

	// Candidates returns up to limit documents that match the criteria, newest first, in one query. Of a document only what is searched
	// and shown is filled.
	Candidates(ctx context.Context, criteria Criteria, limit int) ([]Document, error)
}

// Criteria selects documents.
type Criteria struct {
	Words    []WordCriteria // a document must match all of them
	Kinds    []Kind         // one of them
	Audience []string       // the document's audience must contain one of them; nil: whatever its audience
}

// WordCriteria is matched by a document that has a term which begins with Prefix, or one of Terms.
type WordCriteria struct {
	Prefix string
	Terms  []string
}
