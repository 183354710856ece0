package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// resultColumns are the columns that a result is written to and read from, after job_id.
const resultColumns = `seq, line, url, normalized_url, host, status, http_status, error_kind, error_message, response_time,
dns_ms, connect_ms, tls_ms, ttfb_ms, download_ms, total_ms, final_url, redirects,
tls_version, tls_subject, tls_issuer, tls_not_after, tls_days_left, tls_problem,
protocol, remote_ip, content_type, content_length, title, attempts, checked_at,
slow, body_sha256, failed_attempts, headers`

// insertResultsSQL adds to the counters what was inserted, and nothing else. $37 says which rows are invalid lines.
// $38 and $39 are the texts of the results for the search and in which row of result_texts each goes.
// The arrays are unfolded in the list of columns and not in FROM, where each would first be written to a table of its own.
const insertResultsSQL = `
WITH inserted AS (
    INSERT INTO url_check_results (job_id, ` + resultColumns + `)
    SELECT $1::uuid, unnest($2::bigint[]), unnest($3::bigint[]), unnest($4::text[]), unnest($5::text[]),
           unnest($6::text[]), unnest($7::text[]), unnest($8::integer[]), unnest($9::text[]), unnest($10::text[]),
           unnest($11::float8[]), unnest($12::float8[]), unnest($13::float8[]), unnest($14::float8[]),
           unnest($15::float8[]), unnest($16::float8[]), unnest($17::float8[]), unnest($18::text[]),
           unnest($19::json[]), unnest($20::text[]), unnest($21::text[]), unnest($22::text[]),
           unnest($23::timestamptz[]), unnest($24::integer[]), unnest($25::text[]), unnest($26::text[]),
           unnest($27::text[]), unnest($28::text[]), unnest($29::bigint[]), unnest($30::text[]),
           unnest($31::integer[]), unnest($32::timestamptz[]), unnest($33::boolean[]), unnest($34::text[]),
           unnest($35::json[]), unnest($36::json[])
    WHERE EXISTS (SELECT FROM jobs WHERE id = $1)
    ON CONFLICT DO NOTHING
    RETURNING seq, status
), searchable AS (
    INSERT INTO result_texts (job_id, seq, results, seqs, texts)
    SELECT $1, min(seq), count(*), array_agg(seq), string_agg(text, E'\x1e')
    FROM (SELECT unnest($2::bigint[]) AS seq, unnest($38::text[]) AS text, unnest($39::integer[]) AS place) AS given
    JOIN inserted USING (seq) GROUP BY place
), undeferred AS (
    DELETE FROM deferred_checks WHERE job_id = $1 AND seq = ANY($2)
), added AS (
    SELECT count(*) AS processed,
           count(*) FILTER (WHERE status = 'active') AS active,
           count(*) FILTER (WHERE status = 'inactive') AS inactive,
           count(*) FILTER (WHERE status = 'error') AS error,
           count(*) FILTER (WHERE seq = ANY($37::bigint[])) AS invalid
    FROM inserted
), counted AS (
    UPDATE jobs
    SET processed_urls = processed_urls + added.processed, active_count = active_count + added.active,
        inactive_count = inactive_count + added.inactive, error_count = error_count + added.error,
        invalid_count = invalid_count + added.invalid, updated_at = now()
    FROM added
    WHERE id = $1 AND added.processed > 0
)
SELECT processed FROM added`

// InsertResults stores results of one job and adds exactly those that were new to the job's counters, in one
// transaction; it also drops the deferred checks of their seqs. A result whose seq already has one is left out.
// It returns how many were new.
func (s *Store) InsertResults(ctx context.Context, jobID string, results []wsc.Result) (int, error) {
	if len(results) == 0 {
		return 0, s.requireJob(ctx, jobID)
	}
	columns, err := columnsOf(results)
	if err != nil {
		return 0, fmt.Errorf("insert results: %w", err)
	}
	var inserted int
	err = s.withLockedJob(ctx, "insert results", jobID, insertResultsSQL, columns.arguments(), func(row pgx.Row) error {
		return row.Scan(&inserted)
	})
	return inserted, err
}

// resultArrays are results turned into one array per column, in the order of resultColumns.
type resultArrays struct {
	seq, line                                []int64
	url, normalizedURL, host, status         []string
	httpStatus                               []int32
	errorKind, errorMessage                  []string
	responseTime                             []float64
	dns, connect, tls, ttfb, download, total []*float64
	finalURL                                 []string
	redirects                                [][]byte
	tlsVersion, tlsSubject, tlsIssuer        []*string
	tlsNotAfter                              []*time.Time
	tlsDaysLeft                              []*int32
	tlsProblem                               []*string
	protocol, remoteIP, contentType          []string
	contentLength                            []*int64
	title                                    []string
	attempts                                 []int32
	checkedAt                                []time.Time
	slow                                     []bool
	bodySHA256                               []string
	failedAttempts, headers                  [][]byte
	invalid                                  []int64
	searched                                 []string
	searchedIn                               []int32
}

func columnsOf(results []wsc.Result) (*resultArrays, error) {
	n := len(results)
	c := &resultArrays{
		seq: make([]int64, n), line: make([]int64, n),
		url: make([]string, n), normalizedURL: make([]string, n), host: make([]string, n), status: make([]string, n),
		httpStatus: make([]int32, n), errorKind: make([]string, n), errorMessage: make([]string, n),
		responseTime: make([]float64, n),
		dns:          make([]*float64, n), connect: make([]*float64, n), tls: make([]*float64, n),
		ttfb: make([]*float64, n), download: make([]*float64, n), total: make([]*float64, n),
		finalURL: make([]string, n), redirects: make([][]byte, n),
		tlsVersion: make([]*string, n), tlsSubject: make([]*string, n), tlsIssuer: make([]*string, n),
		tlsNotAfter: make([]*time.Time, n), tlsDaysLeft: make([]*int32, n), tlsProblem: make([]*string, n),
		protocol: make([]string, n), remoteIP: make([]string, n), contentType: make([]string, n),
		contentLength: make([]*int64, n), title: make([]string, n), attempts: make([]int32, n),
		checkedAt: make([]time.Time, n), slow: make([]bool, n), bodySHA256: make([]string, n),
		failedAttempts: make([][]byte, n), headers: make([][]byte, n), invalid: []int64{},
		searched: make([]string, n),
	}
	for i := range results {
		if err := c.set(i, &results[i]); err != nil {
			return nil, err
		}
	}
	c.searchedIn = placesOf(c.searched)
	return c, nil
}

func (c *resultArrays) set(i int, r *wsc.Result) error {
	c.seq[i], c.line[i] = r.Seq, r.Line
	c.url[i], c.normalizedURL[i], c.host[i] = storable.Text(r.URL), storable.Text(r.NormalizedURL), storable.Host(r.Host)
	c.status[i], c.httpStatus[i] = storable.Text(string(r.Status)), int32(r.HTTPStatus)
	c.errorKind[i], c.errorMessage[i] = storable.Text(string(r.ErrorKind)), storable.Text(r.ErrorMessage)
	c.responseTime[i] = r.ResponseTimeMS
	if t := r.Timings; t != nil {
		c.dns[i], c.connect[i], c.tls[i] = &t.DNS, &t.Connect, &t.TLS
		c.ttfb[i], c.download[i], c.total[i] = &t.TTFB, &t.Download, &t.Total
	}
	if t := r.TLS; t != nil {
		version, subject, issuer, problem := storable.Text(t.Version), storable.Text(t.Subject), storable.Text(t.Issuer), storable.Text(t.Problem)
		daysLeft := int32(t.DaysLeft)
		c.tlsVersion[i], c.tlsSubject[i], c.tlsIssuer[i], c.tlsProblem[i] = &version, &subject, &issuer, &problem
		c.tlsNotAfter[i], c.tlsDaysLeft[i] = optionalTime(t.NotAfter), &daysLeft
	}
	c.finalURL[i], c.protocol[i], c.remoteIP[i] = storable.Text(r.FinalURL), storable.Text(r.Protocol), storable.Text(r.RemoteIP)
	c.contentType[i], c.contentLength[i], c.title[i] = storable.Text(r.ContentType), r.ContentLength, storable.Text(r.Title)
	c.attempts[i], c.checkedAt[i] = int32(r.Attempts), r.CheckedAt
	if storable.Invalid(r) {
		c.invalid = append(c.invalid, r.Seq)
	}
	c.searched[i] = searchedText(c.url[i], c.title[i])
	c.slow[i], c.bodySHA256[i] = r.Slow, storable.Text(r.BodySHA256)
	var err error
	if c.redirects[i], err = storable.Redirects(r.Redirects); err != nil {
		return err
	}
	if c.failedAttempts[i], err = storable.FailedAttempts(r.FailedAttempts); err != nil {
		return err
	}
	c.headers[i], err = storable.Headers(r.Headers)
	return err
}

// arguments are the parameters of insertResultsSQL from $2 on.
func (c *resultArrays) arguments() []any {
	return []any{
		c.seq, c.line, c.url, c.normalizedURL, c.host, c.status, c.httpStatus, c.errorKind, c.errorMessage, c.responseTime,
		c.dns, c.connect, c.tls, c.ttfb, c.download, c.total, c.finalURL, c.redirects,
		c.tlsVersion, c.tlsSubject, c.tlsIssuer, c.tlsNotAfter, c.tlsDaysLeft, c.tlsProblem,
		c.protocol, c.remoteIP, c.contentType, c.contentLength, c.title, c.attempts, c.checkedAt,
		c.slow, c.bodySHA256, c.failedAttempts, c.headers, c.invalid,
		c.searched, c.searchedIn,
	}
}

// DoneSeqs returns those of the given seqs that already have a result, in any order.
func (s *Store) DoneSeqs(ctx context.Context, jobID string, seqs []int64) ([]int64, error) {
	id, err := parseID(jobID)
	if err != nil {
		return nil, err
	}
	const query = `
SELECT ARRAY(SELECT seq FROM url_check_results WHERE job_id = $1 AND seq = ANY($2)) FROM jobs WHERE id = $1`
	var done []int64
	err = s.pool.QueryRow(ctx, query, id, seqs).Scan(&done)
	return done, failure(ctx, "find the targets that are done", err)
}
