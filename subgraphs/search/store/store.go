// Package store keeps the search index in SQLite (FTS5 and a table of trigrams) or PostgreSQL (tsvector and pg_trgm). It implements
// search.Index.
//
// Text is split into terms in Go, by search.Words, and handed to both databases term by term, so that they never disagree on what a word
// is. A document's audience is indexed like its terms: a search for what the caller may see is one look-up in the full-text index.
package store

import (
	"context"
	"embed"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/search"
)

// Migrations holds the service's tables for both databases; pass it to database.Open.
//
//go:embed migrations
var Migrations embed.FS

// Store implements search.Index. It is safe for concurrent use.
type Store struct {
	db *database.DB
}

// New returns a store over a database that was opened with Migrations.
func New(db *database.DB) *Store { return &Store{db: db} }

// Candidates implements search.Index.
func (s *Store) Candidates(ctx context.Context, criteria search.Criteria, limit int) ([]search.Document, error) {
	if len(criteria.Words) == 0 || len(criteria.Kinds) == 0 {
		return nil, nil
	}
	match, text := "d.lexemes @@ CAST(? AS tsquery)", tsquery(criteria)
	from := "documents d"
	if s.db.Dialect == database.SQLite {
		match, text = "document_index MATCH ?", ftsQuery(criteria)
		from = "document_index JOIN documents d ON d.number = document_index.rowid"
	}
	query, args, err := sqlx.In("SELECT d.kind, d.entity_id, d.title, d.body, d.occurred_us FROM "+from+" WHERE "+match+
		" AND d.kind IN (?) ORDER BY d.occurred_us DESC, d.kind, d.entity_id LIMIT ?", text, kindNames(criteria.Kinds), limit)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Kind     string             `db:"kind"`
		ID       string             `db:"entity_id"`
		Title    string             `db:"title"`
		Body     string             `db:"body"`
		Occurred database.Timestamp `db:"occurred_us"`
	}
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query), args...); err != nil {
		return nil, fmt.Errorf("searching documents: %w", err)
	}
	documents := make([]search.Document, len(rows))
	for i, row := range rows {
		documents[i] = search.Document{
			Kind: search.Kind(row.Kind), ID: row.ID, Title: row.Title, Body: row.Body, OccurredAt: row.Occurred.Time,
		}
	}
	return documents, nil
}

func kindNames(kinds []search.Kind) []string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = string(kind)
	}
	return names
}

// ftsQuery writes the criteria as an FTS5 query, for example
// {terms} : ("cof" * OR "toffee") AND {audience} : ("x2a" OR "x752d31").
func ftsQuery(criteria search.Criteria) string {
	quote := func(token string) string { return `"` + token + `"` }
	var parts []string
	for _, word := range criteria.Words {
		alternatives := []string{quote(word.Prefix) + " *"}
		for _, term := range word.Terms {
			alternatives = append(alternatives, quote(term))
		}
		parts = append(parts, "({terms} : ("+strings.Join(alternatives, " OR ")+"))")
	}
	if criteria.Audience != nil {
		tokens := make([]string, len(criteria.Audience))
		for i, id := range criteria.Audience {
			tokens[i] = quote(audienceToken(id))
		}
		parts = append(parts, "({audience} : ("+strings.Join(tokens, " OR ")+"))")
	}
	return strings.Join(parts, " AND ")
}

// audienceToken turns any id into one token of FTS5's plain tokenizer.
func audienceToken(id string) string { return "x" + hex.EncodeToString([]byte(id)) }

// tsquery writes the criteria as a PostgreSQL tsquery, for example ('cof':* | 'toffee') & ('@*' | '@u-1').
func tsquery(criteria search.Criteria) string {
	var parts []string
	for _, word := range criteria.Words {
		alternatives := []string{quoteLexeme(word.Prefix) + ":*"}
		for _, term := range word.Terms {
			alternatives = append(alternatives, quoteLexeme(term))
		}
		parts = append(parts, "("+strings.Join(alternatives, " | ")+")")
	}
	if criteria.Audience != nil {
		lexemes := make([]string, len(criteria.Audience))
		for i, id := range criteria.Audience {
			lexemes[i] = quoteLexeme(audienceLexeme(id))
		}
		parts = append(parts, "("+strings.Join(lexemes, " | ")+")")
	}
	return strings.Join(parts, " & ")
}

// audienceLexeme keeps the audience apart from the terms, which are letters and digits alone.
func audienceLexeme(id string) string { return "@" + id }

func quoteLexeme(lexeme string) string {
	return "'" + strings.NewReplacer("'", "''", `\`, `\\`).Replace(lexeme) + "'"
}

// SimilarTerms implements search.Index.
func (s *Store) SimilarTerms(ctx context.Context, words []string, perWord int) (map[string][]string, error) {
	similar := make(map[string][]string, len(words))
	if len(words) == 0 {
		return similar, nil
	}
	var query strings.Builder
	var args []any
	for slot, word := range words {
		if slot > 0 {
			query.WriteString(" UNION ALL ")
		}
		fmt.Fprintf(&query, "SELECT * FROM (SELECT %d AS slot, ", slot)
		if s.db.Dialect == database.SQLite {
			trigrams := search.Trigrams(word)
			fmt.Fprintf(&query, `t.term FROM (SELECT term, COUNT(*) AS shared FROM term_trigrams WHERE trigram IN (%s) GROUP BY term) c
				JOIN terms t ON t.number = c.term ORDER BY 1.0 * c.shared / (t.trigrams + %d - c.shared) DESC, t.term`,
				strings.TrimSuffix(strings.Repeat("?,", len(trigrams)), ","), len(trigrams))
			for _, trigram := range trigrams {
				args = append(args, trigram)
			}
		} else {
			query.WriteString("term FROM terms ORDER BY term <-> ?")
			args = append(args, word)
		}
		fmt.Fprintf(&query, " LIMIT %d) AS similar%d", perWord, slot)
	}
	var rows []struct {
		Slot int    `db:"slot"`
		Term string `db:"term"`
	}
	if err := s.db.SelectContext(ctx, &rows, s.db.Rebind(query.String()), args...); err != nil {
		return nil, fmt.Errorf("finding similar terms: %w", err)
	}
	for _, row := range rows {
		similar[words[row.Slot]] = append(similar[words[row.Slot]], row.Term)
	}
	return similar, nil
}

// Count returns how many documents the index has.
func (s *Store) Count(ctx context.Context) (int, error) {
	var n int
	if err := s.db.GetContext(ctx, &n, "SELECT COUNT(*) FROM documents"); err != nil {
		return 0, fmt.Errorf("counting documents: %w", err)
	}
	return n, nil
}
