package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

const benchmarkBatch = 500

// Benchmark measures the store at batches of 500 by one caller. Rates are reported in rows per second.
func Benchmark(b *testing.B, open func(b *testing.B) Store) {
	b.Run("insert", func(b *testing.B) {
		store := open(b)
		id := benchmarkJob(b, store)
		batch := plainResults(0, benchmarkBatch)
		var next int64
		for b.Loop() {
			// As a plan orders them: seqs that are spread over the job, not one after another.
			for i := range batch {
				batch[i].Seq = next%1000*1000 + next/1000
				next++
			}
			_, err := store.InsertResults(b.Context(), id, batch)
			require.NoError(b, err)
		}
		reportRate(b, benchmarkBatch)
	})
	b.Run("reserve slots", func(b *testing.B) {
		store := open(b)
		requests := make([]wsc.SlotRequest, benchmarkBatch)
		for i := range requests {
			requests[i] = wsc.SlotRequest{Host: newHost(i), Count: 1, Interval: time.Millisecond}
		}
		for b.Loop() {
			_, err := store.ReserveSlots(b.Context(), requests, within(time.Minute))
			require.NoError(b, err)
		}
		reportRate(b, benchmarkBatch)
	})
	b.Run("reserve slots without a limit", func(b *testing.B) {
		store := open(b)
		requests := make([]wsc.SlotRequest, benchmarkBatch)
		for i := range requests {
			requests[i] = wsc.SlotRequest{Host: newHost(i), Count: 1}
		}
		for b.Loop() {
			_, err := store.ReserveSlots(b.Context(), requests, within(time.Minute))
			require.NoError(b, err)
		}
		reportRate(b, benchmarkBatch)
	})
	benchmarkReads(b, open)
	benchmarkDiff(b, open)
}

// benchmarkReads measures reading a job of 200,000 results.
func benchmarkReads(b *testing.B, open func(b *testing.B) Store) {
	b.Helper()
	const rows = 200_000
	store := open(b)
	id := benchmarkJob(b, store)
	for first := int64(0); first < rows; first += benchmarkBatch {
		_, err := store.InsertResults(b.Context(), id, plainResults(first, benchmarkBatch))
		require.NoError(b, err)
	}
	b.Run("read all", func(b *testing.B) {
		for b.Loop() {
			err := store.EachResult(b.Context(), id, wsc.ResultFilter{}, func(*wsc.Result) error { return nil })
			require.NoError(b, err)
		}
		reportRate(b, rows)
	})
	pages := map[string]wsc.ResultFilter{
		"first page by response time": {Sort: wsc.SortResponseTime, Desc: true},
		"first page by url":           {Sort: wsc.SortURL},
		"first page by host":          {Sort: wsc.SortHost},
		"first page by http status":   {Sort: wsc.SortHTTPStatus, Desc: true},
		"first page by status":        {Sort: wsc.SortStatus, Desc: true},
		"errors":                      {Statuses: []wsc.Status{wsc.StatusError}},
		"rare kind":                   {ErrorKinds: []wsc.ErrorKind{wsc.KindHeadersTooLarge}},
		"rare http status":            {HTTPStatuses: []int{418}},
		"rare text":                   {Query: "nowhere"},
		"rare host":                   {Host: "nowhere.example"},
	}
	for name, filter := range pages {
		b.Run(name, func(b *testing.B) {
			filter.Limit = 100
			for b.Loop() {
				_, err := store.Results(b.Context(), id, filter)
				require.NoError(b, err)
			}
		})
	}
	b.Run("stats", func(b *testing.B) {
		for b.Loop() {
			_, err := store.Stats(b.Context(), id)
			require.NoError(b, err)
		}
	})
}

// benchmarkDiff measures comparing two jobs of 100,000 results that share most URLs.
func benchmarkDiff(b *testing.B, open func(b *testing.B) Store) {
	b.Helper()
	const rows = 100_000
	store := open(b)
	earlier, later := benchmarkJob(b, store), benchmarkJob(b, store)
	for job, id := range []string{earlier, later} {
		for first := int64(0); first < rows; first += benchmarkBatch {
			results := plainResults(first+int64(job), benchmarkBatch)
			for i := range results {
				results[i].Seq = first + int64(i)
				results[i].NormalizedURL = fmt.Sprintf("https://www.host%d.example/some/path", int64(job)*rows/50+results[i].Seq)
			}
			_, err := store.InsertResults(b.Context(), id, results)
			require.NoError(b, err)
		}
	}
	b.Run("diff counts", func(b *testing.B) {
		for b.Loop() {
			_, err := store.DiffCounts(b.Context(), later, earlier)
			require.NoError(b, err)
		}
		reportRate(b, rows)
	})
	for name, changes := range map[string][]wsc.Change{"all": nil, "new": {wsc.ChangeNew}, "removed": {wsc.ChangeRemoved}} {
		b.Run("diff page of "+name, func(b *testing.B) {
			for b.Loop() {
				_, err := store.Diff(b.Context(), later, earlier, wsc.DiffFilter{Changes: changes, Limit: 100})
				require.NoError(b, err)
			}
		})
	}
}

func benchmarkJob(b *testing.B, store Store) string {
	b.Helper()
	job := &wsc.Job{ID: newID(b), CreatedAt: someTime()}
	require.NoError(b, store.CreateJob(b.Context(), job, wsc.JobQuota{}))
	return job.ID
}

// plainResults are results as most jobs have them: of the first attempt, without options that ask for more.
func plainResults(first int64, n int) []wsc.Result {
	results := someResults(first, n)
	for i := range results {
		results[i].FailedAttempts, results[i].BodySHA256 = nil, ""
	}
	return results
}

func reportRate(b *testing.B, rows int) {
	b.Helper()
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func newHost(i int) string { return fmt.Sprintf("host%d.example", i) }
