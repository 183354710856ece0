-- +goose Up

-- The columns are those of PostgreSQL's table, for the same reasons.
CREATE TABLE url_check_results (
    job_id         TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    line           INTEGER NOT NULL,
    url            TEXT NOT NULL,
    normalized_url TEXT NOT NULL,
    host           TEXT NOT NULL,
    status         TEXT NOT NULL,
    http_status    INTEGER NOT NULL,
    error_kind     TEXT NOT NULL,
    error_message  TEXT NOT NULL,
    response_time  REAL NOT NULL,
    dns_ms         REAL,
    connect_ms     REAL,
    tls_ms         REAL,
    ttfb_ms        REAL,
    download_ms    REAL,
    total_ms       REAL,
    final_url      TEXT NOT NULL,
    redirects      TEXT,
    tls_version    TEXT,
    tls_subject    TEXT,
    tls_issuer     TEXT,
    tls_not_after  INTEGER,
    tls_days_left  INTEGER,
    tls_problem    TEXT,
    protocol       TEXT NOT NULL,
    remote_ip      TEXT NOT NULL,
    content_type   TEXT NOT NULL,
    content_length INTEGER,
    title          TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    checked_at     INTEGER NOT NULL,
    PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;

-- http_status is in the index so that the statistics of response times need not look at the rows.
CREATE INDEX results_by_response_time ON url_check_results (job_id, response_time, seq, http_status);
CREATE INDEX results_by_error_kind ON url_check_results (job_id, error_kind, seq) WHERE error_kind <> '';

CREATE TABLE deferred_checks (
    job_id         TEXT NOT NULL,
    seq            INTEGER NOT NULL,
    line           INTEGER NOT NULL,
    url            TEXT NOT NULL,
    normalized_url TEXT NOT NULL,
    host           TEXT NOT NULL,
    attempt        INTEGER NOT NULL,
    not_before     INTEGER NOT NULL,
    last_kind      TEXT NOT NULL,
    last_message   TEXT NOT NULL,
    PRIMARY KEY (job_id, seq)
) STRICT, WITHOUT ROWID;
