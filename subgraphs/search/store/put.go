package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/tributary-gql/tributary/subgraphs/kit/database"
	"github.com/tributary-gql/tributary/subgraphs/search"
)

// Put indexes documents within the caller's transaction. A document that is older than what the index has, by its sequence, changes
// nothing, so putting the same documents again is harmless.
func (s *Store) Put(ctx context.Context, tx *sqlx.Tx, documents []search.Document) error {
	if err := s.serialize(ctx, tx); err != nil {
		return err
	}
	terms := newTermSet()
	for _, document := range documents {
		own := search.Terms(document.Text())
		put := s.putPostgreSQL
		if s.db.Dialect == database.SQLite {
			put = s.putSQLite
		}
		stored, err := put(ctx, tx, document, own)
		if err != nil {
			return fmt.Errorf("indexing %s %s: %w", document.Kind, document.ID, err)
		}
		if stored {
			terms.add(own)
		}
	}
	if err := s.putTerms(ctx, tx, terms.list); err != nil {
		return fmt.Errorf("indexing terms: %w", err)
	}
	return nil
}

// writerLock is the advisory lock of those who write the index; its number means nothing.
const writerLock = 7_403_982_115

// serialize lets one transaction at a time write the index, as SQLite does by itself: each stream of events has a writer, they add terms in
// any order, and would wait for each other in a circle.
func (s *Store) serialize(ctx context.Context, tx *sqlx.Tx) error {
	if s.db.Dialect == database.SQLite {
		return nil
	}
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", writerLock); err != nil {
		return fmt.Errorf("waiting to write the index: %w", err)
	}
	return nil
}

const upsertTail = ` ON CONFLICT (kind, entity_id) DO UPDATE SET sequence = excluded.sequence, title = excluded.title,
	body = excluded.body, occurred_us = excluded.occurred_us%s WHERE excluded.sequence > documents.sequence RETURNING number`

func (s *Store) putSQLite(ctx context.Context, tx *sqlx.Tx, d search.Document, terms []string) (stored bool, err error) {
	var numbers []int64
	err = tx.SelectContext(ctx, &numbers, `INSERT INTO documents (kind, entity_id, sequence, title, body, occurred_us)
		VALUES (?, ?, ?, ?, ?, ?)`+fmt.Sprintf(upsertTail, ""),
		string(d.Kind), d.ID, d.Sequence, d.Title, d.Body, database.At(d.OccurredAt))
	if err != nil || len(numbers) == 0 {
		return false, err
	}
	audience := make([]string, len(d.Audience))
	for i, id := range d.Audience {
		audience[i] = audienceToken(id)
	}
	_, err = tx.ExecContext(ctx, "INSERT OR REPLACE INTO document_index (rowid, terms, audience) VALUES (?, ?, ?)",
		numbers[0], strings.Join(terms, " "), strings.Join(audience, " "))
	return err == nil, err
}

func (s *Store) putPostgreSQL(ctx context.Context, tx *sqlx.Tx, d search.Document, terms []string) (stored bool, err error) {
	lexemes := append([]string{}, terms...)
	for _, id := range d.Audience {
		lexemes = append(lexemes, audienceLexeme(id))
	}
	var numbers []int64
	err = tx.SelectContext(ctx, &numbers, tx.Rebind(`INSERT INTO documents (kind, entity_id, sequence, title, body, occurred_us, lexemes)
		VALUES (?, ?, ?, ?, ?, ?, array_to_tsvector(?))`+fmt.Sprintf(upsertTail, ", lexemes = excluded.lexemes")),
		string(d.Kind), d.ID, d.Sequence, d.Title, d.Body, database.At(d.OccurredAt), lexemes)
	return len(numbers) > 0, err
}

// putTerms adds what is new among the terms, a few hundred at a time.
func (s *Store) putTerms(ctx context.Context, tx *sqlx.Tx, terms []string) error {
	const perStatement = 200
	for batch := range slices.Chunk(terms, perStatement) {
		if err := s.putTermBatch(ctx, tx, batch); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) putTermBatch(ctx context.Context, tx *sqlx.Tx, terms []string) error {
	columns, row := "(term)", "(?)"
	if s.db.Dialect == database.SQLite {
		columns, row = "(term, trigrams)", "(?, ?)"
	}
	var args []any
	for _, term := range terms {
		args = append(args, term)
		if s.db.Dialect == database.SQLite {
			args = append(args, len(search.Trigrams(term)))
		}
	}
	query := "INSERT INTO terms " + columns + " VALUES " + strings.TrimSuffix(strings.Repeat(row+", ", len(terms)), ", ") +
		" ON CONFLICT (term) DO NOTHING RETURNING number, term"
	var added []struct {
		Number int64  `db:"number"`
		Term   string `db:"term"`
	}
	if err := tx.SelectContext(ctx, &added, tx.Rebind(query), args...); err != nil {
		return err
	}
	if s.db.Dialect != database.SQLite {
		return nil
	}
	for _, term := range added {
		trigrams := search.Trigrams(term.Term)
		args := make([]any, 0, 2*len(trigrams))
		for _, trigram := range trigrams {
			args = append(args, trigram, term.Number)
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO term_trigrams (trigram, term) VALUES "+
			strings.TrimSuffix(strings.Repeat("(?, ?), ", len(trigrams)), ", "), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// Reset empties the index within the caller's transaction.
func (s *Store) Reset(ctx context.Context, tx *sqlx.Tx) error {
	tables := []string{"documents", "terms"}
	if s.db.Dialect == database.SQLite {
		tables = []string{"documents", "document_index", "term_trigrams", "terms"}
	}
	for _, table := range tables {
		if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
			return fmt.Errorf("emptying the index: %w", err)
		}
	}
	return nil
}
