-- +goose Up
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE documents (
    number      BIGINT   GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        TEXT     NOT NULL,
    entity_id   TEXT     NOT NULL,
    sequence    BIGINT   NOT NULL,
    title       TEXT     NOT NULL,
    body        TEXT     NOT NULL,
    occurred_us BIGINT   NOT NULL,
    lexemes     TSVECTOR NOT NULL, -- the terms, and the audience with "@" before each id
    UNIQUE (kind, entity_id)
);
CREATE INDEX documents_by_lexeme ON documents USING gin (lexemes);

-- Every term that was ever indexed, to find what a misspelt word may mean.
CREATE TABLE terms (
    number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    term   TEXT   NOT NULL UNIQUE
);
CREATE INDEX terms_by_trigram ON terms USING gist (term gist_trgm_ops);

-- +goose Down
DROP TABLE terms;
DROP TABLE documents;
