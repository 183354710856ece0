package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// hostLimit is the part of a host's row that says when it may be contacted.
type hostLimit struct {
	nextSlot, pausedUntil time.Time
	penalty               int
}

// reserve returns what a request gets at the given time.
func (h hostLimit) reserve(request wsc.SlotRequest, now time.Time, horizon wsc.SlotHorizon) wsc.Slots {
	penalty, within := wsc.RecoveredPenalty(h.penalty, now.Sub(h.pausedUntil)), horizon.Free
	if penalty > 0 {
		within = horizon.Slowed
	}
	slots := wsc.Slots{Interval: wsc.SlowedInterval(request.Interval, penalty)}
	if slots.Interval > 0 {
		slots.Wait = max(0, h.nextSlot.Sub(now))
	}
	slots.Count = wsc.SlotsWithin(within, slots.Wait, slots.Interval, request.Count)
	return slots
}

// ReserveSlots reserves, for each host, up to Count start times that begin between now and the horizon, in one
// transaction, so that concurrent callers never share a slot. They are Interval apart, more on a host that is slowed
// down. Without an Interval, nothing is reserved on hosts that are not. Hosts are unique within a call.
func (s *Store) ReserveSlots(ctx context.Context, requests []wsc.SlotRequest, horizon wsc.SlotHorizon) ([]wsc.Slots, error) {
	hosts := make([]string, len(requests))
	seen := make(map[string]bool, len(requests))
	for i, request := range requests {
		hosts[i] = storable.Host(request.Host)
		if seen[hosts[i]] {
			return nil, fmt.Errorf("reserve slots: host %q is asked for twice", hosts[i])
		}
		seen[hosts[i]] = true
	}
	reserved := make([]wsc.Slots, len(requests))
	if len(requests) == 0 {
		return reserved, nil
	}
	err := s.write(ctx, "reserve slots", func(tx *sql.Tx) (err error) {
		limits, err := readHostLimits(ctx, tx, hosts)
		if err != nil {
			return err
		}
		update, err := tx.PrepareContext(ctx, `
INSERT INTO host_limits (host, next_slot) VALUES (?1, ?2) ON CONFLICT (host) DO UPDATE SET next_slot = ?2`)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, update.Close()) }()
		// Read when it is our turn: the wait for it must not let slots begin in the past.
		now := time.Now()
		for i, request := range requests {
			slots := limits[hosts[i]].reserve(request, now, horizon)
			reserved[i] = slots
			if slots.Count == 0 || slots.Interval == 0 {
				continue
			}
			if _, err := update.ExecContext(ctx, hosts[i], stamp(now.Add(slots.Slot(slots.Count)))); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return reserved, nil
}

// readHostLimits returns the rows of those hosts that have one.
func readHostLimits(ctx context.Context, db querier, hosts []string) (limits map[string]hostLimit, err error) {
	list, err := json.Marshal(hosts)
	if err != nil {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, `
SELECT host, next_slot, penalty, paused_until FROM host_limits WHERE host IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	limits = map[string]hostLimit{}
	for rows.Next() {
		var host string
		var limit hostLimit
		var nextSlot, pausedUntil int64
		if err := rows.Scan(&host, &nextSlot, &limit.penalty, &pausedUntil); err != nil {
			return nil, err
		}
		limit.nextSlot, limit.pausedUntil = time.UnixMicro(nextSlot), time.UnixMicro(pausedUntil)
		limits[host] = limit
	}
	return limits, rows.Err()
}

// slowHostSQL takes the penalty that is left as the one to raise, unless it was raised a moment ago: less than ?4
// microseconds before now, ?2. The pause ends at ?3.
const slowHostSQL = `
INSERT INTO host_limits AS h (host, next_slot, penalty, penalty_at, paused_until) VALUES (?1, ?3, 1, ?2, ?3)
ON CONFLICT (host) DO UPDATE SET
    next_slot = max(h.next_slot, ?3),
    paused_until = max(h.paused_until, ?3),
    penalty = CASE WHEN ?2 < h.penalty_at + ?4 THEN h.penalty
                   ELSE min(max(h.penalty - max(?2 - h.paused_until, 0) / ?5, 0) + 1, ?6) END,
    penalty_at = CASE WHEN ?2 < h.penalty_at + ?4 THEN h.penalty_at ELSE ?2 END
RETURNING penalty`

// SlowHost keeps everyone from a host for at least the given time, and slows it down by one step, at most once in
// wsc.PenaltyStep. It returns the host's penalty.
func (s *Store) SlowHost(ctx context.Context, host string, pause time.Duration) (penalty int, err error) {
	now := time.Now()
	err = s.writer.QueryRowContext(ctx, slowHostSQL, storable.Host(host), stamp(now), stamp(now.Add(pause)),
		wsc.PenaltyStep.Microseconds(), wsc.PenaltyRecovery.Microseconds(), wsc.MaxPenalty).Scan(&penalty)
	return penalty, failure(ctx, "slow host", err)
}

// ForgetIdleHosts removes hosts whose next free slot passed longer ago than the given age, unless they are slowed down.
func (s *Store) ForgetIdleHosts(ctx context.Context, age time.Duration) error {
	now := time.Now()
	_, err := s.writer.ExecContext(ctx, `DELETE FROM host_limits WHERE next_slot < ? AND paused_until + penalty * ? < ?`,
		stamp(now.Add(-age)), wsc.PenaltyRecovery.Microseconds(), stamp(now))
	return failure(ctx, "forget idle hosts", err)
}
