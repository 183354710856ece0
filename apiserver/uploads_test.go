package apiserver_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/jobs"
)

// keep uploads a list to look at it, which must be accepted.
func (b *bundle) keep(t testing.TB, filename, content string) wsc.Upload {
	t.Helper()
	var upload wsc.Upload
	a := b.keepAs(t, adminKey, filename, content)
	require.Equal(t, http.StatusCreated, a.status, "%s", a.body)
	a.decode(t, &upload)
	return upload
}

const leads = "Firm,Main site,Shop\nA,a.example,shop.a.example\nB,b.example,\n"

// What the start page of a browser does: upload, look, choose another column, start.
func TestAnUploadIsLookedAtAndSubmittedByTheClient(t *testing.T) {
	b := newBundle(t)
	c, err := client.New(b.url, client.WithKey(adminKey))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	kept, err := c.Upload(t.Context(), "leads.csv", strings.NewReader(leads))
	require.NoError(t, err)
	require.Equal(t, "leads.csv", kept.Filename)
	require.EqualValues(t, len(leads), kept.Size)
	require.Equal(t, "Main site", kept.Preview.URLColumn)
	require.EqualValues(t, 2, kept.Preview.URLs)
	require.Equal(t, []string{"A", "a.example", "shop.a.example"}, kept.Preview.Rows[0].Cells)

	shop, err := c.PreviewUpload(t.Context(), kept.ID, client.Reading{URLColumn: "shop"})
	require.NoError(t, err)
	require.Equal(t, "Shop", shop.Preview.URLColumn)
	require.EqualValues(t, 1, shop.Preview.URLs)
	require.EqualValues(t, 1, shop.Preview.Invalid)
	wrong, err := c.PreviewUpload(t.Context(), kept.ID, client.Reading{URLColumn: "nothing"})
	require.NoError(t, err)
	require.Equal(t, wsc.CodeMissingColumn, wrong.Preview.Refusal.Code)
	require.Len(t, wrong.Preview.Rows, 2)

	submitted, err := c.SubmitURLs(t.Context(), wsc.SubmitRequest{UploadID: kept.ID, Name: "Leads of March", Options: wsc.Options{URLColumn: "Shop"}})
	require.NoError(t, err)
	require.Equal(t, "Leads of March.csv", submitted.Filename)
	require.Equal(t, "Shop", submitted.List.URLColumn)
	require.EqualValues(t, 1, b.workflows.started.Load())
	for _, err := range []error{
		func() error { _, err := c.PreviewUpload(t.Context(), kept.ID, client.Reading{}); return err }(),
		func() error {
			_, err := c.SubmitURLs(t.Context(), wsc.SubmitRequest{UploadID: kept.ID})
			return err
		}(),
		c.DeleteUpload(t.Context(), kept.ID),
	} {
		require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
		require.ErrorContains(t, err, "There is no such upload.")
	}
	require.Len(t, files(t, b.blobDir), 1, "that of the job")

	dropped, err := c.Upload(t.Context(), "leads.csv", strings.NewReader(leads))
	require.NoError(t, err)
	require.NoError(t, c.DeleteUpload(t.Context(), dropped.ID))
	require.Len(t, files(t, b.blobDir), 1)
}

// A list whose delimiter and encoding are not found is looked at and submitted with both named, and its rows come back in the
// layout in which they were read.
func TestAnUploadIsReadAsItWasAskedFor(t *testing.T) {
	b := newBundle(t)
	c, err := client.New(b.url, client.WithKey(adminKey))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	kept, err := c.Upload(t.Context(), "leads.csv", strings.NewReader("Firm^Website\nP\xf8\xedbram, s.r.o.^a.example\n"))
	require.NoError(t, err)
	require.Equal(t, wsc.CodeNoValidURLs, kept.Preview.Refusal.Code)
	read, err := c.PreviewUpload(t.Context(), kept.ID, client.Reading{Delimiter: "^", Encoding: "windows-1250"})
	require.NoError(t, err)
	require.Nil(t, read.Preview.Refusal)
	require.Equal(t, []string{"Příbram, s.r.o.", "a.example"}, read.Preview.Rows[0].Cells)
	require.Equal(t, []string{"^", "windows-1250"}, []string{read.Preview.Delimiter, read.Preview.Encoding})
	for option, reading := range map[string]client.Reading{"delimiter": {Delimiter: "^^"}, "encoding": {Encoding: "klingon"}} {
		wrong, err := c.PreviewUpload(t.Context(), kept.ID, reading)
		require.NoError(t, err)
		require.Equal(t, wsc.CodeInvalidOptions, wrong.Preview.Refusal.Code)
		require.Equal(t, "options."+option, wrong.Preview.Refusal.Field)
		_, err = c.SubmitURLs(t.Context(), wsc.SubmitRequest{UploadID: kept.ID, Options: wsc.Options{Delimiter: reading.Delimiter, Encoding: reading.Encoding}})
		require.Equal(t, wsc.CodeInvalidOptions, wsc.CodeOf(err))
	}

	job, err := c.SubmitURLs(t.Context(), wsc.SubmitRequest{UploadID: kept.ID, Options: wsc.Options{Delimiter: "^", Encoding: "windows-1250"}})
	require.NoError(t, err)
	require.Equal(t, read.Preview.List, *job.List)
	require.Equal(t, wsc.Options{Delimiter: "^", Encoding: "windows-1250"}, job.Options)
	b.results(t, job.ID, wsc.Result{Line: 2, URL: "a.example", Status: wsc.StatusActive, HTTPStatus: 200, CheckedAt: time.Now()})
	original := b.get(t, "/api/v1/jobs/"+job.ID+"/export?layout=original")
	require.Contains(t, string(original.body), "Firm,Website,")
	require.Contains(t, string(original.body), "\n\"Příbram, s.r.o.\",a.example,checked,2,active,")

	_, err = c.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{"a.example"}, Options: wsc.Options{Delimiter: ";"}})
	require.ErrorContains(t, err, "JSON has no delimiter to choose; leave delimiter out.")
}

func TestWaitingUploadsAreListed(t *testing.T) {
	b := newBundle(t)
	key, other := b.newKey(t, "mine"), b.newKey(t, "other")
	c, err := client.New(b.url, client.WithKey(key.Secret))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	none := b.as(t, key.Secret, http.MethodGet, "/api/v1/uploads", nil)
	require.JSONEq(t, `{"uploads":[]}`, string(none.body))

	first, err := c.Upload(t.Context(), "first.csv", strings.NewReader(leads))
	require.NoError(t, err)
	second, err := c.Upload(t.Context(), "second.txt", strings.NewReader("a.example\n"))
	require.NoError(t, err)
	require.Equal(t, http.StatusCreated, b.keepAs(t, other.Secret, "theirs.csv", leads).status)
	waiting, err := c.Uploads(t.Context())
	require.NoError(t, err)
	require.Equal(t, []wsc.WaitingUpload{second.Waiting(), first.Waiting()}, waiting)
	require.JSONEq(t, `{"uploads":[]}`, string(b.get(t, "/api/v1/uploads").body), "an administrator sees no more than their own")

	_, err = c.SubmitURLs(t.Context(), wsc.SubmitRequest{UploadID: second.ID})
	require.NoError(t, err)
	require.NoError(t, c.DeleteUpload(t.Context(), first.ID))
	waiting, err = c.Uploads(t.Context())
	require.NoError(t, err)
	require.Empty(t, waiting)
}

func TestASubmissionHasEitherURLsOrAnUpload(t *testing.T) {
	b := newBundle(t)
	id := b.keep(t, "leads.csv", leads).ID
	for _, test := range []struct {
		body, want, detail string
	}{
		{`{"upload_id":"` + id + `","urls":["a.example"]}`, "422 invalid_request", "not both"},
		{`{"urls":["a.example"],"upload_id":"` + id + `"}`, "422 invalid_request", "not both"},
		{`{"name":"x"}`, "422 invalid_request", "upload_id in its place"},
		{`{"upload_id":"` + id + `","upload_id":"` + id + `"}`, "400 invalid_json", "twice"},
		{`{"upload_id":5}`, "422 invalid_request", "must be a text"},
		{`{"upload_id":null}`, "422 invalid_request", "must be a text"},
		{`{"upload_id":"` + strings.Repeat("x", 300) + `"}`, "422 invalid_request", "at most 255"},
		{`{"upload_id":""}`, "404 not_found", "no such upload"},
		{`{"upload_id":"../../x"}`, "404 not_found", "no such upload"},
		{`{"upload_id":"` + unknownID + `"}`, "404 not_found", "no such upload"},
		{`{"upload_id":"` + id + `","name":"` + strings.Repeat("x", 300) + `"}`, "422 invalid_request", "at most 255"},
		{`{"upload_id":"` + id + `","name":"a/../../b"}`, "400 invalid_filename", "folders"},
		{`{"upload_id":"` + id + `","options":{"url_column":"none"}}`, "400 missing_column", "There is no column"},
		{`{"upload_id":"` + id + `","options":{"retries":9}}`, "422 invalid_options", "retries"},
	} {
		a := b.postJSON(t, "/api/v1/jobs", test.body)
		p := a.problem(t)
		require.Equal(t, test.want, fmt.Sprintf("%d %s", a.status, p.Code), test.body)
		require.Contains(t, p.Detail, test.detail, test.body)
	}
	require.Zero(t, b.workflows.started.Load())
	require.Len(t, files(t, b.blobDir), 1)
	require.Equal(t, http.StatusAccepted, b.postJSON(t, "/api/v1/jobs", `{"upload_id":"`+strings.ToUpper(id)+`"}`).status, "an id may be written in capitals")
}

func TestARepeatedSubmissionOfAnUploadIsReplayed(t *testing.T) {
	b := newBundle(t)
	body := `{"upload_id":"` + b.keep(t, "leads.csv", leads).ID + `"}`
	post := func() answer {
		return b.do(t, http.MethodPost, "/api/v1/jobs", strings.NewReader(body), "Content-Type", "application/json", "Idempotency-Key", "once")
	}
	first, again := post(), post()
	require.Equal(t, http.StatusAccepted, first.status)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	require.Equal(t, first.header.Get("Location"), again.header.Get("Location"))
	require.Equal(t, wsc.CodeNotFound, b.postJSON(t, "/api/v1/jobs", body).problem(t).Code, "without the key it is another submission")
}

func TestAnotherServerTakesTheUpload(t *testing.T) {
	b := newBundle(t)
	other := newBundle(t, func(s *setup) {
		s.keys.Store, s.api.Store, s.jobs.Store = b.store, b.store, b.store
		s.jobs.Blobs, s.api.Blobs = b.blobs, b.blobs
	})
	id := b.keep(t, "leads.csv", leads).ID
	require.Equal(t, http.StatusOK, other.get(t, "/api/v1/uploads/"+id).status)
	require.Equal(t, http.StatusAccepted, other.postJSON(t, "/api/v1/jobs", `{"upload_id":"`+id+`"}`).status)
	require.Equal(t, http.StatusNotFound, b.get(t, "/api/v1/uploads/"+id).status)
}

func TestAKeyHasNoMoreUploadsThanItMay(t *testing.T) {
	b := newBundle(t)
	key, other := b.newKey(t, "greedy"), b.newKey(t, "other")
	for range wsc.MaxWaitingUploads {
		require.Equal(t, http.StatusCreated, b.keepAs(t, key.Secret, "l.txt", "a.example\n").status)
	}
	requireQuotaExceeded(t, b.keepAs(t, key.Secret, "l.txt", "a.example\n"))
	require.Len(t, files(t, b.blobDir), wsc.MaxWaitingUploads)
	require.Equal(t, http.StatusCreated, b.keepAs(t, other.Secret, "l.txt", "a.example\n").status)
	requireEvent(t, b, wsc.EventQuotaExceeded, func(e wsc.SecurityEvent) { require.Equal(t, key.ID, e.KeyID) })
}

// slowRows is a store that is asked for uploads one after the other.
type slowRows struct {
	jobs.Store
	asked, goOn chan struct{}
}

func (s slowRows) Upload(ctx context.Context, id string) (*wsc.Upload, error) {
	s.asked <- struct{}{}
	<-s.goOn
	return s.Store.Upload(ctx, id)
}

// A small request makes the server read a large list, so that few do at a time.
func TestPreviewsAreBounded(t *testing.T) {
	rows := slowRows{asked: make(chan struct{}), goOn: make(chan struct{})}
	b := newBundle(t, func(s *setup) {
		rows.Store = s.jobs.Store
		s.jobs.Store = rows
		s.api.Limits.Previews, s.api.Limits.SlotWait = 2, 50*time.Millisecond
	})
	key, other := b.newKey(t, "greedy"), b.newKey(t, "other")
	answers := make(chan answer, 2)
	preview := func(secret string) { answers <- b.as(t, secret, http.MethodGet, "/api/v1/uploads/"+unknownID, nil) }
	go preview(key.Secret)
	<-rows.asked
	a := b.as(t, key.Secret, http.MethodGet, "/api/v1/uploads/"+unknownID, nil)
	require.Equal(t, wsc.CodeRateLimited, a.problem(t).Code)
	require.NotEmpty(t, a.header.Get("Retry-After"))
	go preview(other.Secret)
	<-rows.asked
	close(rows.goOn)
	for range 2 {
		require.Equal(t, http.StatusNotFound, (<-answers).status)
	}
}

func TestUploadsTakeNothingButAFile(t *testing.T) {
	b := newBundle(t)
	b.target = "/api/v1/uploads"
	file := part{name: "file", filename: "l.txt", content: "a.example\n"}
	for name, a := range map[string]answer{
		"422 invalid_request Unknown form field 'options'. The only field is file.":            b.upload(t, file, part{name: "options", content: "{}"}),
		"422 invalid_request Form field 'file' is given twice; send one list at a time.":       b.upload(t, file, file),
		"400 missing_file Form field 'file' is required.":                                      b.upload(t),
		"415 unsupported_media_type Send the list as multipart/form-data with the field file.": b.postJSON(t, b.target, `{"urls":["a.example"]}`),
	} {
		p := a.problem(t)
		require.Equal(t, name, fmt.Sprintf("%d %s %s", a.status, p.Code, p.Detail))
	}
	b.requireNothingLeft(t)
}

// A preview repeats hostile texts as data. The sentences that it makes of them are safe to print.
func TestHostileTextsInPreviews(t *testing.T) {
	b := newBundle(t)
	const hostile = "x<script>\x1b[31m\u202ey"
	id := b.keep(t, "l.csv", hostile+",b\n"+hostile+",a.example\nx,b.example\n").ID
	a := b.get(t, "/api/v1/uploads/"+id+"?url_column=x%3Cscript%3E%1b%5B31m%E2%80%AEy2")
	var upload wsc.Upload
	a.decode(t, &upload)
	require.Equal(t, hostile, upload.Preview.Columns[0])
	require.Equal(t, hostile, upload.Preview.Rows[0].Cells[0])
	for _, text := range append(upload.Preview.Warnings, upload.Preview.Refusal.Detail, upload.Preview.Refusal.Column) {
		require.NotContains(t, text, "\x1b")
		require.NotContains(t, text, "\u202e")
	}
	require.Equal(t, "application/json", a.header.Get("Content-Type"))
	require.Equal(t, http.StatusUnprocessableEntity, b.get(t, "/api/v1/uploads/"+id+"?url_column="+strings.Repeat("x", 256)).status)
	require.Equal(t, http.StatusUnprocessableEntity, b.get(t, "/api/v1/uploads/"+id+"?column=x").status)
}

// Looking at a large list takes as little memory as submitting it.
func TestLargeUploadsAreLookedAtInLittleMemory(t *testing.T) {
	const lines = 20<<20/generatedLineBytes - 1
	b := newBundle(t, func(s *setup) { s.jobs.MaxUploadBytes, s.jobs.MaxURLs = 20<<20, 1_000_000 })
	const before, after = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"large.csv\"\r\n\r\nname,url,note\n", "\r\n--x--\r\n"
	var upload wsc.Upload
	grown := peakMemory(func() {
		body := io.MultiReader(strings.NewReader(before), &generatedCSV{lines: lines}, strings.NewReader(after))
		request := b.request(t, http.MethodPost, "/api/v1/uploads", body)
		request.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		response, err := b.server.Client().Do(request)
		require.NoError(t, err)
		defer func() { require.NoError(t, response.Body.Close()) }()
		require.Equal(t, http.StatusCreated, response.StatusCode)
		require.NoError(t, json.NewDecoder(response.Body).Decode(&upload))
		require.Equal(t, http.StatusOK, b.get(t, "/api/v1/uploads/"+upload.ID+"?url_column=url").status)
	})
	t.Logf("20 MiB, %d lines: memory grew by %.1f MB, client included", lines, float64(grown)/1e6)
	require.EqualValues(t, lines, upload.Preview.URLs)
	require.Less(t, grown, int64(60e6))
	require.Empty(t, files(t, b.spool))
	require.WithinDuration(t, time.Now().Add(wsc.UploadLifetime), upload.ExpiresAt, time.Minute)
}
