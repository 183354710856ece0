package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// The parts of reserveSlotsSQL stand for values of one row: what the host is slowed down by, the time between two of its
// slots, how far ahead they are reserved, and how many of them begin soon enough. They are written out where they are used, which is faster than a
// subquery per row, and use the statement's time, so that they are the same in each place.
const (
	penaltyLeftSQL = `greatest(h.penalty - floor(extract(epoch FROM greatest(statement_timestamp() - h.paused_until, '0')) / extract(epoch FROM $5::interval)), 0)::integer`
	spacingSQL     = `CASE WHEN h.penalty = 0 OR ` + penaltyLeftSQL + ` = 0 THEN excluded.spacing
         ELSE greatest(excluded.spacing * (1 << ` + penaltyLeftSQL + `), $6::interval * (1 << ` + penaltyLeftSQL + ` - 1)) END`
	horizonSQL = `CASE WHEN h.penalty = 0 OR ` + penaltyLeftSQL + ` = 0 THEN $4::interval ELSE $7::interval END`
	slotsSQL   = `CASE WHEN h.penalty = 0 AND h.next_slot <= statement_timestamp() THEN excluded.slots
         WHEN h.next_slot - statement_timestamp() > ` + horizonSQL + ` THEN 0
         ELSE least(excluded.slots, floor(extract(epoch FROM ` + horizonSQL + ` - greatest(h.next_slot - statement_timestamp(), '0'))
                                          / nullif(extract(epoch FROM (` + spacingSQL + `)), 0)) + 1)::integer END`
)

// reserveSlotsSQL moves each host's next free slot on by the slots that the caller takes, and returns how far from now
// the first of them is. The clock is the database's, the same for all callers. For the slots it is read after the row's
// lock was got (clock_timestamp); what is asked for travels in excluded, and is no more than begins soon enough on a host
// that is free. Hosts are taken in order, so that two callers can't wait for each other. A request without an interval
// leaves hosts alone that are not slowed down.
const reserveSlotsSQL = `
INSERT INTO host_limits AS h (host, next_slot, slots, spacing)
SELECT r.host, statement_timestamp() + r.slots * r.spacing, r.slots, r.spacing
FROM unnest($1::text[], $2::integer[], $3::interval[]) AS r (host, slots, spacing)
WHERE r.spacing > '0' OR EXISTS (
    SELECT FROM host_limits AS slow
    WHERE slow.host = r.host AND slow.penalty > 0
      AND slow.paused_until + slow.penalty * $5::interval > statement_timestamp())
ORDER BY r.host
ON CONFLICT (host) DO UPDATE SET
    next_slot = greatest(h.next_slot, clock_timestamp()) + (` + slotsSQL + `) * (` + spacingSQL + `),
    slots = ` + slotsSQL + `,
    spacing = ` + spacingSQL + `
RETURNING host, next_slot - slots * spacing - clock_timestamp(), spacing, slots`

// ReserveSlots reserves, for each host, up to Count start times that begin between now and the horizon, in one
// statement, so that concurrent callers never share a slot. They are Interval apart, more on a host that is slowed
// down. Without an Interval, nothing is reserved on hosts that are not. Hosts are unique within a call.
func (s *Store) ReserveSlots(ctx context.Context, requests []wsc.SlotRequest, horizon wsc.SlotHorizon) ([]wsc.Slots, error) {
	hosts, counts, intervals := make([]string, len(requests)), make([]int32, len(requests)), make([]time.Duration, len(requests))
	reserved := make([]wsc.Slots, len(requests))
	places := make(map[string]int, len(requests))
	for i, request := range requests {
		slots := wsc.Slots{Interval: request.Interval, Count: wsc.SlotsWithin(horizon.Free, 0, request.Interval, request.Count)}
		hosts[i], counts[i], intervals[i] = storable.Host(request.Host), int32(slots.Count), request.Interval
		reserved[i] = slots
		if _, twice := places[hosts[i]]; twice {
			return nil, fmt.Errorf("reserve slots: host %q is asked for twice", hosts[i])
		}
		places[hosts[i]] = i
	}
	if len(requests) == 0 {
		return reserved, nil
	}
	err := s.retry(ctx, "reserve slots", func() error {
		rows, err := s.pool.Query(ctx, reserveSlotsSQL, hosts, counts, intervals, horizon.Free, wsc.PenaltyRecovery, wsc.PenaltyInterval, horizon.Slowed)
		if err != nil {
			return err
		}
		var host string
		var slots wsc.Slots
		_, err = pgx.ForEachRow(rows, []any{&host, &slots.Wait, &slots.Interval, &slots.Count}, func() error {
			slots.Wait = max(0, slots.Wait)
			reserved[places[host]] = slots
			return nil
		})
		return err
	})
	if err != nil {
		return nil, err
	}
	return reserved, nil
}

// slowHostSQL takes the penalty that is left as the one to raise, unless it was raised a moment ago.
const slowHostSQL = `
INSERT INTO host_limits AS h (host, next_slot, penalty, penalty_at, paused_until)
VALUES ($1, clock_timestamp() + $2::interval, 1, clock_timestamp(), clock_timestamp() + $2::interval)
ON CONFLICT (host) DO UPDATE SET (next_slot, paused_until, penalty, penalty_at) = (
    SELECT greatest(h.next_slot, now + $2::interval), greatest(h.paused_until, now + $2::interval),
           CASE WHEN raised THEN least(remaining + 1, $5::integer) ELSE h.penalty END,
           CASE WHEN raised THEN now ELSE h.penalty_at END
    FROM (SELECT clock_timestamp() AS now) AS clock,
         LATERAL (SELECT now >= h.penalty_at + $3::interval AS raised,
                         greatest(h.penalty - floor(extract(epoch FROM greatest(now - h.paused_until, '0')) / extract(epoch FROM $4::interval)), 0)::integer AS remaining) AS state)
RETURNING penalty`

// SlowHost keeps everyone from a host for at least the given time, and slows it down by one step, at most once in
// wsc.PenaltyStep. It returns the host's penalty.
func (s *Store) SlowHost(ctx context.Context, host string, pause time.Duration) (penalty int, err error) {
	err = s.pool.QueryRow(ctx, slowHostSQL, storable.Host(host), pause, wsc.PenaltyStep, wsc.PenaltyRecovery, wsc.MaxPenalty).Scan(&penalty)
	return penalty, failure(ctx, "slow host", err)
}

// ForgetIdleHosts removes hosts whose next free slot passed longer ago than the given age, unless they are slowed down.
// A host that somebody reserves at this moment is passed over.
func (s *Store) ForgetIdleHosts(ctx context.Context, age time.Duration) error {
	_, err := s.pool.Exec(ctx, `
DELETE FROM host_limits WHERE host IN (
    SELECT host FROM host_limits
    WHERE next_slot < clock_timestamp() - $1::interval AND paused_until + penalty * $2::interval < clock_timestamp()
    FOR UPDATE SKIP LOCKED)`, age, wsc.PenaltyRecovery)
	return failure(ctx, "forget idle hosts", err)
}
