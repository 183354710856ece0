-- +goose NO TRANSACTION
-- +goose Up

-- The results of a job fall into few classes: the status, HTTP status, error kind and slowness that they share. Every
-- order of results has an index that begins with the class, so that a filter on these columns is a choice of classes, and
-- a page in any order is merged from the first rows of each, however many rows the filter selects and wherever they are.
--
-- The indexes are built beside the running service. One that was broken off half-way is invalid and must go first.
DROP INDEX IF EXISTS results_by_class;
CREATE INDEX CONCURRENTLY results_by_class ON url_check_results (job_id, status, http_status, error_kind, slow, seq);

DROP INDEX IF EXISTS results_by_class_time;
CREATE INDEX CONCURRENTLY results_by_class_time
    ON url_check_results (job_id, status, http_status, error_kind, slow, response_time, seq);

-- The response time is there so that the results of a large host can be sorted by it without a look at the rows.
DROP INDEX IF EXISTS results_by_class_host;
CREATE INDEX CONCURRENTLY results_by_class_host
    ON url_check_results (job_id, status, http_status, error_kind, slow, host, seq) INCLUDE (response_time);

-- A URL can be longer than an index may hold, so URLs are ordered by their first 256 characters.
DROP INDEX IF EXISTS results_by_class_url;
CREATE INDEX CONCURRENTLY results_by_class_url
    ON url_check_results (job_id, status, http_status, error_kind, slow, (left(url, 256)), seq);

-- What these replace.
DROP INDEX CONCURRENTLY IF EXISTS results_by_response_time;
DROP INDEX CONCURRENTLY IF EXISTS results_by_error_kind;

-- The URLs and titles of results in lower case, many in a row, for the search: reading these takes a tenth of the time
-- that reading the results takes. seq is the lowest of the row's seqs. texts has, in their order, a text per result with
-- U+001E between two of them, and in each the URL and the title with U+001F between.
CREATE TABLE IF NOT EXISTS result_texts (
    job_id  uuid NOT NULL,
    seq     bigint NOT NULL,
    results integer NOT NULL,
    seqs    bigint[] NOT NULL,
    texts   text COLLATE "C" NOT NULL,
    PRIMARY KEY (job_id, seq) INCLUDE (results)
);
