package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// AppendEvents stores security events. One whose id is stored already is left out.
func (s *Store) AppendEvents(ctx context.Context, events []wsc.SecurityEvent) error {
	return s.write(ctx, "append events", func(tx *sql.Tx) error {
		for _, event := range events {
			if _, err := uuid.Parse(event.ID); err != nil {
				return fmt.Errorf("append events: %q is not a UUID", event.ID)
			}
			_, err := tx.ExecContext(ctx, `
INSERT INTO audit_log (id, at, kind, key_id, address, request_id, object, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING`, event.ID, stamp(event.At), storable.Text(string(event.Kind)), storable.Text(event.KeyID), storable.Text(event.Address),
				storable.Text(event.RequestID), storable.Text(event.Object), storable.Text(event.Detail))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Events returns a page of security events, newest first (at, id descending).
func (s *Store) Events(ctx context.Context, filter wsc.AuditFilter) ([]wsc.SecurityEvent, error) {
	var where conditions
	if len(filter.Kinds) > 0 {
		addOneOf(&where, `kind`, filter.Kinds, storableText)
	}
	if filter.KeyID != "" {
		where.add(`key_id = ?`, storable.Text(filter.KeyID))
	}
	if filter.After != nil {
		if _, err := uuid.Parse(filter.After.ID); err != nil {
			return nil, wsc.Errorf(wsc.CodeInvalidCursor, "The cursor is not valid; begin with the first page.")
		}
		where.add(`(at, id) < (?, ?)`, stamp(filter.After.At), filter.After.ID)
	}
	query := `SELECT id, at, kind, key_id, address, request_id, object, detail FROM audit_log ` + where.sql() + ` ORDER BY at DESC, id DESC LIMIT ?`
	return collect(ctx, s.readers, "list events", query, append(where.arguments, max(filter.Limit, 1)), func(r row) (wsc.SecurityEvent, error) {
		var e wsc.SecurityEvent
		var at int64
		err := r.Scan(&e.ID, &at, &e.Kind, &e.KeyID, &e.Address, &e.RequestID, &e.Object, &e.Detail)
		e.At = fromStamp(at)
		return e, err
	})
}

// DeleteEvents removes security events from before the given time.
func (s *Store) DeleteEvents(ctx context.Context, before time.Time) error {
	_, err := s.writer.ExecContext(ctx, `DELETE FROM audit_log WHERE at < ?`, stamp(before))
	return failure(ctx, "delete events", err)
}
