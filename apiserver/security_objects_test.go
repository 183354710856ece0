package apiserver_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// requireSameAsUnknown asks for one object and for one that does not exist: the answers must be the same.
func requireSameAsUnknown(t *testing.T, b *bundle, secret, method, path, id string, header ...string) {
	t.Helper()
	header = append([]string{"X-Request-ID", "the-same", "Content-Type", "application/json"}, header...)
	ask := func(id string) answer {
		a := b.as(t, secret, method, strings.ReplaceAll(path, "{id}", id), strings.NewReader("{}"), header...)
		for _, name := range []string{"Date", "RateLimit"} {
			a.header.Del(name)
		}
		return a
	}
	theirs, unknown := ask(id), ask(unknownID)
	require.Contains(t, []int{http.StatusNotFound, http.StatusForbidden, http.StatusUnprocessableEntity}, theirs.status, "%s %s: %s", method, path, theirs.body)
	require.Equal(t, unknown, theirs, "%s %s", method, path)
	require.NotContains(t, string(theirs.body), id)
}

// secretUpload makes an upload of the key that waits to be submitted.
func secretUpload(t *testing.T, b *bundle, secret string) wsc.Upload {
	t.Helper()
	a := b.keepAs(t, secret, "secret-leads.csv", "name,url\nsecret-leads,https://secret-leads.example/\n")
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
	var upload wsc.Upload
	a.decode(t, &upload)
	return upload
}

// objectOf is the object of the first key that a route is about.
func objectOf(route route, key *wsc.KeyWithSecret, job wsc.Job, upload wsc.Upload) string {
	switch {
	case strings.Contains(route.path, "/keys/"):
		return key.ID
	case strings.Contains(route.path, "/uploads/"):
		return upload.ID
	}
	return job.ID
}

// tenants are two ordinary keys, and a finished job of the first.
func tenants(t *testing.T, b *bundle) (first, second *wsc.KeyWithSecret, job wsc.Job) {
	t.Helper()
	first, second = b.newKey(t, "first"), b.newKey(t, "second")
	job = b.submitAs(t, first.Secret, "secret-leads")
	b.begin(t, job.ID, 1)
	b.results(t, job.ID, wsc.Result{URL: "https://secret-leads.example/", Status: wsc.StatusActive, HTTPStatus: 200, CheckedAt: time.Now()})
	return first, second, job
}

func readOtherJob(t *testing.T) {
	var reads atomic.Int64
	b := newBundle(t, func(s *setup) { s.api.Store = countingStore{s.api.Store, &reads} })
	first, second, job := tenants(t, b)
	upload := secretUpload(t, b, first.Secret)
	for _, route := range b.documentedRoutes(t) {
		if !strings.Contains(route.path, "{id}") || route.method != http.MethodGet {
			continue
		}
		id := objectOf(route, first, job, upload)
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			requireSameAsUnknown(t, b, second.Secret, method, route.path, id)
		}
	}
	for _, query := range []string{
		"/events?x=1", "/results?limit=1000&sort=-url", "/results?q=secret", "/results?limit=0", "/results?cursor=x",
		"/export?format=xlsx&layout=original", "/export?format=json", "/export?format=exe", "/export?layout=original&sort=-url",
	} {
		requireSameAsUnknown(t, b, second.Secret, http.MethodGet, "/api/v1/jobs/{id}"+query, job.ID)
	}
	requireSameAsUnknown(t, b, second.Secret, http.MethodGet, "/api/v1/jobs/{id}/events", job.ID, "Last-Event-ID", "1-done")
	mine := b.checked(t, second.Secret, "compared")
	for _, path := range []string{mine.ID + "/diff?with={id}", "{id}/diff?with=" + mine.ID, "{id}/diff?with={id}", mine.ID + "/diff?with={id}&change=new&cursor=x"} {
		requireSameAsUnknown(t, b, second.Secret, http.MethodGet, "/api/v1/jobs/"+path, job.ID)
	}
	require.NoError(t, b.store.DeleteJob(t.Context(), mine.ID))

	// The same work is done for both, so that no clock tells them apart.
	before := reads.Load()
	b.as(t, second.Secret, http.MethodGet, "/api/v1/jobs/"+job.ID, nil)
	others := reads.Load() - before
	b.as(t, second.Secret, http.MethodGet, "/api/v1/jobs/"+unknownID, nil)
	require.Equal(t, others, reads.Load()-before-others, "reads of the store")

	// Nobody but the owner of an upload sees or submits it, not even an administrator.
	for _, query := range []string{"", "?url_column=url", "?url_column=x", "?sheet=S"} {
		requireSameAsUnknown(t, b, second.Secret, http.MethodGet, "/api/v1/uploads/{id}"+query, upload.ID)
		requireSameAsUnknown(t, b, adminKey, http.MethodGet, "/api/v1/uploads/{id}"+query, upload.ID)
	}
	for _, secret := range []string{second.Secret, adminKey} {
		submit := func(id string) answer {
			a := b.as(t, secret, http.MethodPost, "/api/v1/jobs", strings.NewReader(`{"upload_id":"`+id+`"}`), "Content-Type", "application/json", "X-Request-ID", "the-same")
			a.header.Del("Date")
			a.header.Del("RateLimit")
			return a
		}
		require.Equal(t, http.StatusNotFound, submit(upload.ID).status)
		require.Equal(t, submit(unknownID), submit(upload.ID))
	}
	require.Equal(t, http.StatusOK, b.as(t, first.Secret, http.MethodGet, "/api/v1/uploads/"+upload.ID, nil).status)

	// Lists, searches and cursors show what is one's own.
	own := b.submitAs(t, second.Secret, "mine")
	b.submitAs(t, first.Secret, "secret-second")
	for _, query := range []string{"", "?limit=1", "?status=pending,processing"} {
		page := b.listAs(t, second.Secret, query)
		require.Len(t, page.Jobs, 1)
		require.Equal(t, own.ID, page.Jobs[0].ID)
		require.Empty(t, page.NextCursor)
	}
	require.Empty(t, b.listAs(t, second.Secret, "?q=secret").Jobs)
	theirs := b.listAs(t, first.Secret, "?limit=1")
	require.NotEmpty(t, theirs.NextCursor)
	for _, found := range b.listAs(t, second.Secret, "?cursor="+theirs.NextCursor).Jobs {
		require.Equal(t, own.ID, found.ID)
	}

	// Whoever owns it sees it, and so does an administrator.
	require.Equal(t, http.StatusOK, b.as(t, first.Secret, http.MethodGet, "/api/v1/jobs/"+job.ID+"/results", nil).status)
	require.Equal(t, http.StatusOK, b.get(t, "/api/v1/jobs/"+job.ID+"/results").status)
	require.Len(t, b.listAs(t, adminKey, "").Jobs, 3)
	require.Len(t, b.listAs(t, adminKey, "?q=secret").Jobs, 2)
}

func writeOtherJob(t *testing.T) {
	b := newBundle(t)
	first, second, job := tenants(t, b)
	upload := secretUpload(t, b, first.Secret)
	before := b.get(t, "/api/v1/jobs/"+job.ID).body
	blobs := files(t, b.blobDir)
	played := 0
	for _, route := range b.documentedRoutes(t) {
		if !strings.Contains(route.path, "{id}") || route.method == http.MethodGet {
			continue
		}
		id := objectOf(route, first, job, upload)
		requireSameAsUnknown(t, b, second.Secret, route.method, route.path, id)
		played++
	}
	for _, query := range []string{"?undo_seconds=30", "?undo_seconds=0", "?undo_seconds=x"} {
		requireSameAsUnknown(t, b, second.Secret, http.MethodDelete, "/api/v1/jobs/{id}"+query, job.ID)
	}
	requireSameAsUnknown(t, b, second.Secret, http.MethodPost, "/api/v1/jobs/{id}/retry", job.ID, "Idempotency-Key", "k")
	require.GreaterOrEqual(t, played, 8)
	require.Equal(t, string(before), string(b.get(t, "/api/v1/jobs/"+job.ID).body))
	require.Equal(t, blobs, files(t, b.blobDir))
	var results wsc.ResultPage
	b.get(t, "/api/v1/jobs/"+job.ID+"/results").decode(t, &results)
	require.Len(t, results.Results, 1)
	require.Equal(t, http.StatusOK, b.as(t, first.Secret, http.MethodGet, "/api/v1/uploads/"+upload.ID, nil).status)

	// A key that may only read changes nothing of its own either.
	reader := b.newKey(t, "reader", func(r *wsc.KeyRequest) { r.Scopes = []wsc.Scope{wsc.ScopeRead} })
	a := b.as(t, reader.Secret, http.MethodDelete, "/api/v1/jobs/"+job.ID, nil)
	require.Equal(t, wsc.CodeInsufficientScope, a.problem(t).Code)
	require.Equal(t, wsc.CodeInsufficientScope, b.keepAs(t, reader.Secret, "l.txt", "example.com\n").problem(t).Code)
	// The owner can still do all of it, and the deletion is on record.
	require.Equal(t, http.StatusNoContent, b.as(t, first.Secret, http.MethodDelete, "/api/v1/jobs/"+job.ID, nil, "X-Request-ID", "deleting").status)
	requireEvent(t, b, wsc.EventJobDeleted, func(e wsc.SecurityEvent) {
		require.Equal(t, first.ID, e.KeyID)
		require.Equal(t, job.ID, e.Object)
		require.Equal(t, "deleting", e.RequestID)
	})
}

// requireEvent waits for the newest event of the kind.
func requireEvent(t *testing.T, b *bundle, kind wsc.SecurityEventKind, check func(wsc.SecurityEvent)) {
	t.Helper()
	var page wsc.AuditPage
	require.Eventually(t, func() bool {
		b.get(t, "/api/v1/security-events?kind="+string(kind)).decode(t, &page)
		return len(page.Events) > 0
	}, 5*time.Second, 10*time.Millisecond, "event %s", kind)
	check(page.Events[0])
}

// exportURLGuess: downloads have no addresses of their own, which could be guessed or outlive a key; they ask for the key
// like everything else.
func exportURLGuess(t *testing.T) {
	b := newBundle(t)
	first, second, job := tenants(t, b)
	address := "/api/v1/jobs/" + job.ID + "/export"
	require.Equal(t, http.StatusOK, b.as(t, first.Secret, http.MethodGet, address, nil).status)
	for _, format := range []string{"csv", "json", "ndjson", "xlsx"} {
		for _, layout := range []string{"results", "original"} {
			requireSameAsUnknown(t, b, second.Secret, http.MethodGet, "/api/v1/jobs/{id}/export?format="+format+"&layout="+layout, job.ID)
		}
		require.Equal(t, http.StatusUnauthorized, b.as(t, "", http.MethodGet, address+"?format="+format, nil).status)
	}
	for _, query := range []string{"signature=" + strings.Repeat("a", 64), "expires=9999999999", "token=" + job.ID, "key=" + first.ID} {
		require.Equal(t, http.StatusUnauthorized, b.as(t, "", http.MethodGet, address+"?"+query, nil).status)
		require.Equal(t, http.StatusUnprocessableEntity, b.as(t, first.Secret, http.MethodGet, address+"?"+query, nil).status)
	}
	for _, path := range []string{"/" + wsc.UploadPath(job.ID), "/blobs/" + wsc.UploadPath(job.ID), "/api/v1/" + wsc.UploadPath(job.ID), "/blobs/" + wsc.WaitingUploadPath(job.ID), "/exports/" + job.ID + ".csv"} {
		require.Equal(t, http.StatusNotFound, b.as(t, second.Secret, http.MethodGet, path, nil).status)
	}
}

func idEnumeration(t *testing.T) {
	b := newBundle(t)
	key := b.newKey(t, "first")
	var ids []string
	for i := range 30 {
		ids = append(ids, b.submitAs(t, key.Secret, fmt.Sprintf("list-%d", i)).ID, b.newKey(t, "more").ID)
	}
	shared := map[string]bool{}
	for _, text := range ids {
		id, err := uuid.Parse(text)
		require.NoError(t, err)
		require.Contains(t, []uuid.Version{4, 7}, id.Version())
		require.False(t, shared[text[14:]], "the random part of %s came before", text)
		shared[text[14:]] = true
	}
	// What is no id of a job is answered like an unknown one.
	want := b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+unknownID, nil, "X-Request-ID", "same")
	for _, guess := range []string{"1", "2", "0", "-1", "00000000-0000-0000-0000-000000000001", "job-1", strings.ToUpper(unknownID), "{" + unknownID + "}", "%00", "..%2f" + ids[0]} {
		got := b.as(t, key.Secret, http.MethodGet, "/api/v1/jobs/"+guess, nil, "X-Request-ID", "same")
		require.Equal(t, http.StatusNotFound, got.status, guess)
		require.Equal(t, string(want.body), string(got.body), guess)
	}
}

func idempotencyCrossTenant(t *testing.T) {
	b := newBundle(t)
	first, second := b.newKey(t, "first"), b.newKey(t, "second")
	theirs := b.submitAs(t, first.Secret, "leads", "Idempotency-Key", "monday")
	own := b.submitAs(t, second.Secret, "leads", "Idempotency-Key", "monday")
	require.NotEqual(t, theirs.ID, own.ID)
	other := b.submitAs(t, adminKey, "other", "Idempotency-Key", "monday")
	require.NotContains(t, []string{theirs.ID, own.ID}, other.ID, "an administrator has keys of its own, too")
	require.Equal(t, theirs.ID, b.submitAs(t, first.Secret, "leads", "Idempotency-Key", "monday").ID)
	require.Len(t, b.listAs(t, second.Secret, "").Jobs, 1)
}

// excessData reads every answer that there is and looks for what is nobody's business.
func excessData(t *testing.T) {
	b := newBundle(t, func(s *setup) { s.api.MetricsNeedKey = true })
	first, second, job := tenants(t, b)
	b.submitAs(t, second.Secret, "mine", "Idempotency-Key", "my-idempotency")
	b.finish(t, job.ID)
	var answers []answer
	paths := []string{"/api/v1/me", "/api/v1/jobs", "/api/v1/uploads/" + secretUpload(t, b, first.Secret).ID, "/healthz", "/readyz", "/metrics", "/nothing"}
	for _, suffix := range []string{"", "/results", "/stats", "/events", "/export?format=json", "/export?format=ndjson", "/export?format=csv"} {
		paths = append(paths, "/api/v1/jobs/"+job.ID+suffix)
	}
	for _, path := range paths {
		answers = append(answers, b.as(t, first.Secret, http.MethodGet, path, nil), b.as(t, second.Secret, http.MethodGet, path, nil))
	}
	admin := []answer{b.get(t, "/api/v1/keys"), b.get(t, "/api/v1/keys/"+first.ID), b.get(t, "/api/v1/security-events"), b.get(t, "/api/v1/jobs")}
	hash := wsc.HashKeySecret(first.Secret)
	secrets := []string{
		first.Secret, second.Secret, adminKey, hex.EncodeToString(hash[:]), base64.StdEncoding.EncodeToString(hash[:]),
		b.spool, b.blobDir, "goroutine ", ".go:", "sqlite", "uploads/", "job/" + job.ID, "my-idempotency",
	}
	names := regexp.MustCompile(`(?i)^(owner|.*hash|.*_path|.*paths|workflow.*|run_id|idempotency.*|sealed.*)$`)
	for _, a := range append(answers, admin...) {
		for _, secret := range secrets {
			require.NotContains(t, string(a.body), secret)
		}
		var document any
		if strings.Contains(a.header.Get("Content-Type"), "json") && json.Unmarshal(a.body, &document) == nil {
			requireNoField(t, document, names)
		}
	}
	for i := 1; i < len(answers); i += 2 {
		require.NotContains(t, string(answers[i].body), "secret-leads", "the second key sees nothing of the first")
		require.NotContains(t, string(answers[i].body), first.ID)
	}
	require.Equal(t, http.StatusForbidden, b.as(t, first.Secret, http.MethodGet, "/metrics", nil).status, "counts of all owners")
	require.Equal(t, http.StatusUnauthorized, b.as(t, "", http.MethodGet, "/metrics", nil).status)
}

// requireNoField looks for fields whose names match, on every level; body_hash is the SHA-256 of a website's page.
func requireNoField(t *testing.T, node any, names *regexp.Regexp) {
	t.Helper()
	switch node := node.(type) {
	case map[string]any:
		for name, child := range node {
			require.False(t, names.MatchString(name) && name != "body_hash" && name != "hash_body", "field %s", name)
			requireNoField(t, child, names)
		}
	case []any:
		for _, child := range node {
			requireNoField(t, child, names)
		}
	}
}
