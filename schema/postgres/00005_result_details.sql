-- +goose Up

-- Columns with constant defaults are added without rewriting the table. Most results have no failed attempts, so these
-- are NULL and cost a bit. They are JSON because nothing looks into them.
ALTER TABLE url_check_results
    ADD COLUMN slow            boolean NOT NULL DEFAULT false,
    ADD COLUMN body_sha256     text COLLATE "C" NOT NULL DEFAULT '',
    ADD COLUMN failed_attempts json;

ALTER TABLE deferred_checks
    ADD COLUMN failed_attempts json;
