package web

import (
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// filled is the view of a page of results, the job of which has 1,000.
func filled(query string, status wsc.JobStatus, page wsc.ResultPage) *resultsView {
	values, _ := url.ParseQuery(query)
	job := &wsc.Job{ID: "1", Status: status, JobCounts: wsc.JobCounts{ProcessedURLs: 1000, ActiveCount: 900, InactiveCount: 60, ErrorCount: 40}}
	v := &resultsView{Job: job, query: parseResultsQuery(values), page: "/jobs/1/results", fragment: "/jobs/1/results"}
	v.fill(&page)
	return v
}

func threeResults() []wsc.Result { return []wsc.Result{{Seq: 5}, {Seq: 6}, {Seq: 7}} }

func TestAPageOfTheMiddleLeadsBothWays(t *testing.T) {
	t.Parallel()
	v := filled("cursor=c&at=100", wsc.JobCompleted, wsc.ResultPage{Results: threeResults(), PrevCursor: "p", NextCursor: "n"})
	require.Equal(t, "/jobs/1/results?at=0&cursor=p", v.Previous().Href)
	require.Equal(t, "/jobs/1/results?at=103&cursor=n", v.Next().Href)
	require.Equal(t, "/jobs/1/results", v.Beginning().Href)
	require.Equal(t, "/jobs/1/results?back=1", v.Ending().Href)
	require.EqualValues(t, 101, v.First)
	require.EqualValues(t, 103, v.Last())
	require.False(t, v.FromTheTop())
}

func TestAPageFromTheEndLeadsBothWaysAndStandsInOrder(t *testing.T) {
	t.Parallel()
	v := filled("back=1&cursor=c&sort=url", wsc.JobCompleted, wsc.ResultPage{Results: threeResults(), PrevCursor: "p", NextCursor: "n"})
	require.EqualValues(t, 7, v.Rows[0].Seq)
	require.Equal(t, "/jobs/1/results?back=1&cursor=n&sort=url", v.Previous().Href, "the reverse order goes on towards the begin")
	require.Equal(t, "/jobs/1/results?back=1&cursor=p&sort=url", v.Next().Href)
	require.Equal(t, "/jobs/1/results?sort=url", v.Beginning().Href)
	require.Equal(t, "/jobs/1/results?back=1&sort=url", v.Ending().Href)
	require.Zero(t, v.First, "how many stand before is not known")

	last := filled("back=1", wsc.JobCompleted, wsc.ResultPage{Results: threeResults(), NextCursor: "n"})
	require.EqualValues(t, 998, last.First, "the last page ends with the last result")
	require.Nil(t, last.Ending())
	require.Nil(t, last.Next())
}

func TestWithoutAWayBackTheFirstPageCanBeReached(t *testing.T) {
	t.Parallel()
	v := filled("cursor=c", wsc.JobCompleted, wsc.ResultPage{Results: threeResults()})
	require.Nil(t, v.Previous())
	require.NotNil(t, v.Beginning())
	require.Nil(t, v.Ending(), "this is the last page")
}

func TestHowManyMatch(t *testing.T) {
	t.Parallel()
	more := wsc.ResultPage{Results: threeResults(), NextCursor: "n"}
	total := func(query string, page wsc.ResultPage) int64 {
		if known := filled(query, wsc.JobCompleted, page).Total; known != nil {
			return *known
		}
		return -1
	}
	require.EqualValues(t, 1000, total("", more))
	require.EqualValues(t, 1000, total("sort=-url&limit=50", more))
	require.EqualValues(t, 100, total("status=inactive,error", more))
	require.EqualValues(t, -1, total("status=error&q=x", more), "nobody counted them")
	require.EqualValues(t, 3, total("q=x", wsc.ResultPage{Results: threeResults()}), "all are on the page")
	more.Matching = new(int64(77))
	require.EqualValues(t, 77, total("q=x", more))
}

func TestPositionsAreToldOnceTheyStand(t *testing.T) {
	t.Parallel()
	page := wsc.ResultPage{Results: threeResults(), NextCursor: "n"}
	require.EqualValues(t, 1, filled("", wsc.JobProcessing, page).First)
	require.Zero(t, filled("cursor=c&at=100", wsc.JobProcessing, page).First, "results come before those of the page")
	require.EqualValues(t, 101, filled("cursor=c&at=100", wsc.JobCompleted, page).First)
	require.Zero(t, filled("cursor=c&at=-5", wsc.JobCompleted, page).First)
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain ünïcode 网站 👩\u200d💻": "plain ünïcode 网站 👩\u200d💻",
		"a\x00\x1b[0m\x7f":          "a␀␛[0m␡",
		"\u202eabc\u2066\u200b":     "⟨U+202E⟩abc⟨U+2066⟩⟨U+200B⟩",
		"\u0085\u2028\ufeff":        "⟨U+0085⟩⟨U+2028⟩⟨U+FEFF⟩",
		"a\xffb\x1b":                "a\ufffdb␛",
		"line\nbreak\ttab":          "line␊break␉tab",
	} {
		require.Equal(t, want, visible(text))
	}
	require.Equal(t, "üüü…", shortened("üüüü", 3))
	require.Equal(t, "üüü", shortened("üüü", 3))
}

func TestOnlyWebAddressesAreLinks(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://a.example/x?y=1", webLink("https://a.example/x?y=1"))
	require.Equal(t, "http://a.example:8080/", webLink("http://a.example:8080/"))
	for _, text := range []string{"", "a.example", "javascript:alert(1)", "data:text/html,x", "//a.example/", "http:", "http:///x", "http://a\x1bb/", "ftp://a.example/", " http://a.example/", "http:a"} {
		require.Empty(t, webLink(text), text)
	}
}
