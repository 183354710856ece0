package postgres

import (
	"context"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// leaseRequestsSQL takes from what is left of the hour. The row's lock makes callers take turns; the clock is the
// database's, so that all servers agree on the hour.
const leaseRequestsSQL = `
INSERT INTO request_leases AS l (key_id, window_start, used, granted)
VALUES ($1, date_trunc('hour', clock_timestamp(), 'UTC'), least($2::bigint, $3::bigint), least($2::bigint, $3::bigint))
ON CONFLICT (key_id) DO UPDATE SET
    window_start = excluded.window_start,
    granted = CASE WHEN l.window_start = excluded.window_start THEN greatest(least($2::bigint, $3::bigint - l.used), 0) ELSE excluded.granted END,
    used = CASE WHEN l.window_start = excluded.window_start THEN l.used + greatest(least($2::bigint, $3::bigint - l.used), 0) ELSE excluded.used END
RETURNING granted, greatest($3::bigint - used, 0), window_start, window_start + interval '1 hour' - clock_timestamp()`

// LeaseRequests takes up to n requests from the quota of a key for the current hour (UTC), and never more than the quota
// in total.
func (s *Store) LeaseRequests(ctx context.Context, keyID string, n, quota int64) (wsc.RequestLease, error) {
	var lease wsc.RequestLease
	err := s.pool.QueryRow(ctx, leaseRequestsSQL, storable.Text(keyID), n, quota).
		Scan(&lease.Granted, &lease.Remaining, &lease.Window, &lease.ResetIn)
	lease.Window = lease.Window.UTC()
	return lease, failure(ctx, "lease requests", err)
}

// ReturnRequests gives back requests of a lease that were not used. For an hour that is over it changes nothing.
func (s *Store) ReturnRequests(ctx context.Context, keyID string, window time.Time, n int64) error {
	_, err := s.pool.Exec(ctx, `UPDATE request_leases SET used = greatest(used - $3, 0) WHERE key_id = $1 AND window_start = $2`,
		storable.Text(keyID), window, n)
	return failure(ctx, "return requests", err)
}
