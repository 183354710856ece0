-- +goose Up

ALTER TABLE url_check_results ADD COLUMN slow INTEGER NOT NULL DEFAULT 0;
ALTER TABLE url_check_results ADD COLUMN body_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE url_check_results ADD COLUMN failed_attempts TEXT;

ALTER TABLE deferred_checks ADD COLUMN failed_attempts TEXT;
