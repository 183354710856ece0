package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testSearch(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	RunSearch(t, store, SearchedJob(t, store))
}

// SearchedJob makes a job that RunSearch searches: one with so many results that no store looks at all of them one after
// another when it can help it.
func SearchedJob(t *testing.T, store Store) (jobID string) {
	t.Helper()
	id := createJob(t, store).ID
	for chunk := range slices.Chunk(searchedResults(), 1000) {
		insert(t, store, id, chunk)
	}
	// What is there already is not searched twice.
	inserted, err := store.InsertResults(t.Context(), id, append(searchedResults()[:3], wsc.Result{Seq: 100_000, URL: "https://late.example/", Status: wsc.StatusActive, Title: "Late", CheckedAt: someTime()}))
	require.NoError(t, err)
	require.Equal(t, 1, inserted)
	return id
}

// searchedResults are 25,000 results with a text in almost all of them, but not in the first of any order, and texts in
// few.
func searchedResults() []wsc.Result {
	results := make([]wsc.Result, 25_000)
	for i := range results {
		r := wsc.Result{
			Seq: int64(i), URL: fmt.Sprintf("https://%05d.example/", i), Host: fmt.Sprintf("%05d.example", i), Attempts: 1, CheckedAt: someTime(),
			Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: float64(i), Title: "Plenty of Ünits",
		}
		if i < 2200 || i >= 22_800 {
			r.Title = ""
		}
		if i%7 == 3 {
			r.Status, r.HTTPStatus = wsc.StatusInactive, 404
		}
		results[i] = r
	}
	results[12_000].Title = "A NEEDLE"
	results[12_001].URL += "needle"
	results[20_500].Title = "needle\x1ewith\x1fseparators\x1d"
	results[20_501].Title = "needle with separators "
	return results
}

// RunSearch requires that a job of SearchedJob is searched rightly.
func RunSearch(t *testing.T, store Store, jobID string) {
	t.Helper()
	all := append(owned(jobID, searchedResults()), wsc.Result{JobID: jobID, Seq: 100_000, URL: "https://late.example/", Status: wsc.StatusActive, Title: "Late", CheckedAt: someTime()})
	for _, filter := range []wsc.ResultFilter{
		{Query: "PLENTY"},
		{Query: "of ünits", Statuses: []wsc.Status{wsc.StatusInactive}},
		{Query: "of ünits", Host: "12345.example"},
		{Query: "needle"},
		{Query: "Needle", HTTPStatuses: []int{200}},
		{Query: "needle\x1ewith"},
		{Query: "needle\x1dwith"},
		{Query: "needle with"},
		{Query: "late"},
		{Query: "example/plenty"},
		{Query: "nothing has this"},
	} {
		for _, sort := range resultSorts() {
			for _, desc := range []bool{false, true} {
				filter.Sort, filter.Desc, filter.Limit, filter.After = sort, desc, 20, nil
				t.Run(fmt.Sprintf("%q by %s desc %v", filter.Query, sort, desc), func(t *testing.T) {
					var want []wsc.Result
					for i := range all {
						r := &all[i]
						text := strings.ToLower(filter.Query)
						if (strings.Contains(strings.ToLower(r.URL), text) || strings.Contains(strings.ToLower(r.Title), text)) &&
							(len(filter.Statuses) == 0 || r.Status == filter.Statuses[0]) &&
							(len(filter.HTTPStatuses) == 0 || r.HTTPStatus == filter.HTTPStatuses[0]) &&
							(filter.Host == "" || r.Host == filter.Host) {
							want = append(want, *r)
						}
					}
					slices.SortFunc(want, compareResults(sort, desc))
					for page := range 2 {
						got, err := store.Results(t.Context(), jobID, filter)
						require.NoError(t, err)
						require.Equal(t, seqsOf(want[:min(20, len(want))]), seqsOf(got), "page %d", page)
						if len(got) < 20 {
							return
						}
						want = want[20:]
						filter.After = new(wsc.CursorOf(&got[19], sort))
					}
				})
			}
		}
	}
}
