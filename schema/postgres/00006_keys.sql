-- +goose Up

CREATE TABLE api_keys (
    id                  uuid PRIMARY KEY,
    prefix              text NOT NULL,
    key_hash            bytea NOT NULL,
    previous_prefix     text NOT NULL DEFAULT '',
    previous_hash       bytea,
    previous_expires_at timestamptz,
    name                text NOT NULL,
    owner_email         text NOT NULL DEFAULT '',
    scopes              text[] NOT NULL,
    is_active           boolean NOT NULL DEFAULT true,
    rate_limit_hour     bigint NOT NULL,
    allowed_ips         cidr[] NOT NULL DEFAULT '{}',
    expires_at          timestamptz,
    created_at          timestamptz NOT NULL,
    last_used_at        timestamptz
);

CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (key_hash);
CREATE UNIQUE INDEX api_keys_by_previous_hash ON api_keys (previous_hash) WHERE previous_hash IS NOT NULL;
CREATE INDEX api_keys_by_time ON api_keys (created_at, id);

-- How many requests of the current hour are handed out to servers. One row per key: an hour that is over has no use.
CREATE TABLE request_leases (
    key_id       text COLLATE "C" PRIMARY KEY,
    window_start timestamptz NOT NULL,
    used         bigint NOT NULL,
    granted      bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE audit_log (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    key_id     text COLLATE "C" NOT NULL DEFAULT '',
    address    text COLLATE "C" NOT NULL DEFAULT '',
    request_id text COLLATE "C" NOT NULL DEFAULT '',
    object     text COLLATE "C" NOT NULL DEFAULT '',
    detail     text NOT NULL DEFAULT ''
);

CREATE INDEX audit_log_by_time ON audit_log (at, id);

-- What a job counts against its owner's quota of stored URLs, from the moment that it is accepted.
ALTER TABLE jobs ADD COLUMN claimed_urls bigint NOT NULL DEFAULT 0;

-- What is summed up when a job is accepted.
CREATE INDEX jobs_by_use ON jobs (owner) INCLUDE (status, claimed_urls, expires_at);
