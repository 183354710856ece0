-- +goose Up

CREATE TABLE api_keys (
    id                  TEXT PRIMARY KEY,
    prefix              TEXT NOT NULL,
    key_hash            BLOB NOT NULL,
    previous_prefix     TEXT NOT NULL DEFAULT '',
    previous_hash       BLOB,
    previous_expires_at INTEGER,
    name                TEXT NOT NULL,
    owner_email         TEXT NOT NULL DEFAULT '',
    scopes              TEXT NOT NULL,
    is_active           INTEGER NOT NULL DEFAULT 1,
    rate_limit_hour     INTEGER NOT NULL,
    allowed_ips         TEXT NOT NULL DEFAULT '[]',
    expires_at          INTEGER,
    created_at          INTEGER NOT NULL,
    last_used_at        INTEGER
) STRICT;

CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (key_hash);
CREATE UNIQUE INDEX api_keys_by_previous_hash ON api_keys (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX api_keys_by_time ON api_keys (created_at, id);

-- How many requests of the current hour are handed out to servers. One row per key: an hour that is over has no use.
CREATE TABLE request_leases (
    key_id       TEXT PRIMARY KEY,
    window_start INTEGER NOT NULL,
    used         INTEGER NOT NULL,
    granted      INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_log (
    id         TEXT PRIMARY KEY,
    at         INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    key_id     TEXT NOT NULL DEFAULT '',
    address    TEXT NOT NULL DEFAULT '',
    request_id TEXT NOT NULL DEFAULT '',
    object     TEXT NOT NULL DEFAULT '',
    detail     TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX audit_log_by_time ON audit_log (at, id);

-- What a job counts against its owner's quota of stored URLs, from the moment that it is accepted.
ALTER TABLE jobs ADD COLUMN claimed_urls INTEGER NOT NULL DEFAULT 0;

-- What is summed up when a job is accepted.
CREATE INDEX jobs_by_use ON jobs (owner, status, claimed_urls, expires_at);
