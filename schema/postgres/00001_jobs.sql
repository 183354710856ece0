-- +goose Up

-- Text that is compared and sorted has the collation "C", so that every database lists it in the order of its bytes.
-- The free space in a page (fillfactor) lets the counters change without touching an index.
CREATE TABLE jobs (
    id              uuid PRIMARY KEY,
    owner           text COLLATE "C" NOT NULL DEFAULT '',
    filename        text NOT NULL DEFAULT '',
    status          text COLLATE "C" NOT NULL,
    phase           text COLLATE "C" NOT NULL,
    pass            integer NOT NULL DEFAULT 0,
    next_retry_at   timestamptz,
    total_urls      bigint NOT NULL DEFAULT 0,
    processed_urls  bigint NOT NULL DEFAULT 0,
    active_count    bigint NOT NULL DEFAULT 0,
    inactive_count  bigint NOT NULL DEFAULT 0,
    error_count     bigint NOT NULL DEFAULT 0,
    invalid_count   bigint NOT NULL DEFAULT 0,
    duplicate_count bigint NOT NULL DEFAULT 0,
    blank_count     bigint NOT NULL DEFAULT 0,
    options         json NOT NULL,
    list            json,
    upload_path     text NOT NULL DEFAULT '',
    export_paths    json,
    schedule_id     text COLLATE "C" NOT NULL DEFAULT '',
    idempotency_key text COLLATE "C" NOT NULL DEFAULT '',
    request_hash    text NOT NULL DEFAULT '',
    error_message   text NOT NULL DEFAULT '',
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    started_at      timestamptz,
    finished_at     timestamptz,
    expires_at      timestamptz,
    CONSTRAINT jobs_status CHECK (status IN ('pending', 'processing', 'paused', 'completed', 'failed', 'cancelled'))
) WITH (fillfactor = 50);

CREATE UNIQUE INDEX jobs_idempotency_key ON jobs (owner, idempotency_key) WHERE idempotency_key <> '';
CREATE INDEX jobs_by_owner ON jobs (owner, created_at, id);
CREATE INDEX jobs_by_time ON jobs (created_at, id);
CREATE INDEX jobs_by_expiry ON jobs (expires_at, id) WHERE expires_at IS NOT NULL;
CREATE INDEX jobs_pending ON jobs (created_at, id) WHERE status = 'pending';
