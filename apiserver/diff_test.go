package apiserver_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
)

// diffStore counts how often two jobs are counted against each other.
type diffStore struct {
	apiserver.Store
	counted *atomic.Int64
}

func (d diffStore) DiffCounts(ctx context.Context, later, earlier string) (wsc.DiffCounts, error) {
	d.counted.Add(1)
	return d.Store.DiffCounts(ctx, later, earlier)
}

// compared is a job with these results, ended or not.
func (b *bundle) compared(t *testing.T, end bool, results ...wsc.Result) string {
	t.Helper()
	job := b.submit(t, "l.txt", "example.com\n")
	b.begin(t, job.ID, int64(len(results)))
	b.results(t, job.ID, results...)
	if end {
		b.finish(t, job.ID)
	}
	return job.ID
}

func TestDiff(t *testing.T) {
	var counted atomic.Int64
	b := newBundle(t, func(s *setup) { s.api.Store = diffStore{s.api.Store, &counted} })
	earlier := b.compared(t, true, someResult(0, "a.example", wsc.StatusInactive), someResult(1, "b.example", wsc.StatusActive), someResult(2, "c.example", wsc.StatusActive), someResult(3, "d.example", wsc.StatusError))
	later := b.compared(t, true, someResult(0, "d.example", wsc.StatusError), someResult(1, "a.example", wsc.StatusActive), someResult(2, "b.example", wsc.StatusActive), someResult(3, "e.example", wsc.StatusError))
	path := "/api/v1/jobs/" + later + "/diff?with=" + earlier

	var diff wsc.Diff
	b.get(t, path).decode(t, &diff)
	require.Equal(t, earlier, diff.Earlier)
	require.Equal(t, later, diff.Later)
	require.Equal(t, wsc.DiffCounts{New: 1, StillBroken: 1, Fixed: 1, Removed: 1, Same: 1}, diff.Counts)
	require.Empty(t, diff.NextCursor)
	var shown []string
	for _, entry := range diff.Entries {
		shown = append(shown, string(entry.Change)+" "+entry.NormalizedURL)
	}
	require.Equal(t, []string{
		"still_broken https://d.example/", "fixed https://a.example/", "new https://e.example/", "removed https://c.example/",
	}, shown)
	require.Equal(t, wsc.StatusInactive, diff.Entries[1].Before.Status)
	require.Equal(t, 200, diff.Entries[1].After.HTTPStatus)
	require.Nil(t, diff.Entries[2].Before)
	require.Nil(t, diff.Entries[3].After)

	var paged []wsc.DiffEntry
	cursor := ""
	for {
		var page wsc.Diff
		b.get(t, path+"&limit=1&cursor="+cursor).decode(t, &page)
		require.Equal(t, diff.Counts, page.Counts)
		paged = append(paged, page.Entries...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, diff.Entries, paged)
	var some wsc.Diff
	b.get(t, path+"&change=removed,fixed").decode(t, &some)
	require.Equal(t, []wsc.DiffEntry{diff.Entries[1], diff.Entries[3]}, some.Entries)
	require.EqualValues(t, 1, counted.Load(), "finished jobs are counted once")
	require.Contains(t, string(b.get(t, path+"&change=changed").body), `"entries":[]`)

	running := b.compared(t, false, someResult(0, "a.example", wsc.StatusActive))
	for range 2 {
		b.get(t, "/api/v1/jobs/"+running+"/diff?with="+earlier).decode(t, &some)
		require.EqualValues(t, 3, some.Counts.Removed)
	}
	require.EqualValues(t, 3, counted.Load(), "those that run are counted each time")
}

func TestDiffIsRefusedInWords(t *testing.T) {
	b := newBundle(t)
	job, other := b.compared(t, true), b.compared(t, true)
	path := "/api/v1/jobs/" + job + "/diff"
	for query, code := range map[string]wsc.Code{
		"":                                      wsc.CodeInvalidRequest,
		"?with=" + job:                          wsc.CodeInvalidRequest,
		"?with=" + strings.ToUpper(job):         wsc.CodeInvalidRequest,
		"?with=" + unknownID:                    wsc.CodeNotFound,
		"?with=x":                               wsc.CodeNotFound,
		"?with=" + other + "&change=worse":      wsc.CodeInvalidRequest,
		"?with=" + other + "&change=same":       wsc.CodeInvalidRequest,
		"?with=" + other + "&limit=0":           wsc.CodeInvalidRequest,
		"?with=" + other + "&limit=1001":        wsc.CodeInvalidRequest,
		"?with=" + other + "&cursor=x":          wsc.CodeInvalidCursor,
		"?with=" + other + "&cursor=eyJ6IjoxfQ": wsc.CodeInvalidCursor,
	} {
		require.Equal(t, code, b.get(t, path+query).problem(t).Code, query)
	}
	require.Equal(t, http.StatusOK, b.get(t, path+"?with="+other).status)
}
