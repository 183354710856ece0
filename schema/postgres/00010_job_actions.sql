-- +goose Up

-- The job that retry_of names may be deleted before the one that checks its URLs again, so that there is no foreign key.
ALTER TABLE jobs
    ADD COLUMN retry_of  uuid,
    ADD COLUMN delete_at timestamptz;

CREATE INDEX jobs_by_deletion ON jobs (delete_at, id) WHERE delete_at IS NOT NULL;
