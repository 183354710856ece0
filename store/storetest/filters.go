package storetest

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testFilters(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	id := createJob(t, store).ID
	results := owned(id, someResults(0, 200))
	for i, url := range []string{"shop.example/100%25", "shop.example/a_b", `back\slash`, "MÜNCHEN.example", "Straße.example", "quote'.example"} {
		results[i].URL, results[i].Title = url, ""
	}
	results[10].Title = "Sale: 100% OFF_now"
	insert(t, store, id, results)

	contains := func(text string) func(*wsc.Result) bool {
		return func(r *wsc.Result) bool {
			return strings.Contains(strings.ToLower(r.URL), text) || strings.Contains(strings.ToLower(r.Title), text)
		}
	}
	tests := []struct {
		name   string
		filter wsc.ResultFilter
		want   func(*wsc.Result) bool
	}{
		{"a status", wsc.ResultFilter{Statuses: []wsc.Status{wsc.StatusInactive}}, func(r *wsc.Result) bool { return r.Status == wsc.StatusInactive }},
		{"two statuses", wsc.ResultFilter{Statuses: []wsc.Status{wsc.StatusInactive, wsc.StatusError}}, func(r *wsc.Result) bool { return r.Status != wsc.StatusActive }},
		{"an unknown status", wsc.ResultFilter{Statuses: []wsc.Status{"up"}}, func(*wsc.Result) bool { return false }},
		{"an error kind", wsc.ResultFilter{ErrorKinds: []wsc.ErrorKind{wsc.KindTimeout}}, func(r *wsc.Result) bool { return r.ErrorKind == wsc.KindTimeout }},
		{"two error kinds", wsc.ResultFilter{ErrorKinds: []wsc.ErrorKind{wsc.KindTimeout, wsc.KindInvalidURL}}, func(r *wsc.Result) bool {
			return r.ErrorKind == wsc.KindTimeout || r.ErrorKind == wsc.KindInvalidURL
		}},
		{"HTTP statuses", wsc.ResultFilter{HTTPStatuses: []int{404, 204}}, func(r *wsc.Result) bool { return r.HTTPStatus == 404 || r.HTTPStatus == 204 }},
		{"slow ones", wsc.ResultFilter{Slow: new(true)}, func(r *wsc.Result) bool { return r.Slow }},
		{"those that are not slow", wsc.ResultFilter{Slow: new(false)}, func(r *wsc.Result) bool { return !r.Slow }},
		{"a host", wsc.ResultFilter{Host: "host3.example"}, func(r *wsc.Result) bool { return r.Host == "host3.example" }},
		{"a part of the URL", wsc.ResultFilter{Query: "host1"}, contains("host1")},
		{"a part of the title, ignoring case", wsc.ResultFilter{Query: "WELCOME to"}, contains("welcome to")},
		{"percent is no wildcard", wsc.ResultFilter{Query: "%"}, contains("%")},
		{"underscore is no wildcard", wsc.ResultFilter{Query: "_"}, contains("_")},
		{"backslash is a backslash", wsc.ResultFilter{Query: `\`}, contains(`\`)},
		{"a quote is a quote", wsc.ResultFilter{Query: "'"}, contains("'")},
		{"letters beyond ASCII ignore case as well", wsc.ResultFilter{Query: "münchen"}, contains("münchen")},
		{"and the other way round", wsc.ResultFilter{Query: "STRAßE"}, contains("straße")},
		{"nothing fits", wsc.ResultFilter{Query: "nowhere"}, func(*wsc.Result) bool { return false }},
		{"all together", wsc.ResultFilter{
			Statuses: []wsc.Status{wsc.StatusActive, wsc.StatusInactive}, HTTPStatuses: []int{200, 404}, Host: "host2.example", Query: "e",
		}, func(r *wsc.Result) bool {
			return r.Host == "host2.example" && (r.HTTPStatus == 200 || r.HTTPStatus == 404)
		}},
		{"status and error kind and host", wsc.ResultFilter{
			Statuses: []wsc.Status{wsc.StatusError}, ErrorKinds: []wsc.ErrorKind{wsc.KindDNSNXDomain, wsc.KindTimeout}, Host: "host1.example",
		}, func(r *wsc.Result) bool {
			return r.Host == "host1.example" && (r.ErrorKind == wsc.KindDNSNXDomain || r.ErrorKind == wsc.KindTimeout)
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var want []wsc.Result
			for i := range results {
				if test.want(&results[i]) {
					want = append(want, results[i])
				}
			}
			count, err := store.CountResults(t.Context(), id, test.filter, 1000)
			require.NoError(t, err)
			require.EqualValues(t, len(want), count)
			count, err = store.CountResults(t.Context(), id, test.filter, 1)
			require.NoError(t, err)
			require.EqualValues(t, min(len(want), 2), count, "it stops at one more than the most")
			for _, sort := range resultSorts() {
				sorted := slices.SortedFunc(slices.Values(want), compareResults(sort, true))
				filter := test.filter
				filter.Sort, filter.Desc, filter.Limit = sort, true, 9
				require.Equal(t, sorted, pagedResults(t, store, id, filter, func() {}))
				require.Equal(t, sorted, eachResult(t, store, id, filter))
			}
		})
	}
}
