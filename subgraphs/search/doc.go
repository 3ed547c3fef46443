// Package search is the domain of the search service: what a document is, how text becomes terms, when a term matches a word of a query, how
// hits are scored and shown, and who may see which document.
//
// The same query finds the same hits whatever database is underneath, because the database only proposes: it finds documents by exact terms
// and prefixes, and terms by trigram similarity. Which similar terms count as typing errors, and how well each document matches, is decided
// here, in Go. Only the standard library is imported.
//
// Entry points: Searcher runs a query over an Index; Document is what gets indexed.
//
// Limits: a query has at most MaxQueryRunes characters and MaxWords words; of the documents that match, the newest MaxCandidates are scored
// and can be paged through.
package search

//go:generate go tool gqlgen generate --config ../../gqlgen.yml
