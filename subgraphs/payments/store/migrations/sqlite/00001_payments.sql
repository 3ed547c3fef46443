-- +goose Up
CREATE TABLE payments (
    id              TEXT    NOT NULL PRIMARY KEY,
    payer_id        TEXT    NOT NULL,
    payee_id        TEXT    NOT NULL CHECK (payee_id <> payer_id),
    amount_minor    INTEGER NOT NULL CHECK (amount_minor > 0),
    currency        TEXT    NOT NULL,
    description     TEXT    NOT NULL,
    status          TEXT    NOT NULL CHECK (status IN ('AUTHORIZED', 'CAPTURED', 'REFUNDED', 'CANCELLED')),
    created_us      INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    idempotency_key TEXT    NOT NULL,
    fingerprint     TEXT    NOT NULL,
    UNIQUE (payer_id, idempotency_key)
) STRICT;

-- Two rows for each payment, so that one index answers "the payments of this user, newest first" whichever side the user is on.
CREATE TABLE payment_parties (
    user_id    TEXT    NOT NULL,
    created_us INTEGER NOT NULL,
    payment_id TEXT    NOT NULL REFERENCES payments (id),
    PRIMARY KEY (user_id, created_us, payment_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    id            TEXT    NOT NULL PRIMARY KEY,
    owner_id      TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('available', 'held', 'external')),
    currency      TEXT    NOT NULL,
    balance_minor INTEGER NOT NULL DEFAULT 0,
    CHECK (kind <> 'held' OR balance_minor >= 0)
) STRICT;

CREATE TABLE journals (
    id         TEXT    NOT NULL PRIMARY KEY,
    payment_id TEXT    NULL REFERENCES payments (id),
    created_us INTEGER NOT NULL
) STRICT;

CREATE TABLE ledger_entries (
    journal_id   TEXT    NOT NULL REFERENCES journals (id),
    account_id   TEXT    NOT NULL REFERENCES accounts (id),
    amount_minor INTEGER NOT NULL CHECK (amount_minor <> 0),
    PRIMARY KEY (journal_id, account_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX ledger_entries_by_account ON ledger_entries (account_id, journal_id);

-- +goose Down
DROP TABLE ledger_entries;
DROP TABLE journals;
DROP TABLE accounts;
DROP TABLE payment_parties;
DROP TABLE payments;
