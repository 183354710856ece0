package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

const (
	timesSQL = `
SELECT count(*), coalesce(avg(response_time), 0), coalesce(max(response_time), 0)
FROM url_check_results WHERE job_id = ? AND http_status > 0`

	// The nearest rank of percentile p among n is the p*n/100 th value, rounded up. ?2 is n, ?3 the list of p.
	percentilesSQL = `
SELECT rank.p, response_time
FROM (SELECT value AS p, (value * ?2 + 99) / 100 AS place FROM json_each(?3)) AS rank
JOIN (SELECT response_time, row_number() OVER (ORDER BY response_time) AS place
      FROM url_check_results WHERE job_id = ?1 AND http_status > 0) AS ordered USING (place)`

	slowestSQL = `
SELECT host, count(*), avg(response_time) AS mean
FROM url_check_results WHERE job_id = ? AND http_status > 0 GROUP BY host ORDER BY mean DESC, host LIMIT 10`

	failingSQL = `
SELECT host, count(*) FILTER (WHERE status <> 'active') AS failed, count(*)
FROM url_check_results WHERE job_id = ? AND host <> ''
GROUP BY host HAVING failed > 0 ORDER BY failed DESC, host LIMIT 10`

	// Invalid lines were not checked.
	checkedSQL = ` FROM url_check_results
WHERE job_id = ?1 AND NOT (attempts = 0 AND error_kind IN ('invalid_url', 'blocked_scheme'))`

	checkTimesSQL = `SELECT min(checked_at), max(checked_at)` + checkedSQL

	// ?2 is when the first span begins and ?3 the length of each, in microseconds.
	throughputSQL = `
SELECT ?2 + (checked_at - ?2) / ?3 * ?3 AS at, count(*) FILTER (WHERE status = 'active'),
       count(*) FILTER (WHERE status = 'inactive'), count(*) FILTER (WHERE status = 'error')` + checkedSQL + `
GROUP BY at ORDER BY at`

	expiringSQL = `
SELECT host, tls_not_after, min(tls_days_left)
FROM url_check_results WHERE job_id = ? AND tls_not_after <= checked_at + 30 * 86400 * 1000000
GROUP BY host, tls_not_after ORDER BY tls_not_after, host LIMIT 50`
)

// Stats summarises the results so far. Percentiles are response times that occurred (nearest rank). A certificate
// expires soon if it ends within 30 days of its check; one that many URLs of a host share is listed once.
func (s *Store) Stats(ctx context.Context, jobID string) (*wsc.Stats, error) {
	// One snapshot, so that the parts agree while results come in.
	tx, err := s.readers.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, failure(ctx, "summarise results", err)
	}
	stats, err := readStats(ctx, tx, jobID)
	if rollback := tx.Rollback(); err == nil && !errors.Is(rollback, sql.ErrTxDone) {
		err = rollback
	}
	return stats, failure(ctx, "summarise results", err)
}

func readStats(ctx context.Context, tx *sql.Tx, jobID string) (*wsc.Stats, error) {
	if err := requireJob(ctx, tx, jobID); err != nil {
		return nil, err
	}
	stats := &wsc.Stats{ByStatus: map[string]int64{}, ByHTTPStatus: map[string]int64{}, ByErrorKind: map[string]int64{}}
	if err := readCounts(ctx, tx, jobID, stats); err != nil {
		return nil, err
	}
	if err := readTimes(ctx, tx, jobID, &stats.ResponseTime); err != nil {
		return nil, err
	}
	var err error
	stats.SlowestHosts, err = collectRows(ctx, tx, slowestSQL, []any{jobID}, func(r row) (h wsc.HostStats, err error) {
		err = r.Scan(&h.Host, &h.Count, &h.MeanMS)
		return h, err
	})
	if err != nil {
		return nil, err
	}
	stats.FailingHosts, err = collectRows(ctx, tx, failingSQL, []any{jobID}, func(r row) (h wsc.HostFailures, err error) {
		err = r.Scan(&h.Host, &h.Failed, &h.Count)
		return h, err
	})
	if err != nil {
		return nil, err
	}
	if stats.Throughput, err = readThroughput(ctx, tx, jobID); err != nil {
		return nil, err
	}
	stats.ExpiringCert, err = collectRows(ctx, tx, expiringSQL, []any{jobID}, func(r row) (c wsc.ExpiringCert, err error) {
		var notAfter int64
		err = r.Scan(&c.Host, &notAfter, &c.DaysLeft)
		c.NotAfter = fromStamp(notAfter)
		return c, err
	})
	return stats, err
}

func readThroughput(ctx context.Context, tx *sql.Tx, jobID string) ([]wsc.Throughput, error) {
	var first, last *int64
	if err := tx.QueryRowContext(ctx, checkTimesSQL, jobID).Scan(&first, &last); err != nil {
		return nil, err
	}
	if first == nil {
		return []wsc.Throughput{}, nil
	}
	begin, seconds := wsc.ThroughputSpans(fromStamp(*first), fromStamp(*last))
	const microseconds = 1_000_000
	return collectRows(ctx, tx, throughputSQL, []any{jobID, stamp(begin), seconds * microseconds}, func(r row) (wsc.Throughput, error) {
		span := wsc.Throughput{Seconds: float64(seconds)}
		var at int64
		err := r.Scan(&at, &span.Active, &span.Inactive, &span.Error)
		span.At = fromStamp(at)
		return span, err
	})
}

func readTimes(ctx context.Context, tx *sql.Tx, jobID string, times *wsc.ResponseTimes) error {
	if err := tx.QueryRowContext(ctx, timesSQL, jobID).Scan(&times.Count, &times.Mean, &times.Max); err != nil {
		return err
	}
	_, err := collectRows(ctx, tx, percentilesSQL, []any{jobID, times.Count, `[50, 90, 95, 99]`}, func(r row) (struct{}, error) {
		var percent int
		var value float64
		err := r.Scan(&percent, &value)
		switch percent {
		case 50:
			times.P50 = value
		case 90:
			times.P90 = value
		case 95:
			times.P95 = value
		case 99:
			times.P99 = value
		}
		return struct{}{}, err
	})
	return err
}

// countsSQL counts results by status, HTTP status, error kind and bucket of the histogram, -1 without an HTTP status.
func countsSQL(bounds []float64) string {
	var query strings.Builder
	query.WriteString(`SELECT status, http_status, error_kind, CASE WHEN http_status = 0 THEN -1`)
	for i, bound := range bounds {
		fmt.Fprintf(&query, ` WHEN response_time <= %v THEN %d`, bound, i)
	}
	fmt.Fprintf(&query, ` ELSE %d END, count(*), count(*) FILTER (WHERE slow)
FROM url_check_results WHERE job_id = ? GROUP BY 1, 2, 3, 4`, len(bounds))
	return query.String()
}

func readCounts(ctx context.Context, tx *sql.Tx, jobID string, stats *wsc.Stats) error {
	bounds := wsc.HistogramBounds()
	histogram := make([]wsc.HistogramBucket, len(bounds)+1)
	for i, bound := range bounds {
		histogram[i].UpTo = bound
	}
	_, err := collectRows(ctx, tx, countsSQL(bounds), []any{jobID}, func(r row) (struct{}, error) {
		var status, kind string
		var httpStatus, bucket int
		var count, slow int64
		if err := r.Scan(&status, &httpStatus, &kind, &bucket, &count, &slow); err != nil {
			return struct{}{}, err
		}
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
		return struct{}{}, nil
	})
	stats.ResponseTime.Histogram = histogram
	return err
}
