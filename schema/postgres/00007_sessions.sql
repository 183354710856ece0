-- +goose Up

-- Browsers that are signed in, and links that sign one in once. Only hashes of their tokens are stored.
CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    key_hash   bytea NOT NULL,
    key_id     text COLLATE "C" NOT NULL,
    is_link    boolean NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX sessions_by_key ON sessions (key_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);
