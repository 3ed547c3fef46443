-- The tables of package events. Times are microseconds since 1970.

-- +goose Up
CREATE TABLE kit_aggregates (
    type     TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    sequence BIGINT NOT NULL, -- of its latest event; events are numbered from 1
    PRIMARY KEY (type, id)
) WITHOUT ROWID;

CREATE TABLE kit_outbox (
    position       INTEGER PRIMARY KEY AUTOINCREMENT,
    id             TEXT    NOT NULL UNIQUE,
    aggregate_type TEXT    NOT NULL,
    aggregate_id   TEXT    NOT NULL,
    sequence       BIGINT  NOT NULL,
    occurred_at    BIGINT  NOT NULL,
    envelope       TEXT    NOT NULL, -- JSON, as it is sent
    sent_ms        BIGINT,           -- time part of its id in the Redis stream; NULL until it is sent
    UNIQUE (aggregate_type, aggregate_id, sequence)
);
CREATE INDEX kit_outbox_unsent ON kit_outbox (position) WHERE sent_ms IS NULL;
CREATE INDEX kit_outbox_age ON kit_outbox (occurred_at);

CREATE TABLE kit_relays (
    stream  TEXT   PRIMARY KEY,
    epoch   TEXT   NOT NULL, -- the stream's Redis holds the same one when it is the Redis that was filled
    last_id TEXT   NOT NULL, -- of the newest entry that was sent there
    replays BIGINT NOT NULL  -- how many of the requests counted in Redis are done
);

CREATE TABLE kit_leases (
    name       TEXT   PRIMARY KEY,
    holder     TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE kit_subscriptions (
    consumer TEXT   NOT NULL,
    stream   TEXT   NOT NULL,
    last_id  TEXT   NOT NULL, -- of the newest stream entry that is done
    awaiting BIGINT NOT NULL, -- number of the replay that was asked for and has not begun, 0 for none
    PRIMARY KEY (consumer, stream)
);

CREATE TABLE kit_consumed (
    consumer    TEXT   NOT NULL,
    event_id    TEXT   NOT NULL,
    consumed_at BIGINT NOT NULL,
    PRIMARY KEY (consumer, event_id)
) WITHOUT ROWID;
CREATE INDEX kit_consumed_age ON kit_consumed (consumed_at);

CREATE TABLE kit_progress (
    consumer       TEXT   NOT NULL,
    aggregate_type TEXT   NOT NULL,
    aggregate_id   TEXT   NOT NULL,
    sequence       BIGINT NOT NULL, -- the highest that was consumed
    PRIMARY KEY (consumer, aggregate_type, aggregate_id)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE kit_progress;
DROP TABLE kit_consumed;
DROP TABLE kit_subscriptions;
DROP TABLE kit_leases;
DROP TABLE kit_relays;
DROP TABLE kit_outbox;
DROP TABLE kit_aggregates;
