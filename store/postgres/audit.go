package postgres

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// AppendEvents stores security events. One whose id is stored already is left out.
func (s *Store) AppendEvents(ctx context.Context, events []wsc.SecurityEvent) error {
	batch := &pgx.Batch{}
	for _, event := range events {
		id, err := uuid.Parse(event.ID)
		if err != nil {
			return fmt.Errorf("append events: %q is not a UUID", event.ID)
		}
		batch.Queue(`
INSERT INTO audit_log (id, at, kind, key_id, address, request_id, object, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT DO NOTHING`, id, event.At, storable.Text(string(event.Kind)), storable.Text(event.KeyID), storable.Text(event.Address),
			storable.Text(event.RequestID), storable.Text(event.Object), storable.Text(event.Detail))
	}
	return failure(ctx, "append events", s.pool.SendBatch(ctx, batch).Close())
}

// Events returns a page of security events, newest first (at, id descending).
func (s *Store) Events(ctx context.Context, filter wsc.AuditFilter) ([]wsc.SecurityEvent, error) {
	var where conditions
	if len(filter.Kinds) > 0 {
		where.add(`kind = ANY(%s)`, texts(filter.Kinds))
	}
	if filter.KeyID != "" {
		where.add(`key_id = %s`, storable.Text(filter.KeyID))
	}
	if filter.After != nil {
		id, err := parseID(filter.After.ID)
		if err != nil {
			return nil, wsc.Errorf(wsc.CodeInvalidCursor, "The cursor is not valid; begin with the first page.")
		}
		where.add(`(at, id) < (%s, %s)`, filter.After.At, id)
	}
	query := `SELECT id::text, at, kind, key_id, address, request_id, object, detail FROM audit_log ` + where.sql() +
		` ORDER BY at DESC, id DESC LIMIT ` + strconv.Itoa(max(filter.Limit, 1))
	return collect(ctx, s, "list events", query, where.arguments, func(row pgx.CollectableRow) (wsc.SecurityEvent, error) {
		var e wsc.SecurityEvent
		err := row.Scan(&e.ID, &e.At, &e.Kind, &e.KeyID, &e.Address, &e.RequestID, &e.Object, &e.Detail)
		e.At = e.At.UTC()
		return e, err
	})
}

// DeleteEvents removes security events from before the given time.
func (s *Store) DeleteEvents(ctx context.Context, before time.Time) error {
	_, err := s.pool.Exec(ctx, `DELETE FROM audit_log WHERE at < $1`, before)
	return failure(ctx, "delete events", err)
}
