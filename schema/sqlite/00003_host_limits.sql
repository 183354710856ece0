-- +goose Up

CREATE TABLE host_limits (
    host      TEXT NOT NULL PRIMARY KEY,
    next_slot INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
