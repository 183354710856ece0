package e2e

import (
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// startServer starts another API process of the cluster, on an address of its own.
func (c *cluster) startServer() *product {
	c.t.Helper()
	another := newProduct(c.t, nil, nil)
	listen := another.env["WSC_LISTEN"]
	another.env = maps.Clone(c.env)
	another.env["WSC_LISTEN"] = listen
	another.process = start(c.t, another.env, built.wsc, "api")
	eventually(c.t, time.Minute, "the other API is ready", func() bool { return another.client.Ready(c.t.Context()) == nil })
	return another
}

// withKey is a client of the product that uses a key.
func (p *product) withKey(key *wsc.KeyWithSecret) *client.Client {
	p.t.Helper()
	c, err := client.New(p.url, client.WithKey(key.Secret))
	require.NoError(p.t, err)
	p.t.Cleanup(c.Close)
	return c
}

// newKey makes a key for reading and writing without a limit of requests, unless the limit is positive.
func (p *product) newKey(name string, rateLimitHour int64) *wsc.KeyWithSecret {
	p.t.Helper()
	key, err := p.client.CreateKey(p.t.Context(), wsc.KeyRequest{Name: name, RateLimitHour: &rateLimitHour})
	require.NoError(p.t, err)
	return key
}

// awaitRoomInTheHour returns when so much of the current hour (UTC) is left. Quotas count by the hour.
func awaitRoomInTheHour(t *testing.T, room time.Duration) {
	t.Helper()
	now := time.Now()
	left := now.Truncate(time.Hour).Add(time.Hour).Sub(now)
	if left >= room {
		return
	}
	t.Logf("waiting %s for the full hour", left.Round(time.Second))
	select {
	case <-time.After(left + time.Second):
	case <-t.Context().Done():
	}
}

// quotaAnswer is what a client saw of one request that counts against a quota.
type quotaAnswer struct {
	sent, received time.Time
	status         int
	header         http.Header
	problem        wsc.Problem // of an answer that is no success
}

func askMe(t *testing.T, c *http.Client, base, secret string) (quotaAnswer, error) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/api/v1/me", nil)
	if err != nil {
		return quotaAnswer{}, err
	}
	request.Header.Set("X-API-Key", secret)
	a := quotaAnswer{sent: time.Now()}
	response, err := c.Do(request)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	a.received, a.status, a.header = time.Now(), response.StatusCode, response.Header
	return a, json.NewDecoder(response.Body).Decode(&a.problem)
}

var rateLimitHeader = regexp.MustCompile(`^"hour";r=(\d+);t=(\d+)$`)

// requireQuotaHeaders checks what the headers of an answer say about a quota.
func (a quotaAnswer) requireQuotaHeaders(t *testing.T, quota int64) {
	t.Helper()
	require.Equal(t, `"hour";q=`+strconv.FormatInt(quota, 10)+`;w=3600`, a.header.Get("RateLimit-Policy"))
	text := a.header.Get("RateLimit")
	fields := rateLimitHeader.FindStringSubmatch(text)
	require.NotNil(t, fields, "RateLimit: %s", text)
	remaining, err := strconv.ParseInt(fields[1], 10, 64)
	require.NoError(t, err)
	reset, err := strconv.ParseInt(fields[2], 10, 64)
	require.NoError(t, err)
	hourEnds := a.sent.Truncate(time.Hour).Add(time.Hour)
	require.GreaterOrEqual(t, float64(reset), hourEnds.Sub(a.received).Seconds()-1, "RateLimit: %s", text)
	require.LessOrEqual(t, float64(reset), hourEnds.Sub(a.sent).Seconds()+1, "RateLimit: %s", text)
	if a.status == http.StatusOK {
		require.Less(t, remaining, quota, "the request itself is counted")
		require.Empty(t, a.header.Get("Retry-After"))
		return
	}
	require.Equal(t, http.StatusTooManyRequests, a.status)
	require.Equal(t, wsc.CodeRateLimited, a.problem.Code)
	require.Zero(t, remaining)
	require.Equal(t, fields[2], a.header.Get("Retry-After"), "as long as until the hour ends")
}

func TestTwoServersTogetherLetExactlyTheQuotaPass(t *testing.T) {
	const quota, clients = 1000, 20
	first := newCluster(t, nil, 0, nil)
	second := first.startServer()
	key := first.newKey("a busy program", quota)
	awaitRoomInTheHour(t, 30*time.Second)

	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	t.Cleanup(transport.CloseIdleConnections)
	answers := make([][]quotaAnswer, clients)
	errs := make([]error, clients)
	var all sync.WaitGroup
	began := time.Now()
	for n := range clients {
		base := []string{first.url, second.url}[n%2]
		all.Go(func() {
			for refused := 0; refused < 2 && len(answers[n]) < 2*quota; {
				a, err := askMe(t, &http.Client{Transport: transport}, base, key.Secret)
				if err != nil {
					errs[n] = err
					return
				}
				answers[n] = append(answers[n], a)
				if a.status == http.StatusOK {
					continue
				}
				if refused++; refused == 1 {
					// A server asks the database again only after two seconds; the second refusal is to be a new answer.
					<-time.After(2500 * time.Millisecond)
				}
			}
		})
	}
	all.Wait()

	passed, refused := [2]int{}, 0
	for n, own := range answers {
		require.NoError(t, errs[n])
		for _, a := range own {
			a.requireQuotaHeaders(t, quota)
			if a.status == http.StatusOK {
				passed[n%2]++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d clients, quota %d: %d requests passed (%d at one server, %d at the other), %d were refused, in %.1f s",
		clients, quota, passed[0]+passed[1], passed[0], passed[1], refused, time.Since(began).Seconds())
	require.Equal(t, quota, passed[0]+passed[1])
	require.Equal(t, 2*clients, refused)
	require.Positive(t, min(passed[0], passed[1]), "both servers took part")
}

func TestWhatOneServerDoesTheOtherKnows(t *testing.T) {
	first := newCluster(t, nil, 0, nil) // without a worker, jobs stay as they are
	second := first.startServer()
	key := first.newKey("somebody", 0)
	here, there := first.withKey(key), second.withKey(key)
	list := wsc.SubmitRequest{URLs: []string{"https://example.com/"}, Name: "one list"}

	submitted, err := here.SubmitURLs(t.Context(), list)
	require.NoError(t, err)
	seen, err := there.Job(t.Context(), submitted.ID)
	require.NoError(t, err)
	require.Equal(t, submitted.Filename, seen.Filename)

	const repeats = 10
	jobs := make([]*wsc.Job, repeats)
	errs := make([]error, repeats)
	var all sync.WaitGroup
	for n := range repeats {
		all.Go(func() {
			c := []*client.Client{here, there}[n%2]
			jobs[n], errs[n] = c.SubmitURLs(t.Context(), list, client.WithIdempotencyKey("the-same-for-all"))
		})
	}
	all.Wait()
	for n := range repeats {
		require.NoError(t, errs[n])
		require.Equal(t, jobs[0].ID, jobs[n].ID, "one job, whichever server was asked")
	}
	page, err := there.Jobs(t.Context(), client.JobQuery{})
	require.NoError(t, err)
	require.Len(t, page.Jobs, 2)

	watched, ended := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		ended <- there.Watch(t.Context(), submitted.ID, func(wsc.Progress) error {
			select {
			case watched <- struct{}{}:
			default:
			}
			return nil
		})
	}()
	select {
	case <-watched:
	case <-time.After(10 * time.Second):
		t.Fatal("the event stream has no first event")
	}
	_, err = there.Me(t.Context())
	require.NoError(t, err, "the other server knows the key well")
	require.NoError(t, first.client.RevokeKey(t.Context(), key.ID))
	revoked := time.Now()
	_, err = here.Me(t.Context())
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err), "the server that revoked it refuses the key at once")
	eventually(t, 10*time.Second, "the other server refuses the key", func() bool {
		_, err := there.Me(t.Context())
		return wsc.CodeOf(err) == wsc.CodeUnauthorized
	})
	refused := time.Since(revoked)
	select {
	case err := <-ended:
		require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err), "%v", err)
	case <-time.After(30*time.Second - time.Since(revoked)):
		t.Fatal("the event stream of a revoked key goes on")
	}
	t.Logf("after a key was revoked at one server, the other refused it after %.1f s and ended its event stream after %.1f s",
		refused.Seconds(), time.Since(revoked).Seconds())
}
