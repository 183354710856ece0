package sqlite

import (
	"context"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

const leaseRequestsSQL = `
INSERT INTO request_leases AS l (key_id, window_start, used, granted)
VALUES (?1, ?4, min(?2, ?3), min(?2, ?3))
ON CONFLICT (key_id) DO UPDATE SET
    window_start = excluded.window_start,
    granted = CASE WHEN l.window_start = excluded.window_start THEN max(min(?2, ?3 - l.used), 0) ELSE excluded.granted END,
    used = CASE WHEN l.window_start = excluded.window_start THEN l.used + max(min(?2, ?3 - l.used), 0) ELSE excluded.used END
RETURNING granted, max(?3 - used, 0)`

// LeaseRequests takes up to n requests from the quota of a key for the current hour (UTC), and never more than the quota
// in total.
func (s *Store) LeaseRequests(ctx context.Context, keyID string, n, quota int64) (wsc.RequestLease, error) {
	now := time.Now().UTC()
	lease := wsc.RequestLease{Window: now.Truncate(time.Hour)}
	lease.ResetIn = lease.Window.Add(time.Hour).Sub(now)
	err := s.writer.QueryRowContext(ctx, leaseRequestsSQL, storable.Text(keyID), n, quota, stamp(lease.Window)).
		Scan(&lease.Granted, &lease.Remaining)
	return lease, failure(ctx, "lease requests", err)
}

// ReturnRequests gives back requests of a lease that were not used. For an hour that is over it changes nothing.
func (s *Store) ReturnRequests(ctx context.Context, keyID string, window time.Time, n int64) error {
	_, err := s.writer.ExecContext(ctx, `UPDATE request_leases SET used = max(used - ?3, 0) WHERE key_id = ?1 AND window_start = ?2`,
		storable.Text(keyID), stamp(window), n)
	return failure(ctx, "return requests", err)
}
