-- +goose Up
CREATE TABLE notifications (
    id           TEXT    NOT NULL PRIMARY KEY,
    owner_id     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    message      TEXT    NOT NULL,
    subject_type TEXT    NOT NULL,
    subject_id   TEXT    NOT NULL,
    in_app       SMALLINT NOT NULL, -- 1 when the owner wanted it in the app, otherwise it was only for other channels
    created_us   BIGINT  NOT NULL,
    read_us      BIGINT  NOT NULL DEFAULT 0 -- 0 while unread
);

CREATE INDEX notifications_by_owner ON notifications (owner_id, created_us DESC, id DESC) WHERE in_app = 1;
CREATE INDEX notifications_unread ON notifications (owner_id, created_us DESC, id DESC) WHERE in_app = 1 AND read_us = 0;

-- Only what an owner has chosen; everything else is as the domain's defaults say.
CREATE TABLE preferences (
    owner_id TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    channel  TEXT    NOT NULL,
    enabled  SMALLINT NOT NULL,
    PRIMARY KEY (owner_id, kind, channel)
);

-- +goose Down
DROP TABLE preferences;
DROP TABLE notifications;
