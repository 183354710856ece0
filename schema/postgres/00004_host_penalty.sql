-- +goose Up

-- penalty is how many steps the host is slowed down by: 429 and 503 raise it, at penalty_at for the last time, and it
-- falls by itself as time passes after paused_until. slots and spacing are those of the last reservation.
ALTER TABLE host_limits
    ADD COLUMN penalty      smallint NOT NULL DEFAULT 0,
    ADD COLUMN penalty_at   timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN paused_until timestamptz NOT NULL DEFAULT 'epoch',
    ADD COLUMN slots        integer NOT NULL DEFAULT 0,
    ADD COLUMN spacing      interval NOT NULL DEFAULT '0';
