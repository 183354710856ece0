package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const sessionColumns = `token_hash, key_hash, key_id, is_link, created_at, seen_at, expires_at`

// CreateSession inserts a session or a link.
func (s *Store) CreateSession(ctx context.Context, session *wsc.Session) error {
	_, err := s.pool.Exec(ctx, `INSERT INTO sessions (`+sessionColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		session.Hash, session.KeyHash, storable.Text(session.KeyID), session.Link, session.CreatedAt, session.SeenAt, session.ExpiresAt)
	return failure(ctx, "create session", err)
}

// Session returns the session with the token's hash. A link is none.
func (s *Store) Session(ctx context.Context, hash []byte) (*wsc.Session, error) {
	return s.oneSession(ctx, "read session", `SELECT `+sessionColumns+` FROM sessions WHERE token_hash = $1 AND NOT is_link`, hash)
}

// TakeLink removes the link with the token's hash and returns it.
func (s *Store) TakeLink(ctx context.Context, hash []byte) (*wsc.Session, error) {
	return s.oneSession(ctx, "take sign-in link", `DELETE FROM sessions WHERE token_hash = $1 AND is_link RETURNING `+sessionColumns, hash)
}

func (s *Store) oneSession(ctx context.Context, what, query string, hash []byte) (*wsc.Session, error) {
	rows, err := s.pool.Query(ctx, query, hash)
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	session, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (wsc.Session, error) {
		var found wsc.Session
		err := row.Scan(&found.Hash, &found.KeyHash, &found.KeyID, &found.Link, &found.CreatedAt, &found.SeenAt, &found.ExpiresAt)
		found.CreatedAt, found.SeenAt, found.ExpiresAt = found.CreatedAt.UTC(), found.SeenAt.UTC(), found.ExpiresAt.UTC()
		return found, err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, sessionNotFound()
	}
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	return &session, nil
}

func sessionNotFound() error { return wsc.Errorf(wsc.CodeNotFound, "There is no such session.") }

// TouchSession records the use of a session and moves its end.
func (s *Store) TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error {
	_, err := s.pool.Exec(ctx, `UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE token_hash = $1`, hash, seen, expires)
	return failure(ctx, "touch session", err)
}

// DeleteSession removes a session.
func (s *Store) DeleteSession(ctx context.Context, hash []byte) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM sessions WHERE token_hash = $1`, hash)
	return failure(ctx, "delete session", err)
}

// DeleteSessionsOfKey removes all sessions and links of a key.
func (s *Store) DeleteSessionsOfKey(ctx context.Context, keyID string) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM sessions WHERE key_id = $1`, storable.Text(keyID))
	return failure(ctx, "delete sessions of a key", err)
}

// DeleteExpiredSessions removes sessions and links that ended before the given time.
func (s *Store) DeleteExpiredSessions(ctx context.Context, before time.Time) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM sessions WHERE expires_at < $1`, before)
	return failure(ctx, "delete expired sessions", err)
}
