-- +goose Up
CREATE TABLE documents (
    number      INTEGER NOT NULL PRIMARY KEY, -- the row id in document_index
    kind        TEXT    NOT NULL,
    entity_id   TEXT    NOT NULL,
    sequence    INTEGER NOT NULL,
    title       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    occurred_us INTEGER NOT NULL,
    UNIQUE (kind, entity_id)
) STRICT;

-- Terms and audience arrive split and folded, separated by spaces, so the plainest tokenizer is the right one.
CREATE VIRTUAL TABLE document_index USING fts5 (
    terms, audience,
    content = '', contentless_delete = 1, detail = column, prefix = '2 3', tokenize = 'ascii'
);

-- Every term that was ever indexed, and its trigrams, to find what a misspelt word may mean.
CREATE TABLE terms (
    number   INTEGER NOT NULL PRIMARY KEY,
    term     TEXT    NOT NULL UNIQUE,
    trigrams INTEGER NOT NULL -- how many different ones it has
) STRICT;

CREATE TABLE term_trigrams (
    trigram TEXT    NOT NULL,
    term    INTEGER NOT NULL REFERENCES terms (number),
    PRIMARY KEY (trigram, term)
) STRICT, WITHOUT ROWID;

-- +goose Down
DROP TABLE term_trigrams;
DROP TABLE terms;
DROP TABLE document_index;
DROP TABLE documents;
