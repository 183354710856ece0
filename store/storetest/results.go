package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testResults(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)

	t.Run("results are read back as they were", func(t *testing.T) {
		id := createJob(t, store).ID
		results := someResults(0, 500)
		insert(t, store, id, results)
		require.Equal(t, owned(id, results), allResults(t, store, id))
	})

	t.Run("empty parts stay apart from missing ones", func(t *testing.T) {
		id := createJob(t, store).ID
		results := []wsc.Result{
			{Seq: 0, Status: wsc.StatusActive, Timings: &wsc.Timings{}, TLS: &wsc.TLSInfo{}, ContentLength: new(int64(0)), CheckedAt: someTime()},
			{Seq: 1, Status: wsc.StatusActive, CheckedAt: someTime()},
			{Seq: 2, Status: wsc.StatusActive, ResponseTimeMS: 0.1 + 0.2, CheckedAt: someTime(), RetryAfter: time.Minute},
		}
		insert(t, store, id, results)
		require.Equal(t, owned(id, results), allResults(t, store, id))
	})

	t.Run("times of failed attempts are kept to the microsecond, in UTC", func(t *testing.T) {
		id := createJob(t, store).ID
		result := wsc.Result{Seq: 0, Status: wsc.StatusActive, CheckedAt: someTime(), FailedAttempts: someFailedAttempts(1)}
		stored := result
		stored.FailedAttempts = someFailedAttempts(1)
		stored.FailedAttempts[0].CheckedAt = someTime().Add(999).In(time.FixedZone("", 3600))
		insert(t, store, id, []wsc.Result{stored})
		require.Equal(t, owned(id, []wsc.Result{result}), allResults(t, store, id))
	})

	t.Run("done seqs are those with a result", func(t *testing.T) {
		id, other := createJob(t, store).ID, createJob(t, store).ID
		insert(t, store, id, someResults(10, 5))
		insert(t, store, other, someResults(0, 5))
		done, err := store.DoneSeqs(t.Context(), id, []int64{0, 9, 10, 12, 14, 15})
		require.NoError(t, err)
		require.ElementsMatch(t, []int64{10, 12, 14}, done)
		done, err = store.DoneSeqs(t.Context(), id, nil)
		require.NoError(t, err)
		require.Empty(t, done)
	})

	t.Run("results by seq", func(t *testing.T) {
		id := createJob(t, store).ID
		results := someResults(0, 20)
		insert(t, store, id, results)
		found, err := store.ResultsBySeq(t.Context(), id, []int64{3, 17, 99})
		require.NoError(t, err)
		require.ElementsMatch(t, owned(id, []wsc.Result{results[3], results[17]}), found)
	})

	t.Run("an error of the callback ends it and comes back as it is", func(t *testing.T) {
		id := createJob(t, store).ID
		insert(t, store, id, someResults(0, 10))
		stop := errors.New("stop")
		for _, sort := range []wsc.ResultSort{wsc.SortSeq, wsc.SortURL} {
			calls := 0
			err := store.EachResult(t.Context(), id, wsc.ResultFilter{Sort: sort}, func(*wsc.Result) error {
				calls++
				if calls == 3 {
					return stop
				}
				return nil
			})
			require.Same(t, stop, err)
			require.Equal(t, 3, calls)
		}
	})

	t.Run("the callback may use the store", func(t *testing.T) {
		id := createJob(t, store).ID
		insert(t, store, id, someResults(0, 3))
		require.NoError(t, store.EachResult(t.Context(), id, wsc.ResultFilter{}, func(r *wsc.Result) error {
			if r.Seq >= 3 {
				return nil // one that came in by the line below
			}
			_, err := store.InsertResults(t.Context(), id, someResults(10+r.Seq, 1))
			return err
		}))
		requireCountsEqualRows(t, store, id)
		require.Len(t, allResults(t, store, id), 6)
	})

	t.Run("seqs with wide gaps", func(t *testing.T) {
		id := createJob(t, store).ID
		var want []int64
		for _, seq := range []int64{0, 999, 1000, 1001, 5_000, 1 << 40} {
			insert(t, store, id, someResults(seq, 1))
			want = append(want, seq)
		}
		require.Equal(t, want, seqsOf(allResults(t, store, id)))
	})
}

func testBatches(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)

	t.Run("a repeated batch changes nothing", func(t *testing.T) {
		id := createJob(t, store).ID
		results := someResults(0, 200)
		insert(t, store, id, results)
		before := readJob(t, store, id)
		other := someResults(0, 200)
		for i := range other {
			other[i].Status, other[i].URL = wsc.StatusError, "changed"
		}
		inserted, err := store.InsertResults(t.Context(), id, other)
		require.NoError(t, err)
		require.Zero(t, inserted)
		require.Equal(t, before, readJob(t, store, id))
		require.Equal(t, owned(id, results), allResults(t, store, id))
	})

	t.Run("of a batch that is half known the rest is counted", func(t *testing.T) {
		id := createJob(t, store).ID
		insert(t, store, id, someResults(0, 100))
		inserted, err := store.InsertResults(t.Context(), id, someResults(50, 100))
		require.NoError(t, err)
		require.Equal(t, 50, inserted)
		requireCountsEqualRows(t, store, id)
	})

	t.Run("a seq twice in one batch counts once", func(t *testing.T) {
		id := createJob(t, store).ID
		results := someResults(0, 10)
		inserted, err := store.InsertResults(t.Context(), id, append(results, results...))
		require.NoError(t, err)
		require.Equal(t, 10, inserted)
		requireCountsEqualRows(t, store, id)
	})

	t.Run("an empty batch changes nothing", func(t *testing.T) {
		inserted, err := store.InsertResults(t.Context(), createJob(t, store).ID, nil)
		require.NoError(t, err)
		require.Zero(t, inserted)
	})

	t.Run("only lines that were never tried count as invalid", func(t *testing.T) {
		id := createJob(t, store).ID
		insert(t, store, id, []wsc.Result{
			{Seq: 0, Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL, CheckedAt: someTime()},
			{Seq: 1, Status: wsc.StatusError, ErrorKind: wsc.KindBlockedScheme, CheckedAt: someTime()},
			{Seq: 2, Status: wsc.StatusError, ErrorKind: wsc.KindBlockedScheme, Attempts: 1, CheckedAt: someTime()},
			{Seq: 3, Status: wsc.StatusError, ErrorKind: wsc.KindTimeout, CheckedAt: someTime()},
		})
		require.Equal(t, wsc.JobCounts{ProcessedURLs: 4, ErrorCount: 4, InvalidCount: 2}, readJob(t, store, id).JobCounts)
	})

	t.Run("a finished job still takes results", func(t *testing.T) {
		id := createJob(t, store).ID
		require.NoError(t, store.FinishJob(t.Context(), id, wsc.JobFinish{Status: wsc.JobCancelled, FinishedAt: someTime(), ExpiresAt: someTime()}))
		insert(t, store, id, someResults(0, 10))
		requireCountsEqualRows(t, store, id)
	})

	t.Run("batches that overlap in any order at the same time leave counters equal to rows", func(t *testing.T) {
		testOverlappingBatches(t, store)
	})
}

func testOverlappingBatches(t *testing.T, store Store) {
	t.Helper()
	const targets, callers, rounds, size = 400, 6, 8, 150
	id := createJob(t, store).ID
	all := someResults(0, targets)
	var wait sync.WaitGroup
	inserted := make([]int, callers)
	failures := make([]error, callers)
	for caller := range callers {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			for range rounds {
				batch := make([]wsc.Result, 0, size)
				deferred := make([]wsc.Deferred, 0, size)
				for _, i := range random.Perm(targets)[:size] {
					batch = append(batch, all[i])
					deferred = append(deferred, wsc.Deferred{Target: wsc.Target{Seq: all[i].Seq}, Attempt: 1, NotBefore: someTime()})
				}
				// Others defer what this one has just finished, in another order.
				slices.Reverse(deferred)
				if err := store.Defer(t.Context(), id, deferred); err != nil {
					failures[caller] = err
					return
				}
				n, err := store.InsertResults(t.Context(), id, batch)
				inserted[caller] += n
				if err != nil {
					failures[caller] = err
					return
				}
			}
		})
	}
	wait.Wait()
	require.NoError(t, errors.Join(failures...))
	total := 0
	for _, n := range inserted {
		total += n
	}
	rows := allResults(t, store, id)
	require.Len(t, rows, total, "what the callers were told adds up to the rows")
	requireCountsEqualRows(t, store, id)

	done := make(map[int64]bool, len(rows))
	for i := range rows {
		done[rows[i].Seq] = true
	}
	require.NoError(t, store.EachDeferred(t.Context(), id, someTime(), func(d *wsc.Deferred) error {
		if done[d.Seq] {
			return fmt.Errorf("target %d has a result and is deferred", d.Seq)
		}
		return nil
	}))
}

func testStrings(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	tests := []struct{ name, text, want string }{
		{"NUL is removed", "a\x00b\x00", "ab"},
		{"invalid UTF-8 is replaced", "a\xff\xfeb", "a\uFFFDb"},
		{"a cut character is replaced", "caf\xc3", "caf\uFFFD"},
		{"a surrogate is replaced", "\xed\xa0\x80", "\uFFFD"},
		{"emoji and other planes stay", "👩‍👩‍👧‍👦 𐍈 é", "👩‍👩‍👧‍👦 𐍈 é"},
		{"quotes and SQL stay", `'; DROP TABLE jobs; -- "\`, `'; DROP TABLE jobs; -- "\`},
		{"array and JSON syntax stays", `{"a",NULL}[1] \u0000 %s $1 ?`, `{"a",NULL}[1] \u0000 %s $1 ?`},
		{"control characters stay", "\x01\r\n\t\x7f\u202e", "\x01\r\n\t\x7f\u202e"},
		{"the empty text stays", "", ""},
		{"40,000 characters stay", strings.Repeat("é☃", 20_000), strings.Repeat("é☃", 20_000)},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			job := createJob(t, store, func(j *wsc.Job) {
				j.Filename, j.UploadPath, j.RequestHash = test.text, test.text, test.text
			})
			seq := int64(i)
			fill := func(text string) wsc.Result {
				return wsc.Result{
					Seq: seq, URL: text, NormalizedURL: text, Status: wsc.StatusError, ErrorKind: wsc.KindInternalError, ErrorMessage: text,
					FinalURL: text, Protocol: text, RemoteIP: text, ContentType: text, Title: text, Attempts: 1, CheckedAt: someTime(),
					Redirects: []wsc.Redirect{{URL: text, HTTPStatus: 301}}, BodySHA256: text, Headers: map[string]string{"Server": text},
					FailedAttempts: []wsc.FailedAttempt{{Attempt: 1, CheckedAt: someTime(), ErrorKind: wsc.KindTimeout, Reason: text}},
					TLS:            &wsc.TLSInfo{Version: text, Subject: text, Issuer: text, Problem: text},
				}
			}
			insert(t, store, job.ID, []wsc.Result{fill(test.text)})
			require.Equal(t, owned(job.ID, []wsc.Result{fill(test.want)}), allResults(t, store, job.ID))

			deferred := wsc.Deferred{Target: wsc.Target{Seq: 99, URL: test.text, NormalizedURL: test.text}, Attempt: 1, NotBefore: someTime(), LastMessage: test.text}
			require.NoError(t, store.Defer(t.Context(), job.ID, []wsc.Deferred{deferred}))
			deferred.URL, deferred.NormalizedURL, deferred.LastMessage = test.want, test.want, test.want
			require.Equal(t, []wsc.Deferred{deferred}, allDeferred(t, store, job.ID, someTime()))

			require.NoError(t, store.FinishJob(t.Context(), job.ID, wsc.JobFinish{Status: wsc.JobFailed, ErrorMessage: test.text, FinishedAt: someTime()}))
			read := readJob(t, store, job.ID)
			require.Equal(t, []string{test.want, test.want, test.want, test.want}, []string{read.Filename, read.UploadPath, read.RequestHash, read.ErrorMessage})
		})
	}

	t.Run("a host longer than any host name is cut and found", func(t *testing.T) {
		id := createJob(t, store).ID
		host := strings.Repeat("x", 40_000)
		insert(t, store, id, []wsc.Result{{Seq: 0, Host: host, Status: wsc.StatusError, CheckedAt: someTime()}})
		require.Equal(t, host[:253], allResults(t, store, id)[0].Host)
		found, err := store.Results(t.Context(), id, wsc.ResultFilter{Host: host, Limit: 1})
		require.NoError(t, err)
		require.Len(t, found, 1)
		_, err = store.ReserveSlots(t.Context(), []wsc.SlotRequest{{Host: host + "\x00\xff", Count: 1, Interval: time.Second}}, within(time.Minute))
		require.NoError(t, err)
	})
}
