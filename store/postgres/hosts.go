package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// reserveSlotsSQL moves each host's next free slot on by the span that the caller takes, and returns how far from now
// the end of that span is. The clock is the database's, the same for all callers. It is read after the row's lock was
// got (clock_timestamp), while the span travels in excluded relative to the statement's time, which stands still.
// Hosts are taken in order, so that two callers can't wait for each other.
const reserveSlotsSQL = `
INSERT INTO host_limits AS h (host, next_slot)
SELECT r.host, statement_timestamp() + r.span
FROM unnest($1::text[], $2::interval[]) AS r (host, span)
ORDER BY r.host
ON CONFLICT (host) DO UPDATE
SET next_slot = greatest(h.next_slot, clock_timestamp()) + (excluded.next_slot - statement_timestamp())
RETURNING host, next_slot - clock_timestamp()`

// ReserveSlots reserves, for each host, Count start times that are Interval apart and begin no earlier than now, in one
// statement, so that concurrent callers never share a slot. It returns for each request how long to wait from now until
// its first slot. Hosts are unique within a call.
func (s *Store) ReserveSlots(ctx context.Context, requests []wsc.SlotRequest) ([]time.Duration, error) {
	hosts, spans := make([]string, len(requests)), make([]time.Duration, len(requests))
	places := make(map[string]int, len(requests))
	for i, request := range requests {
		hosts[i], spans[i] = storable.Host(request.Host), time.Duration(request.Count)*request.Interval
		if _, twice := places[hosts[i]]; twice {
			return nil, fmt.Errorf("reserve slots: host %q is asked for twice", hosts[i])
		}
		places[hosts[i]] = i
	}
	waits := make([]time.Duration, len(requests))
	if len(requests) == 0 {
		return waits, nil
	}
	err := s.retry(ctx, "reserve slots", func() error {
		rows, err := s.pool.Query(ctx, reserveSlotsSQL, hosts, spans)
		if err != nil {
			return err
		}
		var host string
		var end time.Duration
		_, err = pgx.ForEachRow(rows, []any{&host, &end}, func() error {
			i := places[host]
			waits[i] = max(0, end-spans[i])
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return waits, nil
}

// DelayHost moves a host's next free slot to at least the given duration from now.
func (s *Store) DelayHost(ctx context.Context, host string, delay time.Duration) error {
	_, err := s.pool.Exec(ctx, `
INSERT INTO host_limits AS h (host, next_slot) VALUES ($1, clock_timestamp() + $2::interval)
ON CONFLICT (host) DO UPDATE SET next_slot = greatest(h.next_slot, excluded.next_slot)`, storable.Host(host), delay)
	return failure(ctx, "delay host", err)
}

// ForgetIdleHosts removes hosts whose next free slot passed longer ago than the given age. A host that somebody
// reserves at this moment is passed over.
func (s *Store) ForgetIdleHosts(ctx context.Context, age time.Duration) error {
	_, err := s.pool.Exec(ctx, `
DELETE FROM host_limits WHERE host IN (
    SELECT host FROM host_limits WHERE next_slot < clock_timestamp() - $1::interval FOR UPDATE SKIP LOCKED)`, age)
	return failure(ctx, "forget idle hosts", err)
}
