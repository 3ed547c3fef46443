-- Times are microseconds since 1970.

-- +goose Up
CREATE TABLE users (
    id            TEXT   PRIMARY KEY,
    name          TEXT   NOT NULL,
    email         TEXT   NOT NULL UNIQUE, -- in lower case
    roles         TEXT   NOT NULL,        -- separated by commas
    password_hash TEXT   NOT NULL,        -- an argon2id PHC string; "" fits no password
    created_at    BIGINT NOT NULL
);
CREATE INDEX users_order ON users (created_at, id);

CREATE TABLE sessions (
    id         TEXT   PRIMARY KEY,
    user_id    TEXT   NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at   BIGINT           -- NULL while it is alive
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    hash       TEXT   PRIMARY KEY, -- SHA-256 in hexadecimal digits
    session_id TEXT   NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT              -- NULL while it is good
);
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_id);

CREATE TABLE log_in_attempts (
    account TEXT   PRIMARY KEY, -- SHA-256 of the e-mail address in hexadecimal digits
    -- When the account would have no attempt counted any more, at one in each interval (the generic cell rate algorithm's
    -- theoretical arrival time).
    free_at BIGINT NOT NULL
);
CREATE INDEX log_in_attempts_age ON log_in_attempts (free_at);

CREATE TABLE signing_keys (
    generation  BIGINT PRIMARY KEY,
    id          TEXT   NOT NULL UNIQUE,
    private_key BYTEA  NOT NULL, -- see package token
    signs_from  BIGINT NOT NULL
);

-- +goose Down
DROP TABLE signing_keys;
DROP TABLE log_in_attempts;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE users;
