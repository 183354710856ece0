package apiserver

import (
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestTheComparisonUsedLongestAgoIsForgotten(t *testing.T) {
	cache := newDiffCache(2)
	key := func(later string) comparedJobs { return comparedJobs{later: later, earlier: "e", laterResults: 1} }
	for n, later := range []string{"a", "b"} {
		cache.put(key(later), wsc.DiffCounts{New: int64(n + 1)})
	}
	counts, found := cache.get(key("a"))
	require.True(t, found)
	require.EqualValues(t, 1, counts.New)
	cache.put(key("c"), wsc.DiffCounts{New: 3})
	cache.put(key("c"), wsc.DiffCounts{New: 3})
	_, found = cache.get(key("b"))
	require.False(t, found)
	for _, later := range []string{"a", "c"} {
		_, found = cache.get(key(later))
		require.True(t, found, later)
	}
	_, found = cache.get(comparedJobs{later: "a", earlier: "e", laterResults: 2})
	require.False(t, found, "the job has another result")
	require.Len(t, cache.byKey, 2)
}
