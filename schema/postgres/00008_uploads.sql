-- +goose Up

-- Lists that wait to be submitted. The list itself is in the blob store.
CREATE TABLE uploads (
    id         uuid PRIMARY KEY,
    owner      text COLLATE "C" NOT NULL,
    filename   text NOT NULL,
    size       bigint NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX uploads_by_owner ON uploads (owner, expires_at);
CREATE INDEX uploads_by_expiry ON uploads (expires_at, id);
