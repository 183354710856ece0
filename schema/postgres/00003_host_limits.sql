-- +goose Up

-- What is lost in a crash of the database is a few seconds of spacing between requests, so the table is not logged.
CREATE UNLOGGED TABLE host_limits (
    host      text COLLATE "C" PRIMARY KEY,
    next_slot timestamptz NOT NULL
) WITH (fillfactor = 50);
