-- +goose Up

-- Lists that wait to be submitted. The list itself is in the blob store.
CREATE TABLE uploads (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    filename   TEXT NOT NULL,
    size       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX uploads_by_owner ON uploads (owner, expires_at);
CREATE INDEX uploads_by_expiry ON uploads (expires_at, id);
