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
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/apitest"
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

func TestWatchComesBackWhenTheServerSaysSo(t *testing.T) {
	for _, test := range []struct {
		name       string
		status     int
		code       wsc.Code
		retryAfter string
		patience   time.Duration
		comesBack  bool
	}{
		{"limited for less than its patience", 429, wsc.CodeRateLimited, "90", 2 * time.Minute, true},
		{"unavailable for less than its patience", 503, wsc.CodeStorageUnavailable, "90", 2 * time.Minute, true},
		{"limited for longer than its patience", 429, wsc.CodeRateLimited, "90", time.Minute, false},
		{"too many streams for longer than its patience", 429, wsc.CodeQuotaExceeded, "3600", time.Minute, false},
		{"limited without saying how long", 429, wsc.CodeRateLimited, "", time.Minute, true},
		{"a key that was revoked", 401, wsc.CodeUnauthorized, "", time.Minute, false},
		{"a key that lost its scope", 403, wsc.CodeInsufficientScope, "", time.Minute, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAPI(t)
			var connection atomic.Int64
			a.mux.HandleFunc(eventsPath, func(w http.ResponseWriter, _ *http.Request) {
				if connection.Add(1) == 1 {
					w.Header().Set("Content-Type", "text/event-stream")
					return
				}
				w.Header().Set("Retry-After", test.retryAfter)
				answer(t, w, test.status, wsc.Problem{Code: test.code, Detail: "Not now."})
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var waits []time.Duration
			c := a.client(t, client.WithReconnectDelays(time.Millisecond, time.Millisecond, test.patience),
				client.WithReconnectNotice(func(err error, wait time.Duration) {
					if wsc.CodeOf(err) == test.code {
						waits = append(waits, wait)
						cancel() // that it would wait is enough
					}
				}))
			_, err := watchCounts(ctx, c)
			require.Len(t, a.asked(), 2)
			if !test.comesBack {
				require.Equal(t, test.code, wsc.CodeOf(err))
				require.Empty(t, waits)
				return
			}
			require.ErrorIs(t, err, context.Canceled)
			require.Len(t, waits, 1)
			want := time.Duration(0)
			if test.retryAfter != "" {
				want = 90 * time.Second
			}
			require.Greater(t, waits[0], want, "not all clients at the same moment")
			require.Less(t, waits[0], want+time.Second)
		})
	}
}

func TestWatchEndsWhenItsKeyIsRevoked(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{PollInterval: 10 * time.Millisecond, PingInterval: 10 * time.Millisecond})
	admin := realClient(t, server, apitest.AdminKey)
	key := server.CreateKey(t, wsc.KeyRequest{})
	c := realClient(t, server, key.Secret, quickly()...)
	job, err := c.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{"example.com"}})
	require.NoError(t, err)

	err = c.Watch(t.Context(), job.ID, func(wsc.Progress) error { return admin.RevokeKey(t.Context(), key.ID) })
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err), "%v", err)
	_, err = admin.Job(t.Context(), job.ID)
	require.NoError(t, err, "the jobs of a revoked key stay")
}
