package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// width_bucket counts the bounds at or below a value; with both negated, those at or above it.
	countsSQL = `
SELECT status, http_status, error_kind,
       CASE WHEN http_status > 0 THEN cardinality($2::float8[]) - width_bucket(-response_time, $2::float8[]) ELSE -1 END AS bucket,
       count(*), count(*) FILTER (WHERE slow)
FROM url_check_results WHERE job_id = $1 GROUP BY 1, 2, 3, 4`

	timesSQL = `
SELECT count(*), coalesce(avg(response_time), 0), coalesce(max(response_time), 0),
       coalesce(percentile_disc(ARRAY[0.5, 0.9, 0.95, 0.99]) WITHIN GROUP (ORDER BY response_time), ARRAY[0, 0, 0, 0])
FROM url_check_results WHERE job_id = $1 AND http_status > 0`

	slowestSQL = `
SELECT host, count(*), avg(response_time) AS mean
FROM url_check_results WHERE job_id = $1 AND http_status > 0 GROUP BY host ORDER BY mean DESC, host LIMIT 10`

	failingSQL = `
SELECT host, count(*) FILTER (WHERE status <> 'active') AS failed, count(*)
FROM url_check_results WHERE job_id = $1 AND host <> ''
GROUP BY host HAVING count(*) FILTER (WHERE status <> 'active') > 0 ORDER BY failed DESC, host LIMIT 10`

	// Invalid lines were not checked.
	checkedSQL = ` FROM url_check_results
WHERE job_id = $1 AND NOT (attempts = 0 AND error_kind IN ('invalid_url', 'blocked_scheme'))`

	checkTimesSQL = `SELECT min(checked_at), max(checked_at)` + checkedSQL

	throughputSQL = `
SELECT date_bin(make_interval(secs => $3), checked_at, $2) AS at, count(*) FILTER (WHERE status = 'active'),
       count(*) FILTER (WHERE status = 'inactive'), count(*) FILTER (WHERE status = 'error')` + checkedSQL + `
GROUP BY at ORDER BY at`

	expiringSQL = `
SELECT host, tls_not_after, min(tls_days_left)
FROM url_check_results WHERE job_id = $1 AND tls_not_after <= checked_at + interval '30 days'
GROUP BY host, tls_not_after ORDER BY tls_not_after, host LIMIT 50`
)

// Stats summarises the results so far. Percentiles are response times that occurred (nearest rank). A certificate
// expires soon if it ends within 30 days of its check; one that many URLs of a host share is listed once.
func (s *Store) Stats(ctx context.Context, jobID string) (*wsc.Stats, error) {
	id, err := parseID(jobID)
	if err != nil {
		return nil, err
	}
	if err := s.requireJob(ctx, jobID); err != nil {
		return nil, err
	}
	var stats *wsc.Stats
	// One snapshot, so that the parts agree while results come in.
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, s.pool, snapshot, func(tx pgx.Tx) error {
		stats, err = readStats(ctx, tx, id)
		return err
	})
	return stats, failure(ctx, "summarise results", err)
}

func readStats(ctx context.Context, tx pgx.Tx, id [16]byte) (*wsc.Stats, error) {
	stats := &wsc.Stats{ByStatus: map[string]int64{}, ByHTTPStatus: map[string]int64{}, ByErrorKind: map[string]int64{}}
	if err := readCounts(ctx, tx, id, stats); err != nil {
		return nil, err
	}
	times := &stats.ResponseTime
	var percentiles [4]float64
	if err := tx.QueryRow(ctx, timesSQL, id).Scan(&times.Count, &times.Mean, &times.Max, &percentiles); err != nil {
		return nil, err
	}
	times.P50, times.P90, times.P95, times.P99 = percentiles[0], percentiles[1], percentiles[2], percentiles[3]

	rows, err := tx.Query(ctx, slowestSQL, id)
	if err != nil {
		return nil, err
	}
	stats.SlowestHosts, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h wsc.HostStats, err error) {
		err = row.Scan(&h.Host, &h.Count, &h.MeanMS)
		return h, err
	})
	if err != nil {
		return nil, err
	}
	if stats.FailingHosts, err = readFailing(ctx, tx, id); err != nil {
		return nil, err
	}
	if stats.Throughput, err = readThroughput(ctx, tx, id); err != nil {
		return nil, err
	}
	if rows, err = tx.Query(ctx, expiringSQL, id); err != nil {
		return nil, err
	}
	stats.ExpiringCert, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (c wsc.ExpiringCert, err error) {
		err = row.Scan(&c.Host, &c.NotAfter, &c.DaysLeft)
		c.NotAfter = c.NotAfter.UTC()
		return c, err
	})
	return stats, err
}

func readFailing(ctx context.Context, tx pgx.Tx, id [16]byte) ([]wsc.HostFailures, error) {
	rows, err := tx.Query(ctx, failingSQL, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (h wsc.HostFailures, err error) {
		err = row.Scan(&h.Host, &h.Failed, &h.Count)
		return h, err
	})
}

func readThroughput(ctx context.Context, tx pgx.Tx, id [16]byte) ([]wsc.Throughput, error) {
	var first, last *time.Time
	if err := tx.QueryRow(ctx, checkTimesSQL, id).Scan(&first, &last); err != nil {
		return nil, err
	}
	if first == nil {
		return []wsc.Throughput{}, nil
	}
	begin, seconds := wsc.ThroughputSpans(*first, *last)
	rows, err := tx.Query(ctx, throughputSQL, id, begin, float64(seconds))
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (wsc.Throughput, error) {
		span := wsc.Throughput{Seconds: float64(seconds)}
		err := row.Scan(&span.At, &span.Active, &span.Inactive, &span.Error)
		span.At = span.At.UTC()
		return span, err
	})
}

func readCounts(ctx context.Context, tx pgx.Tx, id [16]byte, stats *wsc.Stats) error {
	bounds := wsc.HistogramBounds()
	negated := make([]float64, len(bounds))
	histogram := make([]wsc.HistogramBucket, len(bounds)+1)
	for i, bound := range bounds {
		negated[len(bounds)-1-i] = -bound
		histogram[i].UpTo = bound
	}
	rows, err := tx.Query(ctx, countsSQL, id, negated)
	if err != nil {
		return err
	}
	var status, kind string
	var httpStatus, bucket int
	var count, slow int64
	_, err = pgx.ForEachRow(rows, []any{&status, &httpStatus, &kind, &bucket, &count, &slow}, func() error {
		stats.Total += count
		stats.Slow += slow
		stats.ByStatus[status] += count
		if httpStatus > 0 {
			stats.ByHTTPStatus[strconv.Itoa(httpStatus)] += count
			histogram[bucket].Count += count
		}
		if kind != "" {
			stats.ByErrorKind[kind] += count
		}
		return nil
	})
	stats.ResponseTime.Histogram = histogram
	return err
}
