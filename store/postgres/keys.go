package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const insertKeySQL = `
INSERT INTO api_keys (id, prefix, key_hash, name, owner_email, scopes, is_active, rate_limit_hour, allowed_ips, expires_at, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// CreateKey inserts a key. A second one with the same id or hash is refused with wsc.CodeConflict.
func (s *Store) CreateKey(ctx context.Context, key *wsc.Key) error {
	id, err := uuid.Parse(key.ID)
	if err != nil {
		return fmt.Errorf("create key: %q is not a UUID", key.ID)
	}
	_, err = s.pool.Exec(ctx, insertKeySQL, id, storable.Text(key.Prefix), key.Hash, storable.Text(key.Name),
		storable.Text(key.OwnerEmail), texts(key.Scopes), key.IsActive, key.RateLimitHour, networks(key.AllowedIPs), key.ExpiresAt, key.CreatedAt)
	return failure(ctx, "create key", err)
}

// networks is never NULL.
func networks(list []netip.Prefix) []netip.Prefix {
	if list == nil {
		return []netip.Prefix{}
	}
	return list
}

const selectKeySQL = `
SELECT id::text, prefix, key_hash, previous_prefix, previous_hash, previous_expires_at, name, owner_email, scopes, is_active,
       rate_limit_hour, allowed_ips, expires_at, created_at, last_used_at
FROM api_keys `

func scanKey(row pgx.CollectableRow) (wsc.Key, error) {
	var key wsc.Key
	var scopes []string
	err := row.Scan(&key.ID, &key.Prefix, &key.Hash, &key.PreviousPrefix, &key.PreviousHash, &key.PreviousExpiresAt, &key.Name,
		&key.OwnerEmail, &scopes, &key.IsActive, &key.RateLimitHour, &key.AllowedIPs, &key.ExpiresAt, &key.CreatedAt, &key.LastUsedAt)
	if err != nil {
		return key, err
	}
	for _, scope := range scopes {
		key.Scopes = append(key.Scopes, wsc.Scope(scope))
	}
	key.CreatedAt = key.CreatedAt.UTC()
	for _, t := range []*time.Time{key.PreviousExpiresAt, key.ExpiresAt, key.LastUsedAt} {
		if t != nil {
			*t = t.UTC()
		}
	}
	return key, nil
}

func (s *Store) oneKey(ctx context.Context, what, where string, arguments ...any) (*wsc.Key, error) {
	rows, err := s.pool.Query(ctx, selectKeySQL+where, arguments...)
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	key, err := pgx.CollectExactlyOneRow(rows, scanKey)
	if errors.Is(err, pgx.ErrNoRows) {
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
	parsed, err := parseID(id)
	if err != nil {
		return nil, keyNotFound()
	}
	return s.oneKey(ctx, "read key", `WHERE id = $1`, parsed)
}

// KeyByHash returns the key one of whose secrets has the hash, whatever its state.
func (s *Store) KeyByHash(ctx context.Context, hash []byte) (*wsc.Key, error) {
	return s.oneKey(ctx, "read key by hash", `WHERE key_hash = $1 OR previous_hash = $1 ORDER BY key_hash = $1 DESC LIMIT 1`, hash)
}

// Keys returns a page of keys, newest first (created_at, id descending).
func (s *Store) Keys(ctx context.Context, filter wsc.KeyFilter) ([]wsc.Key, error) {
	var where conditions
	if filter.After != nil {
		id, err := parseID(filter.After.ID)
		if err != nil {
			return nil, wsc.Errorf(wsc.CodeInvalidCursor, "The cursor is not valid; begin with the first page.")
		}
		where.add(`(created_at, id) < (%s, %s)`, filter.After.CreatedAt, id)
	}
	query := selectKeySQL + where.sql() + ` ORDER BY created_at DESC, id DESC LIMIT ` + strconv.Itoa(max(filter.Limit, 1))
	return collect(ctx, s, "list keys", query, where.arguments, scanKey)
}

const updateKeySQL = `
UPDATE api_keys
SET name = $2, owner_email = $3, scopes = $4, is_active = $5, rate_limit_hour = $6, allowed_ips = $7, expires_at = $8,
    prefix = $9, key_hash = $10, previous_prefix = $11, previous_hash = $12, previous_expires_at = $13
WHERE id = $1`

// ChangeKey lets fn change the key under a lock and stores what it made of it. An error of fn is returned as it is, and
// nothing is stored.
func (s *Store) ChangeKey(ctx context.Context, id string, fn func(*wsc.Key) error) (*wsc.Key, error) {
	parsed, err := parseID(id)
	if err != nil {
		return nil, keyNotFound()
	}
	var key wsc.Key
	var refused error
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectKeySQL+`WHERE id = $1 FOR UPDATE`, parsed)
		if err != nil {
			return err
		}
		if key, err = pgx.CollectExactlyOneRow(rows, scanKey); err != nil {
			return err
		}
		if refused = fn(&key); refused != nil {
			return refused
		}
		_, err = tx.Exec(ctx, updateKeySQL, parsed, storable.Text(key.Name), storable.Text(key.OwnerEmail), texts(key.Scopes),
			key.IsActive, key.RateLimitHour, networks(key.AllowedIPs), key.ExpiresAt, storable.Text(key.Prefix), key.Hash,
			storable.Text(key.PreviousPrefix), key.PreviousHash, key.PreviousExpiresAt)
		return err
	})
	switch {
	case refused != nil:
		return nil, refused
	case errors.Is(err, pgx.ErrNoRows):
		return nil, keyNotFound()
	case err != nil:
		return nil, failure(ctx, "change key", err)
	}
	return &key, nil
}

// TouchKey records that the key was used, at most once in the given time.
func (s *Store) TouchKey(ctx context.Context, id string, now time.Time, atMostEvery time.Duration) error {
	parsed, err := parseID(id)
	if err != nil {
		return keyNotFound()
	}
	_, err = s.pool.Exec(ctx, `
UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $2::timestamptz - $3::interval)`,
		parsed, now, atMostEvery)
	return failure(ctx, "touch key", err)
}
