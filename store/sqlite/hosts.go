package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// reserveSlotSQL moves the host's next free slot on by the span ?3 and returns how far from now, ?2, its start is.
const reserveSlotSQL = `
INSERT INTO host_limits (host, next_slot) VALUES (?1, ?2 + ?3)
ON CONFLICT (host) DO UPDATE SET next_slot = max(next_slot, ?2) + ?3
RETURNING next_slot - ?3 - ?2`

// ReserveSlots reserves, for each host, Count start times that are Interval apart and begin no earlier than now, in one
// transaction, so that concurrent callers never share a slot. It returns for each request how long to wait from now
// until its first slot. Hosts are unique within a call.
func (s *Store) ReserveSlots(ctx context.Context, requests []wsc.SlotRequest) ([]time.Duration, error) {
	waits := make([]time.Duration, len(requests))
	seen := make(map[string]bool, len(requests))
	for _, request := range requests {
		host := storable.Host(request.Host)
		if seen[host] {
			return nil, fmt.Errorf("reserve slots: host %q is asked for twice", host)
		}
		seen[host] = true
	}
	if len(requests) == 0 {
		return waits, nil
	}
	err := s.write(ctx, "reserve slots", func(tx *sql.Tx) (err error) {
		reserve, err := tx.PrepareContext(ctx, reserveSlotSQL)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, reserve.Close()) }()
		// Read when it is our turn: the wait for it must not let slots begin in the past.
		now := stamp(time.Now())
		for i, request := range requests {
			span := time.Duration(request.Count) * request.Interval
			var wait int64
			err := reserve.QueryRowContext(ctx, storable.Host(request.Host), now, span.Microseconds()).Scan(&wait)
			if err != nil {
				return err
			}
			waits[i] = time.Duration(wait) * time.Microsecond
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return waits, nil
}

// DelayHost moves a host's next free slot to at least the given duration from now.
func (s *Store) DelayHost(ctx context.Context, host string, delay time.Duration) error {
	_, err := s.writer.ExecContext(ctx, `
INSERT INTO host_limits (host, next_slot) VALUES (?1, ?2)
ON CONFLICT (host) DO UPDATE SET next_slot = max(next_slot, excluded.next_slot)`, storable.Host(host), stamp(time.Now().Add(delay)))
	return failure(ctx, "delay host", err)
}

// ForgetIdleHosts removes hosts whose next free slot passed longer ago than the given age.
func (s *Store) ForgetIdleHosts(ctx context.Context, age time.Duration) error {
	_, err := s.writer.ExecContext(ctx, `DELETE FROM host_limits WHERE next_slot < ?`, stamp(time.Now().Add(-age)))
	return failure(ctx, "forget idle hosts", err)
}
