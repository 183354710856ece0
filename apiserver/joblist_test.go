package apiserver_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestListJobsInEveryOrderForthAndBack(t *testing.T) {
	b := newBundle(t)
	for _, name := range []string{"b.txt", "A.txt", "c.txt", "D.txt", "e.txt"} {
		b.submit(t, name, "example.com\n")
	}
	page := func(query string) (page wsc.JobPage, names string) {
		b.get(t, "/api/v1/jobs?limit=2&"+query).decode(t, &page)
		for _, job := range page.Jobs {
			names += job.Filename[:1]
		}
		return page, names
	}
	for sort, want := range map[string][]string{
		"": {"eD", "cA", "b"}, "-created_at": {"eD", "cA", "b"}, "created_at": {"bA", "cD", "e"}, "filename": {"Ab", "cD", "e"}, "-filename": {"eD", "cb", "A"},
	} {
		query := ""
		if sort != "" {
			query = "sort=" + sort + "&"
		}
		first, names := page(query)
		require.Equal(t, want[0], names, sort)
		require.Empty(t, first.PrevCursor, sort)
		second, names := page(query + "cursor=" + first.NextCursor)
		require.Equal(t, want[1], names, sort)
		third, names := page(query + "cursor=" + second.NextCursor)
		require.Equal(t, want[2], names, sort)
		require.Empty(t, third.NextCursor, sort)
		back, names := page(query + "cursor=" + third.PrevCursor)
		require.Equal(t, want[1], names, sort)
		require.NotEmpty(t, back.NextCursor, sort)
		start, names := page(query + "cursor=" + back.PrevCursor)
		require.Equal(t, want[0], names, sort)
		require.Empty(t, start.PrevCursor, sort)
	}
	first, _ := page("sort=filename")
	require.Equal(t, wsc.CodeInvalidCursor, b.get(t, "/api/v1/jobs?cursor="+first.NextCursor).problem(t).Code, "a cursor of another order")
	require.Equal(t, http.StatusUnprocessableEntity, b.get(t, "/api/v1/jobs?sort=owner").status)
}

func TestListJobsByID(t *testing.T) {
	b := newBundle(t)
	one, other := b.submit(t, "a.txt", "example.com\n"), b.submit(t, "b.txt", "example.com\n")
	b.submit(t, "c.txt", "example.com\n")
	var page wsc.JobPage
	b.get(t, "/api/v1/jobs?id="+one.ID+"&id="+other.ID+"&id=nonsense").decode(t, &page)
	require.Len(t, page.Jobs, 2)
	page = wsc.JobPage{}
	b.get(t, "/api/v1/jobs?id=nonsense").decode(t, &page)
	require.Empty(t, page.Jobs)
}

func TestListJobsOfAKey(t *testing.T) {
	b := newBundle(t)
	one, other := b.newKey(t, "one"), b.newKey(t, "other")
	job := b.submitAs(t, one.Secret, "a.txt")
	b.submitAs(t, other.Secret, "b.txt")
	found := b.listAs(t, adminKey, "?key_id="+one.ID)
	require.Len(t, found.Jobs, 1)
	require.Equal(t, job.ID, found.Jobs[0].ID)
	require.Len(t, b.listAs(t, one.Secret, "?key_id="+one.ID).Jobs, 1)
	require.Empty(t, b.listAs(t, other.Secret, "?key_id="+one.ID).Jobs, "the jobs of another key are nobody's")
}
