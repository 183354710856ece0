package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// diffOutcome is what a job of a comparison says of a URL.
type diffOutcome struct {
	name       string
	status     wsc.Status
	httpStatus int
	final      string
}

// diffResults are the results of a job that has the URLs in this order, and an invalid line before each tenth.
func diffResults(outcomes []diffOutcome) []wsc.Result {
	var results []wsc.Result
	next := func(r wsc.Result) {
		r.Seq, r.Line, r.CheckedAt = int64(len(results)), int64(len(results))*2+1, someTime()
		results = append(results, r)
	}
	for i, o := range outcomes {
		if i%10 == 0 {
			next(wsc.Result{URL: "no url", Status: wsc.StatusError, ErrorKind: wsc.KindInvalidURL})
		}
		r := wsc.Result{
			URL: o.name, NormalizedURL: "https://" + o.name + "/", Host: o.name, Status: o.status, HTTPStatus: o.httpStatus,
			FinalURL: o.final, ResponseTimeMS: float64(i) + 0.5, Attempts: 1,
		}
		if o.status == wsc.StatusError {
			r.ErrorKind = wsc.KindTimeout
		}
		next(r)
	}
	return results
}

// everyOutcome are outcomes of a URL, the last of which is that the job does not have it.
func everyOutcome(name string) []diffOutcome {
	return []diffOutcome{
		{name, wsc.StatusActive, 200, "https://" + name + "/"},
		{name, wsc.StatusActive, 204, "https://" + name + "/"},
		{name, wsc.StatusActive, 200, "https://" + name + "/other"},
		{name, wsc.StatusInactive, 404, "https://" + name + "/"},
		{name, wsc.StatusInactive, 500, "https://" + name + "/"},
		{name, wsc.StatusError, 0, ""},
		{},
	}
}

// naiveDiff compares two jobs one URL after the other.
func naiveDiff(later, earlier []wsc.Result) (counts wsc.DiffCounts, entries []wsc.DiffEntry) {
	shown := func(r wsc.Result) *wsc.DiffResult {
		return &wsc.DiffResult{
			Seq: r.Seq, Line: r.Line, Status: r.Status, HTTPStatus: r.HTTPStatus, ErrorKind: r.ErrorKind,
			FinalURL: r.FinalURL, ResponseTimeMS: r.ResponseTimeMS,
		}
	}
	find := func(list []wsc.Result, url string) *wsc.Result {
		i := slices.IndexFunc(list, func(r wsc.Result) bool { return r.NormalizedURL == url })
		if i < 0 {
			return nil
		}
		return &list[i]
	}
	add := func(change wsc.Change, url string, before, after *wsc.DiffResult) {
		counts.Add(change, 1)
		if change != "" {
			entries = append(entries, wsc.DiffEntry{NormalizedURL: url, Change: change, Before: before, After: after})
		}
	}
	for _, now := range later {
		if now.NormalizedURL == "" {
			continue
		}
		before, up := find(earlier, now.NormalizedURL), now.Status == wsc.StatusActive
		switch {
		case before == nil && up:
			add(wsc.ChangeAdded, now.NormalizedURL, nil, shown(now))
		case before == nil:
			add(wsc.ChangeNew, now.NormalizedURL, nil, shown(now))
		case !up && before.Status == wsc.StatusActive:
			add(wsc.ChangeNew, now.NormalizedURL, shown(*before), shown(now))
		case !up:
			add(wsc.ChangeStillBroken, now.NormalizedURL, shown(*before), shown(now))
		case before.Status != wsc.StatusActive:
			add(wsc.ChangeFixed, now.NormalizedURL, shown(*before), shown(now))
		case before.HTTPStatus != now.HTTPStatus || before.FinalURL != now.FinalURL:
			add(wsc.ChangeChanged, now.NormalizedURL, shown(*before), shown(now))
		default:
			add("", now.NormalizedURL, shown(*before), shown(now))
		}
	}
	for _, before := range earlier {
		if before.NormalizedURL != "" && find(later, before.NormalizedURL) == nil {
			add(wsc.ChangeRemoved, before.NormalizedURL, shown(before), nil)
		}
	}
	return counts, entries
}

// allDiff reads all pages of a comparison.
func allDiff(t *testing.T, store Store, later, earlier string, filter wsc.DiffFilter) []wsc.DiffEntry {
	t.Helper()
	var all []wsc.DiffEntry
	for {
		page, err := store.Diff(t.Context(), later, earlier, filter)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), filter.Limit)
		all = append(all, page...)
		if len(page) < filter.Limit {
			return all
		}
		filter.After = new(wsc.DiffCursorOf(&page[len(page)-1]))
	}
}

func testDiff(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	// Every outcome before with every outcome after, and the jobs in orders of their own.
	var before, after []diffOutcome
	for i := range everyOutcome("") {
		for j := range everyOutcome("") {
			name := fmt.Sprintf("host%d-%d.example", i, j)
			if earlier := everyOutcome(name)[i]; earlier.name != "" {
				before = append(before, earlier)
			}
			if later := everyOutcome(name)[j]; later.name != "" {
				after = append(after, later)
			}
		}
	}
	slices.Reverse(before)
	earlierResults, laterResults := diffResults(before), diffResults(after)
	earlier, later, other := createJob(t, store).ID, createJob(t, store).ID, createJob(t, store).ID
	insert(t, store, earlier, earlierResults)
	insert(t, store, later, laterResults)
	insert(t, store, other, diffResults(everyOutcome("host0-0.example")[:1]))
	counts, entries := naiveDiff(laterResults, earlierResults)
	require.Equal(t, wsc.DiffCounts{New: 12, Fixed: 9, StillBroken: 9, Changed: 6, Added: 3, Removed: 6, Same: 3}, counts)

	t.Run("every change is counted", func(t *testing.T) {
		got, err := store.DiffCounts(t.Context(), later, earlier)
		require.NoError(t, err)
		require.Equal(t, counts, got)
		back, _ := naiveDiff(earlierResults, laterResults)
		got, err = store.DiffCounts(t.Context(), earlier, later)
		require.NoError(t, err)
		require.Equal(t, back, got)
	})
	for _, limit := range []int{1, 7, 45, 46, 1000} {
		t.Run(fmt.Sprintf("pages of %d hold every change once, in order", limit), func(t *testing.T) {
			require.Equal(t, entries, allDiff(t, store, later, earlier, wsc.DiffFilter{Limit: limit}))
		})
	}
	for _, changes := range [][]wsc.Change{
		{wsc.ChangeNew}, {wsc.ChangeStillBroken}, {wsc.ChangeFixed}, {wsc.ChangeChanged}, {wsc.ChangeAdded}, {wsc.ChangeRemoved},
		{wsc.ChangeRemoved, wsc.ChangeNew}, {wsc.ChangeFixed, wsc.ChangeAdded, wsc.ChangeChanged},
	} {
		t.Run(fmt.Sprint("only ", changes), func(t *testing.T) {
			var want []wsc.DiffEntry
			for _, entry := range entries {
				if slices.Contains(changes, entry.Change) {
					want = append(want, entry)
				}
			}
			require.NotEmpty(t, want)
			require.Equal(t, want, allDiff(t, store, later, earlier, wsc.DiffFilter{Changes: changes, Limit: 4}))
		})
	}
	t.Run("a job with nothing in it", func(t *testing.T) {
		empty := createJob(t, store).ID
		urls := int64(len(before))
		got, err := store.DiffCounts(t.Context(), empty, earlier)
		require.NoError(t, err)
		require.Equal(t, wsc.DiffCounts{Removed: urls}, got)
		require.Len(t, allDiff(t, store, empty, earlier, wsc.DiffFilter{Limit: 10}), len(before))
		got, err = store.DiffCounts(t.Context(), earlier, empty)
		require.NoError(t, err)
		require.Equal(t, urls, got.Added+got.New)
		got, err = store.DiffCounts(t.Context(), empty, empty)
		require.NoError(t, err)
		require.Zero(t, got)
	})
	t.Run("both jobs must be there, and the change one of the list", func(t *testing.T) {
		for _, pair := range [][2]string{{later, newID(t)}, {newID(t), later}, {later, "'; --"}} {
			_, err := store.DiffCounts(t.Context(), pair[0], pair[1])
			requireCode(t, wsc.CodeNotFound, err)
			_, err = store.Diff(t.Context(), pair[0], pair[1], wsc.DiffFilter{Limit: 1})
			requireCode(t, wsc.CodeNotFound, err)
		}
		_, err := store.Diff(t.Context(), later, earlier, wsc.DiffFilter{Changes: []wsc.Change{"'; --"}, Limit: 1})
		requireCode(t, wsc.CodeInvalidRequest, err)
	})
	t.Run("a comparison goes on while results come in", func(t *testing.T) {
		running := createJob(t, store).ID
		for first := 0; first < len(laterResults); first += 10 {
			part := laterResults[first:min(first+10, len(laterResults))]
			insert(t, store, running, part)
			got, err := store.DiffCounts(t.Context(), running, earlier)
			require.NoError(t, err)
			want, _ := naiveDiff(laterResults[:first+len(part)], earlierResults)
			require.Equal(t, want, got)
		}
	})
}
