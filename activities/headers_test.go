package activities_test

import (
	"context"
	"encoding/json"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/internal/keyring"
)

// headerChecker records the headers that it is told to send.
type headerChecker struct {
	scriptedChecker
	mu      sync.Mutex
	headers map[string]string
}

func (c *headerChecker) Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result {
	c.mu.Lock()
	c.headers = opts.Headers
	c.mu.Unlock()
	return c.scriptedChecker.Check(ctx, target, opts)
}

// newHeaderFixture has a prepared job of one URL whose row was changed before it was stored, and the given keys, if any.
func newHeaderFixture(t *testing.T, change func(*wsc.Job), keys ...string) (*fixture, *headerChecker) {
	t.Helper()
	f := newFixture(t)
	checks := &headerChecker{scriptedChecker: scriptedChecker{calls: map[string]int{}}}
	f.cfg.Checker = checks
	if len(keys) > 0 {
		f.cfg.Secrets = openKeyring(t, keys...)
	}
	var err error
	f.acts, err = activities.New(f.cfg)
	require.NoError(t, err)
	f.reset()
	require.NoError(t, f.blobs.WriteAll(t.Context(), wsc.UploadPath(jobID), []byte("https://example.test/\n"), nil))
	job := &wsc.Job{
		ID: jobID, Owner: "local", Filename: "list.txt", UploadPath: wsc.UploadPath(jobID), CreatedAt: f.now, UpdatedAt: f.now,
		Options: wsc.Options{Headers: map[string]string{"Authorization": "Bearer marked-secret"}},
	}
	change(job)
	require.NoError(t, f.store.CreateJob(t.Context(), job, wsc.JobQuota{}))
	_, err = execute[activities.PrepareOutput](f, f.acts.Prepare, activities.PrepareInput{JobID: jobID})
	require.NoError(t, err)
	return f, checks
}

func openKeyring(t *testing.T, keys ...string) *keyring.Keyring {
	t.Helper()
	text := ""
	for _, key := range keys {
		text += key + "\n"
	}
	urls, err := keyring.ParseURLs(text)
	require.NoError(t, err)
	ring, err := keyring.Open(t.Context(), urls)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ring.Close()) })
	return ring
}

// sealed seals the headers of a job as the jobs service does, for the job with the given id.
func sealed(t *testing.T, key, id string) func(*wsc.Job) {
	t.Helper()
	return func(job *wsc.Job) {
		values, err := json.Marshal(job.Options.Headers)
		require.NoError(t, err)
		job.SealedHeaders, err = openKeyring(t, key).Seal(t.Context(), wsc.JobHeadersPurpose(id), values)
		require.NoError(t, err)
	}
}

func TestSealedHeadersAreOpenedForTheChecks(t *testing.T) {
	key, newer := keyring.NewLocalURL(), keyring.NewLocalURL()
	for name, test := range map[string]struct {
		change func(*wsc.Job)
		keys   []string
	}{
		"the same key":                     {sealed(t, key, jobID), []string{key}},
		"a newer key before it":            {sealed(t, key, jobID), []string{newer, key}},
		"a job from before sealing":        {func(*wsc.Job) {}, []string{key}},
		"one from before, without any key": {func(*wsc.Job) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f, checks := newHeaderFixture(t, test.change, test.keys...)
			require.Equal(t, "***", f.job().Options.Headers["Authorization"])
			out, err := execute[activities.BatchOutput](f, f.acts.CheckBatch, activities.BatchInput{JobID: jobID})
			require.NoError(t, err)
			require.EqualValues(t, 1, out.Final)
			require.Equal(t, map[string]string{"Authorization": "Bearer marked-secret"}, checks.headers)
		})
	}
}

func TestAJobWaitsWhileItsHeadersCannotBeOpened(t *testing.T) {
	key, other := keyring.NewLocalURL(), keyring.NewLocalURL()
	for name, test := range map[string]struct {
		change func(*wsc.Job)
		keys   []string
		want   string
	}{
		"no key at all":           {sealed(t, key, jobID), nil, "this worker has no key: set WSC_SECRETS_URL"},
		"the key is gone":         {sealed(t, key, jobID), []string{other}, "is not among those of WSC_SECRETS_URL"},
		"headers of another job":  {sealed(t, key, "another"), []string{key}, "sealed for another purpose"},
		"the value was destroyed": {func(job *wsc.Job) { job.SealedHeaders = "marked-secret" }, []string{key}, "not a value that a keyring sealed"},
	} {
		t.Run(name, func(t *testing.T) {
			f, checks := newHeaderFixture(t, test.change, test.keys...)
			_, err := execute[activities.BatchOutput](f, f.acts.CheckBatch, activities.BatchInput{JobID: jobID})
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "marked-secret")
			require.NotContains(t, []string{activities.ErrBadList, activities.ErrJobGone}, errorType(err), "it is tried again")
			require.Zero(t, checks.total(), "nothing is checked with wrong headers")
			require.Empty(t, f.results())
		})
	}
}
