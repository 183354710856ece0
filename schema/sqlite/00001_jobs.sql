-- +goose Up

-- Times are microseconds since 1970-01-01 UTC.
CREATE TABLE jobs (
    id              TEXT NOT NULL PRIMARY KEY,
    owner           TEXT NOT NULL DEFAULT '',
    filename        TEXT NOT NULL DEFAULT '',
    status          TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'paused', 'completed', 'failed', 'cancelled')),
    phase           TEXT NOT NULL,
    pass            INTEGER NOT NULL DEFAULT 0,
    next_retry_at   INTEGER,
    total_urls      INTEGER NOT NULL DEFAULT 0,
    processed_urls  INTEGER NOT NULL DEFAULT 0,
    active_count    INTEGER NOT NULL DEFAULT 0,
    inactive_count  INTEGER NOT NULL DEFAULT 0,
    error_count     INTEGER NOT NULL DEFAULT 0,
    invalid_count   INTEGER NOT NULL DEFAULT 0,
    duplicate_count INTEGER NOT NULL DEFAULT 0,
    blank_count     INTEGER NOT NULL DEFAULT 0,
    options         TEXT NOT NULL,
    list            TEXT,
    upload_path     TEXT NOT NULL DEFAULT '',
    export_paths    TEXT,
    schedule_id     TEXT NOT NULL DEFAULT '',
    idempotency_key TEXT NOT NULL DEFAULT '',
    request_hash    TEXT NOT NULL DEFAULT '',
    error_message   TEXT NOT NULL DEFAULT '',
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    started_at      INTEGER,
    finished_at     INTEGER,
    expires_at      INTEGER
) STRICT;

CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (owner, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX jobs_by_owner ON jobs (owner, created_at, id);
CREATE INDEX jobs_by_time ON jobs (created_at, id);
CREATE INDEX jobs_by_expiry ON jobs (expires_at, id) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_pending ON jobs (created_at, id) WHERE status = 'pending';
