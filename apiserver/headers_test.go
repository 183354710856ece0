package apiserver_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/keyring"
)

// withKeyring gives the jobs service a key for headers.
func withKeyring(t *testing.T) func(*setup) {
	t.Helper()
	return func(s *setup) {
		urls, err := keyring.ParseURLs(keyring.NewLocalURL())
		require.NoError(t, err)
		ring, err := keyring.Open(t.Context(), urls)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, ring.Close()) })
		s.jobs.Sealer = ring
	}
}

const (
	markedOptions = `{"headers":{"Authorization":"Bearer marked-secret"}}`
	maskedOptions = `{"headers":{"Authorization":"***"}}`
)

func TestNoAnswerShowsHeaderValues(t *testing.T) {
	b := newBundle(t, withKeyring(t))
	var job wsc.Job
	a := b.upload(t, part{name: "options", content: markedOptions}, part{name: "file", filename: "list.txt", content: "example.com\n"})
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	a.decode(t, &job)
	answers := []answer{
		a,
		b.postJSON(t, "/api/v1/jobs", `{"urls":["example.com"],"options":`+markedOptions+`}`),
		b.get(t, "/api/v1/jobs/"+job.ID),
		b.get(t, "/api/v1/jobs"),
		b.do(t, http.MethodPost, "/api/v1/jobs/"+job.ID+"/cancel", nil),
	}
	for _, a := range answers {
		require.Less(t, a.status, 300, "%s", a.body)
		require.Contains(t, string(a.body), `"headers":{"Authorization":"***"}`)
	}

	// A job from before header values were sealed.
	old := &wsc.Job{ID: "0198c0de-0000-7000-8000-000000000001", Owner: wsc.AdminKeyID, CreatedAt: time.Now()}
	old.Options.Headers = map[string]string{"Authorization": "Bearer marked-secret"}
	require.NoError(t, b.store.CreateJob(t.Context(), old, wsc.JobQuota{}))
	a = b.get(t, "/api/v1/jobs/"+old.ID)
	require.Contains(t, string(a.body), `"headers":{"Authorization":"***"}`)
	b.results(t, old.ID, wsc.Result{URL: "https://example.com/", Status: wsc.StatusActive, HTTPStatus: 200, Attempts: 1, CheckedAt: time.Now()})

	answers = append(answers, a, b.get(t, "/api/v1/jobs"), b.get(t, "/api/v1/jobs/"+old.ID+"/results"), b.get(t, "/metrics"))
	for _, format := range []string{"csv", "json", "ndjson"} {
		answers = append(answers, b.get(t, "/api/v1/jobs/"+old.ID+"/export?format="+format))
	}
	for _, a := range answers {
		require.Less(t, a.status, 300, "%s", a.body)
		require.NotContains(t, string(a.body), "marked-secret")
	}
	require.NotContains(t, b.log.String(), "marked-secret")
}

func TestHeadersThatAreRefusedAreNotQuoted(t *testing.T) {
	b := newBundle(t, withKeyring(t))
	for name, options := range map[string]string{
		"a line break":         `{"headers":{"Authorization":"marked-secret\r\nX: y"}}`,
		"a forbidden header":   `{"headers":{"Connection":"marked-secret"}}`,
		"a wrong name":         `{"headers":{"A b":"marked-secret"}}`,
		"a list of values":     `{"headers":{"Authorization":["marked-secret"]}}`,
		"text for all headers": `{"headers":"Authorization: marked-secret"}`,
		"an unknown option":    `{"headers":{"Authorization":"marked-secret"},"nothing":1}`,
		"broken JSON":          `{"headers":{"Authorization":"marked-secret"`,
		"the mask":             maskedOptions,
	} {
		t.Run(name, func(t *testing.T) {
			answers := []answer{
				b.upload(t, part{name: "options", content: options}, part{name: "file", filename: "list.txt", content: "example.com\n"}),
				b.postJSON(t, "/api/v1/jobs", `{"urls":["example.com"],"options":`+options+`}`),
				b.postJSON(t, "/api/v1/checks", `{"url":"example.com","options":`+options+`}`),
			}
			for _, a := range answers {
				p := a.problem(t)
				require.Less(t, p.Status, 500)
				require.NotContains(t, string(a.body), "marked-secret")
			}
		})
	}
	require.NotContains(t, b.log.String(), "marked-secret")
	b.requireNothingLeft(t)
}

func TestAServerWithoutAKeyStoresNoHeadersButChecksWithThem(t *testing.T) {
	b := newBundle(t)
	a := b.postJSON(t, "/api/v1/jobs", `{"urls":["example.com"],"options":`+markedOptions+`}`)
	p := a.problem(t)
	require.Equal(t, wsc.CodeInvalidOptions, p.Code)
	require.Equal(t, "options.headers", p.Field)
	require.Contains(t, p.Detail, "WSC_SECRETS_URL")
	b.requireNothingLeft(t)

	a = b.postJSON(t, "/api/v1/checks", `{"url":"example.com","options":`+markedOptions+`}`)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.NotContains(t, string(a.body), "marked-secret")
}
