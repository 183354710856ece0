package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const sessionColumns = `token_hash, key_hash, key_id, is_link, created_at, seen_at, expires_at`

// CreateSession inserts a session or a link.
func (s *Store) CreateSession(ctx context.Context, session *wsc.Session) error {
	_, err := s.writer.ExecContext(ctx, `INSERT INTO sessions (`+sessionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		session.Hash, session.KeyHash, storable.Text(session.KeyID), session.Link, stamp(session.CreatedAt), stamp(session.SeenAt), stamp(session.ExpiresAt))
	return failure(ctx, "create session", err)
}

// Session returns the session with the token's hash. A link is none.
func (s *Store) Session(ctx context.Context, hash []byte) (*wsc.Session, error) {
	return oneSession(ctx, s.readers, "read session", `SELECT `+sessionColumns+` FROM sessions WHERE token_hash = ? AND NOT is_link`, hash)
}

// TakeLink removes the link with the token's hash and returns it.
func (s *Store) TakeLink(ctx context.Context, hash []byte) (*wsc.Session, error) {
	return oneSession(ctx, s.writer, "take sign-in link", `DELETE FROM sessions WHERE token_hash = ? AND is_link RETURNING `+sessionColumns, hash)
}

func oneSession(ctx context.Context, db querier, what, query string, hash []byte) (*wsc.Session, error) {
	var session wsc.Session
	var created, seen, expires int64
	err := db.QueryRowContext(ctx, query, hash).Scan(&session.Hash, &session.KeyHash, &session.KeyID, &session.Link, &created, &seen, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, wsc.Errorf(wsc.CodeNotFound, "There is no such session.")
	}
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	session.CreatedAt, session.SeenAt, session.ExpiresAt = fromStamp(created), fromStamp(seen), fromStamp(expires)
	return &session, nil
}

// TouchSession records the use of a session and moves its end.
func (s *Store) TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error {
	_, err := s.writer.ExecContext(ctx, `UPDATE sessions SET seen_at = ?2, expires_at = ?3 WHERE token_hash = ?1`, hash, stamp(seen), stamp(expires))
	return failure(ctx, "touch session", err)
}

// DeleteSession removes a session.
func (s *Store) DeleteSession(ctx context.Context, hash []byte) error {
	_, err := s.writer.ExecContext(ctx, `DELETE FROM sessions WHERE token_hash = ?`, hash)
	return failure(ctx, "delete session", err)
}

// DeleteSessionsOfKey removes all sessions and links of a key.
func (s *Store) DeleteSessionsOfKey(ctx context.Context, keyID string) error {
	_, err := s.writer.ExecContext(ctx, `DELETE FROM sessions WHERE key_id = ?`, storable.Text(keyID))
	return failure(ctx, "delete sessions of a key", err)
}

// DeleteExpiredSessions removes sessions and links that ended before the given time.
func (s *Store) DeleteExpiredSessions(ctx context.Context, before time.Time) error {
	_, err := s.writer.ExecContext(ctx, `DELETE FROM sessions WHERE expires_at < ?`, stamp(before))
	return failure(ctx, "delete expired sessions", err)
}
