-- +goose Up

-- There is no foreign key to jobs: whoever writes here holds the lock of the job's row, and checking a key for each of
-- a million rows would cost more than writing them. Phases of a request and facts about its TLS connection are columns
-- of their own, because decoding them from JSON took longer than everything else in reading a row. A result without
-- timings has no total_ms, one without TLS no tls_version.
CREATE TABLE url_check_results (
    job_id         uuid NOT NULL,
    seq            bigint NOT NULL,
    line           bigint NOT NULL,
    url            text COLLATE "C" NOT NULL,
    normalized_url text COLLATE "C" NOT NULL,
    host           text COLLATE "C" NOT NULL,
    status         text COLLATE "C" NOT NULL,
    http_status    integer NOT NULL,
    error_kind     text COLLATE "C" NOT NULL,
    error_message  text NOT NULL,
    response_time  double precision NOT NULL,
    dns_ms         double precision,
    connect_ms     double precision,
    tls_ms         double precision,
    ttfb_ms        double precision,
    download_ms    double precision,
    total_ms       double precision,
    final_url      text NOT NULL,
    redirects      json,
    tls_version    text,
    tls_subject    text,
    tls_issuer     text,
    tls_not_after  timestamptz,
    tls_days_left  integer,
    tls_problem    text,
    protocol       text NOT NULL,
    remote_ip      text NOT NULL,
    content_type   text NOT NULL,
    content_length bigint,
    title          text NOT NULL,
    attempts       integer NOT NULL,
    checked_at     timestamptz NOT NULL,
    PRIMARY KEY (job_id, seq)
);

CREATE INDEX results_by_response_time ON url_check_results (job_id, response_time, seq);
CREATE INDEX results_by_error_kind ON url_check_results (job_id, error_kind, seq) WHERE error_kind <> '';

CREATE TABLE deferred_checks (
    job_id         uuid NOT NULL,
    seq            bigint NOT NULL,
    line           bigint NOT NULL,
    url            text NOT NULL,
    normalized_url text NOT NULL,
    host           text NOT NULL,
    attempt        integer NOT NULL,
    not_before     timestamptz NOT NULL,
    last_kind      text NOT NULL,
    last_message   text NOT NULL,
    PRIMARY KEY (job_id, seq)
);
