package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/keyring"
	"github.com/website-status-checker/wsc/jobs"
)

// secretHeaders are what must be found nowhere.
func secretHeaders() map[string]string {
	return map[string]string{"Authorization": "Bearer marked-secret", "Cookie": "id=marked-secret"}
}

func newKeyring(t *testing.T, urls ...string) *keyring.Keyring {
	t.Helper()
	if len(urls) == 0 {
		urls = []string{keyring.NewLocalURL()}
	}
	text := ""
	for _, url := range urls {
		text += url + "\n"
	}
	parsed, err := keyring.ParseURLs(text)
	require.NoError(t, err)
	ring, err := keyring.Open(t.Context(), parsed)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, ring.Close()) })
	return ring
}

func withSealer(sealer jobs.Sealer) func(*jobs.Config) {
	return func(c *jobs.Config) { c.Sealer = sealer }
}

func withHeaders(headers map[string]string, idempotencyKey string) func(*jobs.Submission) {
	return func(s *jobs.Submission) { s.Options.Headers, s.IdempotencyKey = headers, idempotencyKey }
}

func TestHeaderValuesAreSealedBeforeTheyAreStored(t *testing.T) {
	ring := newKeyring(t)
	b := newBundle(t, withSealer(ring))
	job, err := b.submit(t, "example.com\n", withHeaders(secretHeaders(), "key"))
	require.NoError(t, err)
	require.Equal(t, map[string]string{"Authorization": "***", "Cookie": "***"}, job.Options.Headers)

	stored, err := b.store.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.Equal(t, job, stored, "the answer is what a later read shows")
	opened, err := ring.Open(t.Context(), wsc.JobHeadersPurpose(job.ID), stored.SealedHeaders)
	require.NoError(t, err)
	var headers map[string]string
	require.NoError(t, json.Unmarshal(opened, &headers))
	require.Equal(t, secretHeaders(), headers)

	require.NoError(t, b.store.Close())
	for _, file := range append(b.files(t, filepath.Dir(b.blobDir)), b.files(t, b.blobDir)...) {
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NotContains(t, string(data), "marked-secret", file)
	}
}

func TestAJobWithoutHeadersSealsNothing(t *testing.T) {
	b := newBundle(t, withSealer(brokenSealer{}))
	job, err := b.submit(t, "example.com\n")
	require.NoError(t, err)
	require.Empty(t, job.SealedHeaders)
}

func TestHeadersAreRefusedWithoutAKey(t *testing.T) {
	b := newBundle(t)
	_, err := b.submit(t, "example.com\n", withHeaders(secretHeaders(), ""))
	require.Equal(t, wsc.CodeInvalidOptions, wsc.CodeOf(err))
	require.ErrorContains(t, err, "WSC_SECRETS_URL")
	require.NotContains(t, err.Error(), "marked-secret")
	b.requireNothingLeft(t)
}

func TestMasksAreRefusedAsHeaderValues(t *testing.T) {
	b := newBundle(t, withSealer(newKeyring(t)))
	_, err := b.submit(t, "example.com\n", withHeaders(map[string]string{"Authorization": wsc.MaskedHeaderValue}, ""))
	require.Equal(t, wsc.CodeInvalidOptions, wsc.CodeOf(err))
	b.requireNothingLeft(t)
}

// brokenSealer stands for a key service that is away.
type brokenSealer struct{}

func (brokenSealer) Seal(context.Context, string, []byte) (string, error) {
	return "", errors.New("no key service")
}

func (brokenSealer) Open(context.Context, string, string) ([]byte, error) {
	return nil, errors.New("no key service")
}

func TestWithoutTheKeyServiceNothingIsAccepted(t *testing.T) {
	b := newBundle(t, withSealer(brokenSealer{}))
	_, err := b.submit(t, "example.com\n", withHeaders(secretHeaders(), ""))
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	b.requireNothingLeft(t)
}

func TestIdempotencyComparesHeaderValues(t *testing.T) {
	url := keyring.NewLocalURL()
	ring := newKeyring(t, url)
	sealer := &switchable{Sealer: ring}
	b := newBundle(t, withSealer(sealer))
	first, err := b.submit(t, "example.com\n", withHeaders(secretHeaders(), "key"))
	require.NoError(t, err)

	again, err := b.submit(t, "example.com\n", withHeaders(secretHeaders(), "key"))
	require.NoError(t, err)
	require.Equal(t, first, again)

	sealer.Sealer = newKeyring(t, keyring.NewLocalURL(), url)
	again, err = b.submit(t, "example.com\n", withHeaders(secretHeaders(), "key"))
	require.NoError(t, err, "the key was rotated")
	require.Equal(t, first, again)

	for name, headers := range map[string]map[string]string{
		"another value":  {"Authorization": "Bearer other", "Cookie": "id=marked-secret"},
		"another name":   {"Authorization": "Bearer marked-secret", "Cookies": "id=marked-secret"},
		"one more":       {"Authorization": "Bearer marked-secret", "Cookie": "id=marked-secret", "X": ""},
		"values swapped": {"Cookie": "Bearer marked-secret", "Authorization": "id=marked-secret"},
		"none":           nil,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := b.submit(t, "example.com\n", withHeaders(headers, "key"))
			require.Equal(t, wsc.CodeIdempotencyConflict, wsc.CodeOf(err))
		})
	}

	sealer.Sealer = brokenSealer{}
	_, err = b.submit(t, "example.com\n", withHeaders(secretHeaders(), "key"))
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
}

// switchable is a sealer that tests exchange, as a restart with other keys does.
type switchable struct{ jobs.Sealer }

func TestTheRequestHashTellsNothingOfHeaderValues(t *testing.T) {
	b := newBundle(t, withSealer(newKeyring(t)))
	hash := func(value string) string {
		job, err := b.submit(t, "example.com\n", withHeaders(map[string]string{"Authorization": value}, ""))
		require.NoError(t, err)
		return job.RequestHash
	}
	require.Equal(t, hash("password1"), hash("password2"), "who reads the row can't try passwords on it")
}
