package storetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// someTime is a moment with microseconds, so that a store which keeps less shows.
func someTime() time.Time { return time.Date(2026, 3, 1, 12, 30, 15, 123456000, time.UTC) }

func newID(t testing.TB) string {
	t.Helper()
	id, err := uuid.NewV7()
	require.NoError(t, err)
	return id.String()
}

// createJob creates a pending job that the store holds.
func createJob(t *testing.T, store Store, change ...func(*wsc.Job)) *wsc.Job {
	t.Helper()
	job := &wsc.Job{ID: newID(t), Owner: "owner", Filename: "list.csv", Status: wsc.JobPending, CreatedAt: someTime(), UpdatedAt: someTime()}
	for _, fn := range change {
		fn(job)
	}
	require.NoError(t, store.CreateJob(t.Context(), job, wsc.JobQuota{}))
	return job
}

func readJob(t *testing.T, store Store, id string) *wsc.Job {
	t.Helper()
	job, err := store.Job(t.Context(), id)
	require.NoError(t, err)
	return job
}

// insert stores results and requires that all of them were new.
func insert(t *testing.T, store Store, jobID string, results []wsc.Result) {
	t.Helper()
	inserted, err := store.InsertResults(t.Context(), jobID, results)
	require.NoError(t, err)
	require.Equal(t, len(results), inserted)
}

// someResults makes n results of every sort, with many equal values and many that are missing, the same for each call
// with the same arguments. Their seqs begin at first.
func someResults(first int64, n int) []wsc.Result {
	random := rand.New(rand.NewPCG(uint64(first), uint64(n)))
	results := make([]wsc.Result, n)
	for i := range results {
		results[i] = someResult(random, first+int64(i))
	}
	return results
}

func someResult(random *rand.Rand, seq int64) wsc.Result {
	host := fmt.Sprintf("host%d.example", random.IntN(12))
	r := wsc.Result{
		Seq: seq, Line: seq*2 + 1,
		URL: fmt.Sprintf("%s/%c%d", host, 'a'+rune(random.IntN(26)), random.IntN(30)), Host: host,
		Attempts:  1 + random.IntN(3),
		CheckedAt: someTime().Add(time.Duration(random.IntN(1e6)) * time.Millisecond),
	}
	r.NormalizedURL = "https://" + r.URL
	r.FailedAttempts = someFailedAttempts(r.Attempts - 1)
	switch random.IntN(10) {
	case 0:
		return wsc.Result{
			Seq: seq, Line: r.Line, URL: "not a url", Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL,
			ErrorMessage: "The line holds no URL.", CheckedAt: r.CheckedAt,
		}
	case 1, 2:
		kinds := []wsc.ErrorKind{wsc.KindDNSNXDomain, wsc.KindTimeout, wsc.KindTLSExpired, wsc.KindBlockedScheme}
		r.Status, r.ErrorKind, r.ErrorMessage = wsc.StatusError, kinds[random.IntN(len(kinds))], "It failed."
		r.ResponseTimeMS = float64(random.IntN(3)) * 1000
		return r
	case 3:
		r.Status, r.HTTPStatus = wsc.StatusInactive, []int{404, 500, 503}[random.IntN(3)]
	default:
		r.Status, r.HTTPStatus = wsc.StatusActive, []int{200, 200, 204}[random.IntN(3)]
	}
	answered(random, &r)
	return r
}

// someFailedAttempts are the given number of attempts, or nil for none.
func someFailedAttempts(n int) []wsc.FailedAttempt {
	var attempts []wsc.FailedAttempt
	for i := range n {
		attempt := wsc.FailedAttempt{
			Attempt: i + 1, CheckedAt: someTime().Add(time.Duration(i) * time.Minute),
			HTTPStatus: 503, Reason: "HTTP 503 Service Unavailable", ResponseTimeMS: 12.345,
		}
		if i%2 == 1 {
			attempt.HTTPStatus, attempt.ErrorKind, attempt.Reason = 0, wsc.KindTimeout, "The host did not answer within 10 s."
		}
		attempts = append(attempts, attempt)
	}
	return attempts
}

// answered fills in what an HTTP answer brings.
func answered(random *rand.Rand, r *wsc.Result) {
	micros := random.IntN(12_000_000)
	if random.IntN(4) == 0 {
		micros = []int{50_000, 100_000, 10_000_000}[random.IntN(3)] // on the bound of a histogram bucket, and many equal ones
	}
	r.ResponseTimeMS = float64(micros) / 1000
	r.Slow = r.ResponseTimeMS > 3000
	r.FinalURL, r.Protocol, r.RemoteIP, r.ContentType = r.NormalizedURL, "h2", "192.0.2.7", "text/html; charset=utf-8"
	r.Timings = &wsc.Timings{DNS: 0.125, Connect: 1.001, TLS: 2.002, TTFB: float64(random.IntN(1e6)) / 1000, Download: 0.5, Total: r.ResponseTimeMS}
	if random.IntN(2) == 0 {
		r.Title, r.ContentLength = "Welcome to "+r.Host, new(int64(random.IntN(2)*1e10))
	}
	if random.IntN(2) == 0 {
		r.Headers = map[string]string{"Server": "nginx", "Cache-Control": "max-age=" + r.Host}
	}
	if random.IntN(2) == 0 {
		r.BodySHA256 = fmt.Sprintf("%064x", random.Uint64())
	}
	if random.IntN(3) == 0 {
		r.Redirects = []wsc.Redirect{{URL: "http://" + r.URL, HTTPStatus: 301, TimeMS: 12.345}, {URL: r.NormalizedURL, HTTPStatus: 302, TimeMS: 1}}
	}
	if random.IntN(4) > 0 {
		days := random.IntN(90) - 5
		r.TLS = &wsc.TLSInfo{
			Version: "TLS 1.3", Subject: r.Host, Issuer: "Some CA", DaysLeft: days,
			NotAfter: r.CheckedAt.Add(time.Duration(days)*24*time.Hour + time.Hour).Truncate(time.Second),
		}
	}
}

// owned returns the results as a store returns them for the job.
func owned(jobID string, results []wsc.Result) []wsc.Result {
	results = slices.Clone(results)
	for i := range results {
		results[i].JobID = jobID
		results[i].RetryAfter = 0
	}
	return results
}

// allResults reads all results of a job in order of seq.
func allResults(t *testing.T, store Store, jobID string) []wsc.Result {
	t.Helper()
	var all []wsc.Result
	require.NoError(t, store.EachResult(t.Context(), jobID, wsc.ResultFilter{}, func(r *wsc.Result) error {
		all = append(all, *r)
		return nil
	}))
	return all
}

// countsOf are the counters that belong to the results.
func countsOf(results []wsc.Result) wsc.JobCounts {
	var counts wsc.JobCounts
	for i := range results {
		r := &results[i]
		counts.ProcessedURLs++
		switch r.Status {
		case wsc.StatusActive:
			counts.ActiveCount++
		case wsc.StatusInactive:
			counts.InactiveCount++
		case wsc.StatusError:
			counts.ErrorCount++
		}
		if r.Attempts == 0 && (r.ErrorKind == wsc.KindInvalidURL || r.ErrorKind == wsc.KindBlockedScheme) {
			counts.InvalidCount++
		}
	}
	return counts
}

// requireCountsEqualRows is the invariant that holds at any time.
func requireCountsEqualRows(t *testing.T, store Store, jobID string) {
	t.Helper()
	require.Equal(t, countsOf(allResults(t, store, jobID)), readJob(t, store, jobID).JobCounts)
}

func requireCode(t *testing.T, code wsc.Code, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, code, wsc.CodeOf(err), "%v", err)
}
