-- +goose Up

-- penalty is how many steps the host is slowed down by: 429 and 503 raise it, at penalty_at for the last time, and it
-- falls by itself as time passes after paused_until.
ALTER TABLE host_limits ADD COLUMN penalty INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host_limits ADD COLUMN penalty_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE host_limits ADD COLUMN paused_until INTEGER NOT NULL DEFAULT 0;
