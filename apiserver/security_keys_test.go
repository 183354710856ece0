package apiserver_test

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/keys"
)

// keyQueries is a store that counts how often a secret is looked up.
type keyQueries struct {
	keys.Store
	count atomic.Int64
}

func (k *keyQueries) KeyByHash(ctx context.Context, hash []byte) (*wsc.Key, error) {
	k.count.Add(1)
	return k.Store.KeyByHash(ctx, hash)
}

// movedClock is a time that a test moves on.
type movedClock struct{ offset atomic.Int64 }

func (c *movedClock) now() time.Time { return time.Now().Add(time.Duration(c.offset.Load())) }

func (c *movedClock) advance(by time.Duration) { c.offset.Add(int64(by)) }

func badKeys(t *testing.T) {
	queries, clock := &keyQueries{}, &movedClock{}
	b := newBundle(t, func(s *setup) {
		queries.Store = s.keys.Store
		s.keys.Store, s.keys.Now = queries, clock.now
		s.api.Limits.FailedLogins = 1000
	})
	good := b.newKey(t, "good").Secret
	revoked := b.newKey(t, "revoked")
	require.Equal(t, http.StatusNoContent, b.do(t, http.MethodDelete, "/api/v1/keys/"+revoked.ID, nil).status)
	soon := clock.now().Add(time.Hour)
	ends := b.newKey(t, "expired", func(r *wsc.KeyRequest) { r.ExpiresAt = &soon })
	require.Equal(t, http.StatusOK, b.as(t, ends.Secret, http.MethodGet, "/api/v1/me", nil).status)
	clock.advance(2 * time.Hour)

	last := good[len(good)-1:]
	wrongChecksum := good[:len(good)-1] + map[bool]string{true: "0", false: "1"}[last == "1"]
	for name, tc := range map[string]struct {
		header  []string
		queries int64
	}{
		"no key":               {nil, 0},
		"empty":                {[]string{"X-Api-Key", ""}, 0},
		"empty bearer":         {[]string{"Authorization", "Bearer "}, 0},
		"huge":                 {[]string{"X-Api-Key", "wsc_" + strings.Repeat("A", 60_000)}, 0},
		"wrong checksum":       {[]string{"X-Api-Key", wrongChecksum}, 0},
		"cut":                  {[]string{"X-Api-Key", good[:39]}, 0},
		"one character more":   {[]string{"Authorization", "Bearer " + good + "A"}, 0},
		"another environment":  {[]string{"X-Api-Key", "wsc_test_" + good[4:]}, 0},
		"another service":      {[]string{"Authorization", "Bearer sk_live_" + good[4:]}, 0},
		"another scheme":       {[]string{"Authorization", "Basic " + good}, 0},
		"in a cookie":          {[]string{"Cookie", "X-Api-Key=" + good}, 0},
		"two keys":             {[]string{"X-Api-Key", good, "Authorization", "Bearer " + good}, 0},
		"unknown":              {[]string{"X-Api-Key", wsc.NewKeySecret()}, 1},
		"SQL":                  {[]string{"X-Api-Key", "' OR 1=1 --"}, 0},
		"revoked":              {[]string{"X-Api-Key", revoked.Secret}, 1},
		"expired":              {[]string{"X-Api-Key", ends.Secret}, 1},
		"the hash of a secret": {[]string{"X-Api-Key", fmt.Sprintf("%x", wsc.HashKeySecret(good))}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			before := queries.count.Load()
			request := b.request(t, http.MethodGet, "/api/v1/jobs", nil)
			request.Header.Del("X-Api-Key")
			for i := 0; i < len(tc.header); i += 2 {
				request.Header.Set(tc.header[i], tc.header[i+1])
			}
			a := b.send(t, request)
			require.Equal(t, http.StatusUnauthorized, a.status)
			require.Equal(t, wsc.CodeUnauthorized, a.problem(t).Code)
			require.Contains(t, a.header.Get("WWW-Authenticate"), "Bearer")
			require.LessOrEqual(t, queries.count.Load()-before, tc.queries)
			for i := 1; i < len(tc.header); i += 2 {
				if len(tc.header[i]) > 20 {
					require.NotContains(t, string(a.body), tc.header[i][10:])
				}
			}
		})
	}

	// net/http itself answers 431 to a header above its limit, before any code of ours runs.
	a := raw(t, b, func(conn net.Conn) {
		_, _ = io.WriteString(conn, "GET /api/v1/jobs HTTP/1.1\r\nHost: x\r\nX-Api-Key: wsc_"+strings.Repeat("A", 1<<20)+"\r\n\r\n") // it stops reading
	})
	require.Equal(t, http.StatusRequestHeaderFieldsTooLarge, a.status)

	for _, query := range []string{"?api_key=" + good, "?X-API-Key=" + good, "?access_token=" + good, "?limit=1&key=" + good} {
		a := b.as(t, "", http.MethodGet, "/api/v1/jobs"+query, nil)
		require.Equal(t, http.StatusUnauthorized, a.status)
		require.Contains(t, a.problem(t).Detail, "never from the URL")
		require.Equal(t, http.StatusUnprocessableEntity, b.as(t, good, http.MethodGet, "/api/v1/jobs"+query, nil).status)
	}
	require.Equal(t, http.StatusOK, b.as(t, good, http.MethodGet, "/api/v1/jobs", nil).status)
	for _, secret := range []string{good, good[4:39], revoked.Secret, ends.Secret, adminKey} {
		require.NotContains(t, b.log.String(), secret)
	}
}

func bruteforce(t *testing.T) {
	queries := &keyQueries{}
	b := newBundle(t, func(s *setup) {
		queries.Store = s.keys.Store
		s.keys.Store = queries
		s.api.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	})
	used, fresh := b.newKey(t, "used").Secret, b.newKey(t, "fresh").Secret
	from := func(secret, address string) answer {
		return b.as(t, secret, http.MethodGet, "/api/v1/me", nil, "X-Forwarded-For", address)
	}
	require.Equal(t, http.StatusOK, from(used, "203.0.113.7").status)
	before := queries.count.Load()
	statuses := map[int]int{}
	for range 1000 {
		a := from(wsc.NewKeySecret(), "203.0.113.7")
		statuses[a.status]++
		if a.status == http.StatusTooManyRequests {
			require.NotEmpty(t, a.header.Get("Retry-After"))
		}
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 20, http.StatusTooManyRequests: 980}, statuses)
	require.LessOrEqual(t, queries.count.Load()-before, int64(21), "guesses that reach the database")
	require.Equal(t, http.StatusOK, from(used, "203.0.113.7").status, "a key in use at the same address")
	require.Equal(t, http.StatusOK, from(fresh, "203.0.113.8").status, "a key that this server has not seen, at another address")
	requireEvent(t, b, wsc.EventAuthThrottled, func(e wsc.SecurityEvent) { require.Equal(t, "203.0.113.7", e.Address) })
}

func revocation(t *testing.T) {
	clock := &movedClock{}
	quick := func(s *setup) { s.keys.Now, s.api.Limits.PingInterval = clock.now, 20*time.Millisecond }
	b := newBundle(t, quick)
	// A second server on the same database.
	other := newBundle(t, quick, func(s *setup) { s.keys.Store, s.api.Store, s.jobs.Store = b.store, b.store, b.store })
	key := b.newKey(t, "first")
	job := b.submitAs(t, key.Secret, "leads")
	open := func(server *bundle) *stream {
		s := server.stream(t.Context(), t, job.ID, "X-Api-Key", key.Secret)
		_, more := s.next(t)
		require.True(t, more)
		return s
	}
	here, there := open(b), open(other)
	defer here.close()
	defer there.close()
	require.Equal(t, http.StatusOK, other.as(t, key.Secret, http.MethodGet, "/api/v1/me", nil).status)

	require.Equal(t, http.StatusNoContent, b.do(t, http.MethodDelete, "/api/v1/keys/"+key.ID, nil).status)
	requireEnd := func(s *stream) {
		for more := true; more; {
			_, more = s.next(t)
		}
	}
	requireEnd(here)
	require.Equal(t, http.StatusUnauthorized, b.as(t, key.Secret, http.MethodGet, "/api/v1/me", nil).status)

	clock.advance(10 * time.Second)
	requireEnd(there)
	require.Equal(t, http.StatusUnauthorized, other.as(t, key.Secret, http.MethodGet, "/api/v1/me", nil).status)
	require.Contains(t, string(b.get(t, "/api/v1/jobs/"+job.ID).body), job.ID, "its jobs stay")
}

// timingOfKeys: whether the beginning of a guess is that of a real key changes nothing, since only the hash of a guess is
// looked up.
func timingOfKeys(t *testing.T) {
	queries := &keyQueries{}
	b := newBundle(t, func(s *setup) {
		queries.Store = s.keys.Store
		s.keys.Store = queries
		s.api.Limits.FailedLogins = 1_000_000
	})
	secret := b.newKey(t, "real").Secret
	const rounds = 200
	took := [2][]time.Duration{}
	for range rounds {
		for i, guess := range []string{wsc.NewKeySecret(), guessLike(t, secret)} {
			before, began := queries.count.Load(), time.Now()
			a := b.as(t, guess, http.MethodGet, "/api/v1/me", nil)
			took[i] = append(took[i], time.Since(began))
			require.Equal(t, http.StatusUnauthorized, a.status)
			require.EqualValues(t, 1, queries.count.Load()-before)
		}
	}
	medians := [2]time.Duration{}
	for i := range took {
		slices.Sort(took[i])
		medians[i] = took[i][rounds/2]
	}
	t.Logf("median of an unlike guess %s, of a like one %s", medians[0], medians[1])
	require.InDelta(t, 1, float64(medians[0])/float64(medians[1]), 0.6, "%v", medians)
}

// guessLike makes a well-formed secret that shares its beginning with a real one.
func guessLike(t *testing.T, secret string) string {
	t.Helper()
	const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	guess := secret[:20] + wsc.NewKeySecret()[20:34]
	checksum := make([]byte, 6)
	for i, sum := len(checksum)-1, crc32.ChecksumIEEE([]byte(guess)); i >= 0; i-- {
		checksum[i] = digits[sum%62]
		sum /= 62
	}
	guess += string(checksum)
	require.True(t, wsc.WellFormedKeySecret(guess))
	return guess
}

// rateLimitXFF: neither the quota of a key nor the limit on wrong keys can be had again by claiming another address.
func rateLimitXFF(t *testing.T) {
	b := newBundle(t, func(s *setup) {
		// A proxy is configured, and the test's client is not it.
		s.api.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	})
	quota := int64(50)
	key := b.newKey(t, "limited", func(r *wsc.KeyRequest) { r.RateLimitHour = &quota })
	claim := func(i int) []string {
		address := "203.0.113." + strconv.Itoa(i%250)
		return []string{
			"X-Forwarded-For", address, "X-Real-IP", address, "Forwarded", "for=" + address, "True-Client-IP", address,
			"CF-Connecting-IP", address, "X-Client-IP", address, "X-Cluster-Client-IP", address, "Fastly-Client-IP", address,
		}
	}
	statuses := map[int]int{}
	for i := range 70 {
		a := b.as(t, key.Secret, http.MethodGet, "/api/v1/me", nil, claim(i)...)
		statuses[a.status]++
		if a.status == http.StatusTooManyRequests {
			require.NotEmpty(t, a.header.Get("Retry-After"))
			require.Equal(t, wsc.CodeRateLimited, a.problem(t).Code)
		}
	}
	require.Equal(t, map[int]int{http.StatusOK: 50, http.StatusTooManyRequests: 20}, statuses)

	statuses = map[int]int{}
	for i := range 40 {
		statuses[b.as(t, wsc.NewKeySecret(), http.MethodGet, "/api/v1/me", nil, claim(i)...).status]++
	}
	require.Equal(t, map[int]int{http.StatusUnauthorized: 20, http.StatusTooManyRequests: 20}, statuses)
	require.NotContains(t, b.log.String(), "203.0.113.")
}

// rateLimitPathTricks: an address that is written differently is another address, at which there is nothing.
func rateLimitPathTricks(t *testing.T) {
	b := newBundle(t)
	quota := int64(1000)
	key := b.newKey(t, "limited", func(r *wsc.KeyRequest) { r.RateLimitHour = &quota })
	job := b.submitAs(t, key.Secret, "leads")
	remaining := func() int64 {
		var me wsc.Me
		b.as(t, key.Secret, http.MethodGet, "/api/v1/me", nil).decode(t, &me)
		return me.Requests.Remaining
	}
	before := remaining()
	for _, path := range []string{
		"/api/v1/jobs/", "//api/v1/jobs", "/api//v1/jobs", "/api/v1//jobs", "/api/v1/jobs//", "/api/v1/./jobs", "/api/v1/x/../jobs",
		"/api/v1/%2e/jobs", "/api/v1/%2e%2e/v1/jobs", "/api/v1/jobs%2f", "/api%2fv1%2fjobs", "/api/v1/%6aobs", "/api/v1/jobs%20", "/api/v1/jobs%00",
		"/API/v1/jobs", "/api/V1/jobs", "/api/v1/Jobs", "/api/v1/jobs;x=1", "/api/v1/jobs.json", "/api/v1/jobs/" + job.ID + "/", "/api/v1/jobs/" + job.ID + "//results",
		"/api/v1/jobs/" + job.ID + "/Results", "/api/v1/jobs/" + job.ID + "%2fresults/", "/./healthz", "/healthz/", "/HEALTHZ", "/docs/", "/docs/../metrics",
	} {
		a := sendTarget(t, b, http.MethodGet, path, key.Secret)
		require.Equal(t, http.StatusNotFound, a.status, "%s: %s", path, a.body)
		require.Equal(t, wsc.CodeNotFound, a.problem(t).Code, path)
		require.Empty(t, a.header.Get("Location"), path)
		require.Empty(t, a.header.Get("RateLimit"), path)
	}
	require.Equal(t, before-1, remaining(), "only the question itself was counted")

	for _, header := range []string{"X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"} {
		a := b.as(t, key.Secret, http.MethodPost, "/api/v1/jobs/"+job.ID, nil, header, http.MethodDelete)
		require.Equal(t, http.StatusMethodNotAllowed, a.status)
		a = b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+job.ID, nil, header, http.MethodDelete)
		require.Equal(t, http.StatusOK, a.status)
	}
	a := b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs?_method=DELETE", nil)
	require.Equal(t, http.StatusUnprocessableEntity, a.status)
	require.Equal(t, http.StatusOK, b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+job.ID, nil).status)
	_, inQuota := b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+job.ID, nil).header["Ratelimit"]
	require.True(t, inQuota)
}

// sendTarget sends a request whose target is exactly as given, which no client library would send.
func sendTarget(t *testing.T, b *bundle, method, target, secret string) answer {
	t.Helper()
	return raw(t, b, func(conn net.Conn) {
		_, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: x\r\nX-Api-Key: %s\r\nConnection: close\r\n\r\n", method, target, secret)
		require.NoError(t, err)
	})
}
