package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

const eventsPath = "GET /api/v1/jobs/1/events"

// serveStreams answers the n-th connection with the n-th text, as it is, and every later one with the last.
func serveStreams(a *api, texts ...string) {
	var connection atomic.Int64
	a.mux.HandleFunc(eventsPath, func(w http.ResponseWriter, _ *http.Request) {
		n := min(int(connection.Add(1)), len(texts))
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		_, _ = fmt.Fprint(w, texts[n-1])
	})
}

func quickly(notices ...func(error, time.Duration)) []client.Option {
	options := []client.Option{client.WithReconnectDelays(time.Millisecond, 5*time.Millisecond, time.Minute)}
	for _, notice := range notices {
		options = append(options, client.WithReconnectNotice(notice))
	}
	return options
}

func watchCounts(ctx context.Context, c *client.Client) ([]int64, error) {
	var counts []int64
	err := c.Watch(ctx, "1", func(p wsc.Progress) error {
		counts = append(counts, p.ProcessedURLs)
		return nil
	})
	return counts, err
}

func TestWatchReadsEveryFormOfEvent(t *testing.T) {
	a := newAPI(t)
	serveStreams(a, ": welcome\n\n"+
		"retry: 1\n\n"+
		"event: progress\r\nid: 1\r\ndata: {\"processed_urls\":\r\ndata:1}\r\n\r\n"+
		": ping\n\n"+
		"event: ping\ndata: {}\n\n"+
		"event: weather\ndata: sunny\n\n"+
		"data: {\"processed_urls\":99}\n\n"+
		"unknown: field\nevent:progress\ndata:{\"processed_urls\":2}\n\n"+
		"event: done\ndata: {\"processed_urls\":3,\"error_message\":\""+strings.Repeat("x", 10_000)+"\"}\n\n")
	counts, err := watchCounts(t.Context(), a.client(t))
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2, 3}, counts)
}

func TestWatchConnectsAgainAndSaysWhereItWas(t *testing.T) {
	a := newAPI(t)
	serveStreams(a,
		"id: 7\nevent: progress\ndata: {\"processed_urls\":1}\n\n",
		"",
		"event: progress\ndata: {\"processed_ur",
		"id: 8\nevent: done\ndata: {\"processed_urls\":2}\n\n")
	notices := 0
	counts, err := watchCounts(t.Context(), a.client(t, quickly(func(err error, _ time.Duration) {
		notices++
		require.Error(t, err)
	})...))
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, counts)
	require.Equal(t, 3, notices)
	asked := a.asked()
	require.Empty(t, asked[0].Header.Get("Last-Event-ID"))
	for _, request := range asked[1:] {
		require.Equal(t, "7", request.Header.Get("Last-Event-ID"))
	}
}

func TestWatchSurvivesAServerThatIsUnavailableForAWhile(t *testing.T) {
	a := newAPI(t)
	var connection atomic.Int64
	a.mux.HandleFunc(eventsPath, func(w http.ResponseWriter, _ *http.Request) {
		switch connection.Add(1) {
		case 2, 3:
			answer(t, w, 503, wsc.Problem{Code: wsc.CodeStorageUnavailable, Detail: "Come back later."})
		case 4:
			panic(http.ErrAbortHandler)
		case 1:
			w.Header().Set("Content-Type", "text/event-stream")
		default:
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprint(w, "event: done\ndata: {\"processed_urls\":2}\n\n")
		}
	})
	counts, err := watchCounts(t.Context(), a.client(t, quickly()...))
	require.NoError(t, err)
	require.Equal(t, []int64{2}, counts)
}

func TestWatchEndsAtOnceWhenNothingWouldHelp(t *testing.T) {
	for name, test := range map[string]struct {
		handler http.HandlerFunc
		want    string
	}{
		"unknown job": {func(w http.ResponseWriter, _ *http.Request) {
			answer(t, w, 404, wsc.Problem{Code: wsc.CodeNotFound, Detail: "There is no job 1."})
		}, "There is no job 1."},
		"first connection refused": {func(w http.ResponseWriter, _ *http.Request) {
			answer(t, w, 503, wsc.Problem{Code: wsc.CodeStorageUnavailable, Detail: "Come back later."})
		}, "Come back later."},
		"no event stream": {func(w http.ResponseWriter, _ *http.Request) { answer(t, w, 200, wsc.Job{}) }, "no event stream"},
		"an event that is no JSON": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprint(w, "event: progress\ndata: <html>\n\n")
		}, "reading an event"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			a.mux.HandleFunc(eventsPath, test.handler)
			_, err := watchCounts(t.Context(), a.client(t, quickly()...))
			require.ErrorContains(t, err, test.want)
			require.Len(t, a.asked(), 1)
		})
	}
}

func TestWatchBoundsTheSizeOfAnEvent(t *testing.T) {
	a := newAPI(t)
	serveStreams(a, "event: progress\ndata: "+strings.Repeat("x", 2<<20), strings.Repeat("data: x\n", 1<<18), "event: done\ndata: {}\n\n")
	var causes []string
	_, err := watchCounts(t.Context(), a.client(t, quickly(func(err error, _ time.Duration) { causes = append(causes, err.Error()) })...))
	require.NoError(t, err)
	require.Len(t, causes, 2)
	for _, cause := range causes {
		require.Contains(t, cause, "an event is longer")
	}
}

func TestWatchEndsWithItsContextAndWithItsCallback(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc(eventsPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = fmt.Fprint(w, "event: progress\ndata: {}\n\n")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	err := a.client(t, quickly()...).Watch(ctx, "1", func(wsc.Progress) error { cancel(); return nil })
	require.ErrorIs(t, err, context.Canceled)

	enough := errors.New("enough")
	err = a.client(t, quickly()...).Watch(t.Context(), "1", func(wsc.Progress) error { return enough })
	require.ErrorIs(t, err, enough)
}

func TestWatchGivesUpWhenItsPatienceIsOver(t *testing.T) {
	a := newAPI(t)
	serveStreams(a, "event: progress\ndata: {}\n\n", "")
	c := a.client(t, client.WithReconnectDelays(time.Millisecond, time.Millisecond, 30*time.Millisecond))
	_, err := watchCounts(t.Context(), c)
	require.ErrorContains(t, err, "no news for 30ms")
}

func TestWatchLeavesASilentConnection(t *testing.T) {
	a := newAPI(t)
	var connection atomic.Int64
	a.mux.HandleFunc(eventsPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		if connection.Add(1) > 1 {
			_, _ = fmt.Fprint(w, "event: done\ndata: {\"processed_urls\":1}\n\n")
			return
		}
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	var cause string
	options := append(quickly(func(err error, _ time.Duration) { cause = err.Error() }), client.WithMaxSilence(50*time.Millisecond))
	counts, err := watchCounts(t.Context(), a.client(t, options...))
	require.NoError(t, err)
	require.Equal(t, []int64{1}, counts)
	require.Contains(t, cause, "silent for 50ms")
}
