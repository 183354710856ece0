-- +goose Up

-- Browsers that are signed in, and links that sign one in once. Only hashes of their tokens are stored.
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    key_hash   BLOB NOT NULL,
    key_id     TEXT NOT NULL,
    is_link    INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_key ON sessions (key_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
