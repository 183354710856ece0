package apiserver_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/urllist"
)

// notAboutFiles are the rows that concern what only POST /jobs takes: lists of URLs as JSON, options, idempotency keys and
// the quota of jobs. POST /uploads says of the first two that it takes nothing but a file.
func notAboutFiles(name string) bool {
	return strings.HasPrefix(name, "json_") && !strings.HasPrefix(name, "json_file_") ||
		strings.HasPrefix(name, "options_") || strings.HasPrefix(name, "idempotency_") || name == "quota_exceeded"
}

// Whatever POST /jobs refuses, POST /uploads refuses with the same code, or previews with a refusal of that code; what is
// accepted there is previewed here without one.
func TestBadUploadsToLookAt(t *testing.T) {
	cases := badUploads(t)
	maps.Copy(cases, moreBadUploads(t))
	played, refused, previewed := 0, 0, 0
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		test := cases[name]
		if notAboutFiles(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			b := newBundle(t, func(s *setup) {
				if test.setup != nil {
					test.setup(s)
				}
			})
			b.target = "/api/v1/uploads"
			a := test.play(t, b)
			played++
			if a.status != http.StatusCreated {
				got := fmt.Sprint(a.status)
				if a.status >= 300 {
					got = fmt.Sprintf("%d %s", a.status, a.problem(t).Code)
				}
				if name == "missing_file_part" {
					got = strings.Replace(got, "422 invalid_request", "400 missing_file", 1) // its only part is one that is unknown here
				}
				require.Contains(t, test.want, got, "%s", a.body)
				if name != "db_down_upload" && name != "disk_full_spool" {
					b.requireNothingLeft(t)
				}
				require.Empty(t, files(t, b.blobDir))
				refused++
				return
			}
			var upload wsc.Upload
			a.decode(t, &upload)
			require.Equal(t, "/api/v1/uploads/"+upload.ID, a.header.Get("Location"))
			if upload.Preview.Refusal == nil {
				require.Contains(t, test.want, "202", "%s", a.body)
			} else {
				code := string(upload.Preview.Refusal.Code)
				require.True(t, slices.ContainsFunc(test.want, func(want string) bool { return strings.HasSuffix(want, " "+code) }), "%s of %s", code, test.want)
				previewed++
			}
			requireSubmissionAgrees(t, b, &upload)
		})
	}
	require.Greater(t, played, 60)
	require.Greater(t, refused, 30)
	require.GreaterOrEqual(t, previewed, 5)
}

// requireSubmissionAgrees submits an upload: it is accepted, or refused as its preview says.
func requireSubmissionAgrees(t *testing.T, b *bundle, upload *wsc.Upload) {
	t.Helper()
	a := b.postJSON(t, "/api/v1/jobs", `{"upload_id":"`+upload.ID+`"}`)
	if refusal := upload.Preview.Refusal; refusal != nil {
		p := a.problem(t)
		require.Equal(t, refusal.Code, p.Code)
		require.Equal(t, refusal.Detail, p.Detail)
		require.Equal(t, refusal.Place, p.Place)
		require.Equal(t, http.StatusOK, b.get(t, "/api/v1/uploads/"+upload.ID).status, "it waits on")
		return
	}
	require.Equal(t, http.StatusAccepted, a.status, "%s", a.body)
	var job wsc.Job
	a.decode(t, &job)
	require.Equal(t, upload.Filename, job.Filename)
	require.Equal(t, upload.Preview.List, *job.List)
	data, err := b.blobs.ReadAll(t.Context(), wsc.UploadPath(job.ID))
	require.NoError(t, err)
	summary, err := urllist.Scan(t.Context(), bytes.NewReader(data), int64(len(data)), urllist.Options{Filename: job.Filename, TempDir: t.TempDir()})
	require.NoError(t, err)
	require.Equal(t, []int64{summary.URLs, summary.Invalid, summary.Blank}, []int64{upload.Preview.URLs, upload.Preview.Invalid, upload.Preview.Blank})
}
