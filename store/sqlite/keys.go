package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const insertKeySQL = `
INSERT INTO api_keys (id, prefix, key_hash, name, owner_email, scopes, is_active, rate_limit_hour, allowed_ips, expires_at, created_at)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)`

// CreateKey inserts a key. A second one with the same id or hash is refused with wsc.CodeConflict.
func (s *Store) CreateKey(ctx context.Context, key *wsc.Key) error {
	if _, err := uuid.Parse(key.ID); err != nil {
		return fmt.Errorf("create key: %q is not a UUID", key.ID)
	}
	scopes, allowed, err := keyLists(key)
	if err != nil {
		return fmt.Errorf("create key: %w", err)
	}
	_, err = s.writer.ExecContext(ctx, insertKeySQL, key.ID, storable.Text(key.Prefix), key.Hash, storable.Text(key.Name),
		storable.Text(key.OwnerEmail), scopes, key.IsActive, key.RateLimitHour, allowed, optionalStamp(key.ExpiresAt), stamp(key.CreatedAt))
	return failure(ctx, "create key", err)
}

// keyLists are a key's lists as JSON.
func keyLists(key *wsc.Key) (scopes, allowed string, err error) {
	scopesJSON, scopesErr := json.Marshal(key.Scopes)
	allowedJSON, allowedErr := json.Marshal(key.AllowedIPs)
	return string(scopesJSON), string(allowedJSON), errors.Join(scopesErr, allowedErr)
}

const selectKeySQL = `
SELECT id, prefix, key_hash, previous_prefix, previous_hash, previous_expires_at, name, owner_email, scopes, is_active,
       rate_limit_hour, allowed_ips, expires_at, created_at, last_used_at
FROM api_keys `

func scanKey(r row) (wsc.Key, error) {
	var key wsc.Key
	var scopes, allowed []byte
	var created int64
	var previousExpires, expires, lastUsed *int64
	err := r.Scan(&key.ID, &key.Prefix, &key.Hash, &key.PreviousPrefix, &key.PreviousHash, &previousExpires, &key.Name,
		&key.OwnerEmail, &scopes, &key.IsActive, &key.RateLimitHour, &allowed, &expires, &created, &lastUsed)
	if err != nil {
		return key, err
	}
	key.CreatedAt = fromStamp(created)
	key.PreviousExpiresAt, key.ExpiresAt, key.LastUsedAt = fromOptionalStamp(previousExpires), fromOptionalStamp(expires), fromOptionalStamp(lastUsed)
	return key, errors.Join(json.Unmarshal(scopes, &key.Scopes), json.Unmarshal(allowed, &key.AllowedIPs))
}

func oneKey(ctx context.Context, db querier, what, where string, arguments ...any) (*wsc.Key, error) {
	key, err := scanKey(db.QueryRowContext(ctx, selectKeySQL+where, arguments...))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, keyNotFound()
	}
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	return &key, nil
}

func keyNotFound() error { return wsc.Errorf(wsc.CodeNotFound, "There is no such key.") }

// Key returns a key.
func (s *Store) Key(ctx context.Context, id string) (*wsc.Key, error) {
	return oneKey(ctx, s.readers, "read key", `WHERE id = ?`, id)
}

// KeyByHash returns the key one of whose secrets has the hash, whatever its state.
func (s *Store) KeyByHash(ctx context.Context, hash []byte) (*wsc.Key, error) {
	return oneKey(ctx, s.readers, "read key by hash", `WHERE key_hash = ?1 OR previous_hash = ?1 ORDER BY key_hash = ?1 DESC LIMIT 1`, hash)
}

// Keys returns a page of keys, newest first (created_at, id descending).
func (s *Store) Keys(ctx context.Context, filter wsc.KeyFilter) ([]wsc.Key, error) {
	var where conditions
	if filter.After != nil {
		if _, err := uuid.Parse(filter.After.ID); err != nil {
			return nil, wsc.Errorf(wsc.CodeInvalidCursor, "The cursor is not valid; begin with the first page.")
		}
		where.add(`(created_at, id) < (?, ?)`, stamp(filter.After.CreatedAt), filter.After.ID)
	}
	query := selectKeySQL + where.sql() + ` ORDER BY created_at DESC, id DESC LIMIT ?`
	return collect(ctx, s.readers, "list keys", query, append(where.arguments, max(filter.Limit, 1)), scanKey)
}

const updateKeySQL = `
UPDATE api_keys
SET name = ?2, owner_email = ?3, scopes = ?4, is_active = ?5, rate_limit_hour = ?6, allowed_ips = ?7, expires_at = ?8,
    prefix = ?9, key_hash = ?10, previous_prefix = ?11, previous_hash = ?12, previous_expires_at = ?13
WHERE id = ?1`

// ChangeKey lets fn change the key within a transaction and stores what it made of it. An error of fn is returned as it
// is, and nothing is stored.
func (s *Store) ChangeKey(ctx context.Context, id string, fn func(*wsc.Key) error) (*wsc.Key, error) {
	var key *wsc.Key
	var refused error
	err := s.write(ctx, "change key", func(tx *sql.Tx) (err error) {
		if key, err = oneKey(ctx, tx, "read key", `WHERE id = ?`, id); err != nil {
			return err
		}
		if refused = fn(key); refused != nil {
			return refused
		}
		scopes, allowed, err := keyLists(key)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, updateKeySQL, id, storable.Text(key.Name), storable.Text(key.OwnerEmail), scopes,
			key.IsActive, key.RateLimitHour, allowed, optionalStamp(key.ExpiresAt), storable.Text(key.Prefix), key.Hash,
			storable.Text(key.PreviousPrefix), key.PreviousHash, optionalStamp(key.PreviousExpiresAt))
		return err
	})
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, err
	}
	return key, nil
}

// TouchKey records that the key was used, at most once in the given time.
func (s *Store) TouchKey(ctx context.Context, id string, now time.Time, atMostEvery time.Duration) error {
	_, err := s.writer.ExecContext(ctx, `UPDATE api_keys SET last_used_at = ?2 WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at <= ?2 - ?3)`,
		id, stamp(now), atMostEvery.Microseconds())
	return failure(ctx, "touch key", err)
}
