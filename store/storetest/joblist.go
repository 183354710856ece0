package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testJobList(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	var jobs []*wsc.Job
	names := []string{"Leads 100%.csv", "leads_a.xlsx", "shop.txt", `back\slash.csv`, "MÜNCHEN.csv"}
	for i := range 25 {
		jobs = append(jobs, createJob(t, store, func(j *wsc.Job) {
			j.Owner = fmt.Sprintf("owner%d", i%2)
			j.Filename = names[i%len(names)]
			j.CreatedAt = someTime().Add(time.Duration(i/3) * time.Second) // three at a time are equally old
			j.UpdatedAt = j.CreatedAt
		}))
	}
	for _, job := range jobs[:4] {
		require.NoError(t, store.StartJob(t.Context(), job.ID, someTime()))
	}
	newest := slices.Clone(jobs)
	slices.SortFunc(newest, func(a, b *wsc.Job) int {
		if order := b.CreatedAt.Compare(a.CreatedAt); order != 0 {
			return order
		}
		return strings.Compare(b.ID, a.ID)
	})

	tests := []struct {
		name   string
		filter wsc.JobFilter
		want   func(*wsc.Job) bool
	}{
		{"all", wsc.JobFilter{}, func(*wsc.Job) bool { return true }},
		{"of one owner", wsc.JobFilter{Owner: "owner1"}, func(j *wsc.Job) bool { return j.Owner == "owner1" }},
		{"with a status", wsc.JobFilter{Statuses: []wsc.JobStatus{wsc.JobProcessing}}, func(j *wsc.Job) bool { return slices.Contains(jobs[:4], j) }},
		{"with one of two statuses", wsc.JobFilter{Statuses: []wsc.JobStatus{wsc.JobProcessing, wsc.JobPending}}, func(*wsc.Job) bool { return true }},
		{"by name, ignoring case", wsc.JobFilter{Query: "LEADS"}, named("Leads 100%.csv", "leads_a.xlsx")},
		{"by name, case of other letters", wsc.JobFilter{Query: "münchen"}, named("MÜNCHEN.csv")},
		{"percent is no wildcard", wsc.JobFilter{Query: "%"}, named("Leads 100%.csv")},
		{"underscore is no wildcard", wsc.JobFilter{Query: "_"}, named("leads_a.xlsx")},
		{"backslash is a backslash", wsc.JobFilter{Query: `\`}, named(`back\slash.csv`)},
		{"nothing fits", wsc.JobFilter{Owner: "nobody"}, named()},
		{"owner and status and name", wsc.JobFilter{Owner: "owner0", Statuses: []wsc.JobStatus{wsc.JobPending}, Query: "shop"}, func(j *wsc.Job) bool {
			return j.Owner == "owner0" && !slices.Contains(jobs[:4], j) && j.Filename == "shop.txt"
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var want []string
			for _, job := range newest {
				if test.want(job) {
					want = append(want, job.ID)
				}
			}
			for _, limit := range []int{1, 4, 100} {
				require.Equal(t, want, pagedJobs(t, store, test.filter, limit), "limit %d", limit)
			}
		})
	}

	testJobSorts(t, store)

	t.Run("a cursor that is no id is refused", func(t *testing.T) {
		_, err := store.Jobs(t.Context(), wsc.JobFilter{Limit: 1, After: &wsc.JobCursor{CreatedAt: someTime(), ID: "x'"}})
		requireCode(t, wsc.CodeInvalidCursor, err)
	})

	t.Run("pending jobs come oldest first", func(t *testing.T) {
		before := someTime().Add(4 * time.Second)
		found, err := store.PendingJobs(t.Context(), before, 5)
		require.NoError(t, err)
		require.Len(t, found, 5)
		for i, job := range found {
			require.Equal(t, wsc.JobPending, job.Status)
			require.True(t, job.CreatedAt.Before(before))
			require.True(t, i == 0 || !job.CreatedAt.Before(found[i-1].CreatedAt))
		}
		found, err = store.PendingJobs(t.Context(), before, 100)
		require.NoError(t, err)
		require.Len(t, found, 12-4)
	})

	t.Run("expired jobs come with the longest expired first", func(t *testing.T) {
		for n, name := range []string{newest[0].ID, newest[1].ID, newest[2].ID} {
			finish := wsc.JobFinish{Status: wsc.JobCancelled, FinishedAt: someTime(), ExpiresAt: someTime().Add(-time.Duration(n) * time.Hour)}
			require.NoError(t, store.FinishJob(t.Context(), name, finish))
		}
		found, err := store.ExpiredJobs(t.Context(), someTime(), 100)
		require.NoError(t, err)
		require.Equal(t, []string{newest[2].ID, newest[1].ID}, []string{found[0].ID, found[1].ID})
		require.Len(t, found, 2, "a job that expires at that very time is not expired before it")
		found, err = store.ExpiredJobs(t.Context(), someTime(), 1)
		require.NoError(t, err)
		require.Len(t, found, 1)
	})
}

func named(names ...string) func(*wsc.Job) bool {
	return func(j *wsc.Job) bool { return slices.Contains(names, j.Filename) }
}

// pagedJobs reads all pages and returns the ids.
func pagedJobs(t *testing.T, store Store, filter wsc.JobFilter, limit int) []string {
	t.Helper()
	var ids []string
	filter.Limit = limit
	for {
		page, err := store.Jobs(t.Context(), filter)
		require.NoError(t, err)
		require.LessOrEqual(t, len(page), limit)
		if len(page) == 0 {
			return ids
		}
		for _, job := range page {
			ids = append(ids, job.ID)
		}
		last := page[len(page)-1]
		cursor := wsc.JobCursorOf(&last, filter.Sort)
		filter.After = &cursor
	}
}

// testJobSorts reads the jobs of the store in every order, forth and back.
func testJobSorts(t *testing.T, store Store) {
	t.Helper()
	all, err := store.Jobs(t.Context(), wsc.JobFilter{Limit: 100})
	require.NoError(t, err)
	for i := range all {
		all[i].TotalURLs = int64(i % 4 * 1000)
		require.NoError(t, store.SetJobTotals(t.Context(), all[i].ID, wsc.JobTotals{TotalURLs: all[i].TotalURLs}))
	}
	// Upper case comes before lower case for computers, but not for people.
	lower := func(j *wsc.Job) string {
		return strings.Map(func(r rune) rune {
			if r >= 'A' && r <= 'Z' {
				return r + 'a' - 'A'
			}
			return r
		}, j.Filename)
	}
	compare := map[string]func(a, b *wsc.Job) int{
		"created_at": func(a, b *wsc.Job) int { return a.CreatedAt.Compare(b.CreatedAt) },
		"filename":   func(a, b *wsc.Job) int { return strings.Compare(lower(a), lower(b)) },
		"total_urls": func(a, b *wsc.Job) int { return cmp.Compare(a.TotalURLs, b.TotalURLs) },
	}
	for _, sort := range append(wsc.JobSorts(), "") {
		t.Run("sorted by "+string(sort), func(t *testing.T) {
			key, desc, err := sort.Key()
			require.NoError(t, err)
			sorted := slices.Clone(all)
			slices.SortFunc(sorted, func(a, b wsc.Job) int {
				order := cmp.Or(compare[key](&a, &b), strings.Compare(a.ID, b.ID))
				if desc {
					return -order
				}
				return order
			})
			var want []string
			for _, job := range sorted {
				want = append(want, job.ID)
			}
			for _, limit := range []int{1, 4, 100} {
				require.Equal(t, want, pagedJobs(t, store, wsc.JobFilter{Sort: sort}, limit), "limit %d", limit)
			}
			for at, limit := range map[int]int{0: 3, 1: 3, 7: 3, 24: 100} {
				cursor := wsc.JobCursorOf(&sorted[at], sort)
				before, err := store.Jobs(t.Context(), wsc.JobFilter{Sort: sort, Limit: limit, After: &cursor, Back: true})
				require.NoError(t, err)
				var got []string
				for _, job := range before {
					got = append(got, job.ID)
				}
				require.Equal(t, slices.Clone(want[max(at-limit, 0):at]), append([]string{}, got...), "before %d", at)
			}
		})
	}
	t.Run("an order that does not exist is refused", func(t *testing.T) {
		_, err := store.Jobs(t.Context(), wsc.JobFilter{Sort: "id; DROP TABLE jobs", Limit: 1})
		requireCode(t, wsc.CodeInvalidRequest, err)
	})
	t.Run("by id", func(t *testing.T) {
		found, err := store.Jobs(t.Context(), wsc.JobFilter{IDs: []string{all[3].ID, "x'", all[5].ID}, Limit: 10})
		require.NoError(t, err)
		require.Len(t, found, 2)
		require.Equal(t, []string{all[3].ID, all[5].ID}, []string{found[0].ID, found[1].ID})
		found, err = store.Jobs(t.Context(), wsc.JobFilter{IDs: []string{all[3].ID}, Owner: "nobody", Limit: 10})
		require.NoError(t, err)
		require.Empty(t, found, "the owner counts too")
	})
}
