package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func resultSorts() []wsc.ResultSort {
	return []wsc.ResultSort{"", wsc.SortSeq, wsc.SortURL, wsc.SortHost, wsc.SortStatus, wsc.SortHTTPStatus, wsc.SortResponseTime}
}

// compareResults is the order that a store must list results in.
func compareResults(sort wsc.ResultSort, desc bool) func(a, b wsc.Result) int {
	return func(a, b wsc.Result) int {
		order := 0
		switch sort {
		case wsc.SortURL:
			order = strings.Compare(beginningOf(a.URL), beginningOf(b.URL))
		case wsc.SortHost:
			order = strings.Compare(a.Host, b.Host)
		case wsc.SortStatus:
			order = strings.Compare(string(a.Status), string(b.Status))
		case wsc.SortHTTPStatus:
			order = cmp.Compare(a.HTTPStatus, b.HTTPStatus)
		case wsc.SortResponseTime:
			order = cmp.Compare(a.ResponseTimeMS, b.ResponseTimeMS)
		case wsc.SortSeq:
		}
		if order == 0 {
			order = cmp.Compare(a.Seq, b.Seq)
		}
		if desc {
			return -order
		}
		return order
	}
}

// beginningOf is the part of a URL by which results are sorted.
func beginningOf(url string) string {
	characters := []rune(url)
	return string(characters[:min(wsc.SortedURLLength, len(characters))])
}

func seqsOf(results []wsc.Result) []int64 {
	seqs := make([]int64, len(results))
	for i := range results {
		seqs[i] = results[i].Seq
	}
	return seqs
}

// pagedResults reads all pages; between is called after each.
func pagedResults(t *testing.T, store Store, jobID string, filter wsc.ResultFilter, between func()) []wsc.Result {
	t.Helper()
	var all []wsc.Result
	for {
		page, err := store.Results(t.Context(), jobID, filter)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), filter.Limit)
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		filter.After = new(wsc.CursorOf(&page[len(page)-1], filter.Sort))
		between()
	}
}

func testPagination(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	id := createJob(t, store).ID
	results := owned(id, someResults(0, 80))
	// Bytes order text, not a language: capitals before small letters, and both before other scripts.
	for i, url := range []string{"Zebra.example", "zebra.example", "äpfel.example", "-", "яндекс.example", "😀.example", ""} {
		results[i].URL = url
	}
	// Longer than an index can hold, of characters of several bytes, and alike up to where the order ends or just before.
	for i, end := range []string{"ab", "b", "ä", "ax", "", "aa", "ba"} {
		results[20+i].URL = strings.Repeat("ü", wsc.SortedURLLength-1) + end + strings.Repeat("ü", 1500)
	}
	insert(t, store, id, results)
	insert(t, store, createJob(t, store).ID, someResults(0, 50)) // of another job, never to be seen

	for _, sort := range resultSorts() {
		for _, desc := range []bool{false, true} {
			t.Run(fmt.Sprintf("by %q desc %v", sort, desc), func(t *testing.T) {
				want := slices.SortedFunc(slices.Values(results), compareResults(sort, desc))
				filter := wsc.ResultFilter{Sort: sort, Desc: desc}
				for _, limit := range []int{1, 7, 80, 1000} {
					filter.Limit = limit
					require.Equal(t, seqsOf(want), seqsOf(pagedResults(t, store, id, filter, func() {})), "limit %d", limit)
				}
				require.Equal(t, want, eachResult(t, store, id, filter), "all at once, whatever the limit")

				for i := range want {
					// Back from any position: the same order the other way round.
					back := filter
					back.Desc, back.Limit, back.After = !desc, 7, new(wsc.CursorOf(&want[i], sort))
					page, err := store.Results(t.Context(), id, back)
					require.NoError(t, err)
					slices.Reverse(page)
					require.Equal(t, seqsOf(want[max(i-7, 0):i]), seqsOf(page), "before position %d", i)
				}

				filter.After = new(wsc.CursorOf(&want[39], sort))
				require.Equal(t, want[40:], eachResult(t, store, id, filter), "from a position on")
			})
		}
	}

	t.Run("an unknown order is refused", func(t *testing.T) {
		_, err := store.Results(t.Context(), id, wsc.ResultFilter{Sort: "seq; DROP TABLE jobs", Limit: 1})
		requireCode(t, wsc.CodeInvalidRequest, err)
		requireCode(t, wsc.CodeInvalidRequest, store.EachResult(t.Context(), id, wsc.ResultFilter{Sort: "title"}, func(*wsc.Result) error { return nil }))
	})

	t.Run("more than one page of the store itself", func(t *testing.T) {
		big := createJob(t, store).ID
		many := owned(big, someResults(0, 2100))
		insert(t, store, big, many)
		for _, sort := range []wsc.ResultSort{wsc.SortSeq, wsc.SortResponseTime, wsc.SortURL} {
			want := slices.SortedFunc(slices.Values(many), compareResults(sort, true))
			require.Equal(t, want, eachResult(t, store, big, wsc.ResultFilter{Sort: sort, Desc: true}))
		}
	})

	for _, sort := range resultSorts() {
		for _, desc := range []bool{false, true} {
			t.Run(fmt.Sprintf("while results come in, by %q desc %v", sort, desc), func(t *testing.T) {
				testPaginationUnderInserts(t, store, sort, desc)
			})
		}
	}
}

func eachResult(t *testing.T, store Store, jobID string, filter wsc.ResultFilter) []wsc.Result {
	t.Helper()
	var all []wsc.Result
	require.NoError(t, store.EachResult(t.Context(), jobID, filter, func(r *wsc.Result) error {
		all = append(all, *r)
		return nil
	}))
	return all
}

// testPaginationUnderInserts reads pages while another caller inserts results before, between and behind those that
// were there: each of these comes exactly once and in order, and no other comes twice.
func testPaginationUnderInserts(t *testing.T, store Store, sort wsc.ResultSort, desc bool) {
	t.Helper()
	const initial, later, batch = 40, 80, 8
	id := createJob(t, store).ID
	all := owned(id, someResults(0, initial+later))
	// Every third is there from the beginning, so that the others fall between them in every order.
	var first, rest []wsc.Result
	for i := range all {
		if i%3 == 0 {
			first = append(first, all[i])
		} else {
			rest = append(rest, all[i])
		}
	}
	insert(t, store, id, first)

	pageRead := make(chan struct{}, initial+later)
	var inserter sync.WaitGroup
	var insertErr error
	inserter.Go(func() {
		for chunk := range slices.Chunk(rest, batch) {
			<-pageRead // each page that was read lets one batch in
			if _, err := store.InsertResults(t.Context(), id, chunk); err != nil {
				insertErr = err
				return
			}
		}
	})
	filter := wsc.ResultFilter{Sort: sort, Desc: desc, Limit: 5}
	seen := pagedResults(t, store, id, filter, func() { pageRead <- struct{}{} })
	for range later {
		pageRead <- struct{}{} // the inserter ends, however few pages there were
	}
	inserter.Wait()
	require.NoError(t, insertErr)

	require.True(t, slices.IsSortedFunc(seen, compareResults(sort, desc)), "in order")
	times := make(map[int64]int)
	for i := range seen {
		times[seen[i].Seq]++
	}
	for seq, n := range times {
		require.Equal(t, 1, n, "result %d came more than once", seq)
	}
	for i := range first {
		require.Equal(t, 1, times[first[i].Seq], "result %d was there from the beginning", first[i].Seq)
	}
}
