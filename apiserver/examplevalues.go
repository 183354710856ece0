package apiserver

import (
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
)

// The values in this file tell one story: a list of five lines was uploaded on a Monday morning, and one of its sites
// answers 404 while another does not exist any more.

const (
	exampleJobID   = "01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"
	exampleAgainID = "01980f5f-51c4-7d2e-9f60-6b7c8d9e0f1a"
)

// exampleTime is a moment of the story, in seconds after it begins.
func exampleTime(second int) time.Time {
	return time.Date(2026, time.March, 2, 8, 30, second, 0, time.UTC)
}

func exampleOptions() wsc.Options {
	return wsc.Options{TimeoutMS: 5000, Retries: new(1), AcceptStatus: "200-299,304", CaptureTitle: true, SlowMS: 2000}
}

// exampleList is the beginning of the list.
const exampleList = "Company;Website\nExample Ltd;example.com\n"

// exampleUpload is the list before it was submitted.
func exampleUpload() wsc.Upload {
	row := func(line int64, company, url string) wsc.PreviewRow {
		return wsc.PreviewRow{Line: line, Cells: []string{company, url}, URL: url}
	}
	return wsc.Upload{
		ID: "01980f5e-6c1d-7a2e-8b3f-4a5b6c7d8e9f", Filename: "leads.csv", Size: 173, CreatedAt: exampleTime(0), ExpiresAt: exampleTime(0).Add(wsc.UploadLifetime),
		Preview: &wsc.Preview{
			List: *exampleJob().List,
			Rows: []wsc.PreviewRow{
				row(2, "Example Ltd", "example.com"), row(3, "The Shop", "https://shop.example.org/sale"), row(4, "Old Name", "old.example.net"),
				row(5, "The Blog", "blog.example.com"), row(6, "Example again", "https://example.com/"),
			},
			URLs: 5, Duplicates: 1, Problems: []wsc.PreviewRow{},
			Warnings: []string{"1 line repeats a URL that an earlier line already has; every URL is checked once."},
		},
	}
}

func exampleUploadList() wsc.UploadList {
	upload := exampleUpload()
	return wsc.UploadList{Uploads: []wsc.WaitingUpload{upload.Waiting()}}
}

// exampleJob is the job when it was accepted.
func exampleJob() wsc.Job {
	return wsc.Job{
		ID: exampleJobID, Filename: "leads.csv", Status: wsc.JobPending, Phase: wsc.PhaseValidating, Options: exampleOptions(),
		List:      &wsc.List{Format: "csv", Encoding: "utf-8", Delimiter: ";", HasHeader: true, Columns: []string{"Company", "Website"}, URLColumn: "Website", ChosenBy: "header"},
		CreatedAt: exampleTime(0), UpdatedAt: exampleTime(0),
	}
}

// exampleRunningJob is the job a few seconds later.
func exampleRunningJob() wsc.Job {
	job := exampleJob()
	job.Status, job.Phase = wsc.JobProcessing, wsc.PhaseChecking
	job.StartedAt, job.UpdatedAt = new(exampleTime(0)), exampleTime(2)
	job.JobCounts = wsc.JobCounts{TotalURLs: 4, ProcessedURLs: 3, ActiveCount: 1, InactiveCount: 1, ErrorCount: 1, DuplicateCount: 1}
	return job
}

// examplePausedJob is the job when it was paused meanwhile.
func examplePausedJob() wsc.Job {
	job := exampleRunningJob()
	job.Status = wsc.JobPaused
	return job
}

// exampleFinishedJob is the job at its end.
func exampleFinishedJob() wsc.Job {
	job := exampleRunningJob()
	job.Status, job.Phase, job.Pass = wsc.JobCompleted, wsc.PhaseDone, 1
	job.ProcessedURLs, job.ActiveCount = 4, 2
	job.UpdatedAt, job.FinishedAt, job.ExpiresAt = exampleTime(9), new(exampleTime(8)), new(exampleTime(8).Add(24*time.Hour))
	return job
}

// exampleAgainJob checks again what was not active in the job.
func exampleAgainJob() wsc.Job {
	job := exampleJob()
	job.ID, job.Filename, job.RetryOf = exampleAgainID, "leads (again).ndjson", exampleJobID
	job.List = &wsc.List{Format: "ndjson", Encoding: "utf-8", HasHeader: true, Columns: []string{"url"}, URLColumn: "url", ChosenBy: "header"}
	job.CreatedAt, job.UpdatedAt = exampleTime(55), exampleTime(55)
	return job
}

// exampleKeptJob is the job when it was decided to keep it for a month.
func exampleKeptJob() wsc.Job {
	job := exampleFinishedJob()
	job.ExpiresAt, job.UpdatedAt = new(exampleTime(0).AddDate(0, 1, 0)), exampleTime(40)
	return job
}

// exampleDoomedJob is the job while its deletion can be taken back.
func exampleDoomedJob() wsc.Job {
	job := exampleFinishedJob()
	job.DeleteAt, job.UpdatedAt = new(exampleTime(70)), exampleTime(40)
	return job
}

func exampleProgress() wsc.Progress {
	progress := wsc.ProgressOf(new(exampleRunningJob()))
	progress.Rate, progress.ETASeconds = 1.5, new(0.7)
	return progress
}

// exampleResults are the job's first three: a good page, a missing one, and a host that does not exist.
func exampleResults() []wsc.Result {
	return []wsc.Result{
		exampleResult(),
		{
			Seq: 1, Line: 3, URL: "https://shop.example.org/sale", NormalizedURL: "https://shop.example.org/sale", Host: "shop.example.org",
			Status: wsc.StatusInactive, HTTPStatus: 404, ResponseTimeMS: 88.412,
			Timings:  &wsc.Timings{DNS: 1.204, Connect: 11.902, TLS: 24.118, TTFB: 50.301, Download: 0.887, Total: 88.412},
			FinalURL: "https://shop.example.org/sale", Protocol: "http/1.1", RemoteIP: "203.0.113.24", ContentType: "text/html",
			Attempts: 1, CheckedAt: exampleTime(1),
		},
		{
			Seq: 2, Line: 4, URL: "old.example.net", NormalizedURL: "https://old.example.net/", Host: "old.example.net",
			Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain, ErrorMessage: wsc.KindDNSNXDomain.Sentence(), ResponseTimeMS: 3.051,
			Timings: &wsc.Timings{DNS: 3.051, Total: 3.051}, Attempts: 1, CheckedAt: exampleTime(1),
		},
	}
}

// exampleResult is a page that was reached over a redirect.
func exampleResult() wsc.Result {
	return wsc.Result{
		Seq: 0, Line: 2, URL: "example.com", NormalizedURL: "https://example.com/", Host: "example.com",
		Status: wsc.StatusActive, HTTPStatus: 200, ResponseTimeMS: 142.733,
		Timings:   &wsc.Timings{DNS: 0.912, Connect: 9.204, TLS: 21.377, TTFB: 27.127, Download: 1.31, Total: 59.93},
		FinalURL:  "https://www.example.com/",
		Redirects: []wsc.Redirect{{URL: "https://example.com/", HTTPStatus: 301, TimeMS: 82.803}},
		TLS: &wsc.TLSInfo{
			Version: "TLS 1.3", Subject: "www.example.com", Issuer: "Example Trust Services", NotAfter: time.Date(2026, time.May, 11, 23, 59, 59, 0, time.UTC), DaysLeft: 70,
		},
		Protocol: "h2", RemoteIP: "203.0.113.7", ContentType: "text/html; charset=utf-8", ContentLength: new(int64(1256)), Title: "Example Domain",
		Headers:  map[string]string{"Cache-Control": "max-age=3600", "Server": "nginx"},
		Attempts: 1, CheckedAt: exampleTime(1),
	}
}

func exampleStats() wsc.Stats {
	return wsc.Stats{
		Total:        4,
		ByStatus:     map[string]int64{"active": 2, "inactive": 1, "error": 1},
		ByHTTPStatus: map[string]int64{"200": 2, "404": 1},
		ByErrorKind:  map[string]int64{"dns_nxdomain": 1},
		Slow:         1,
		ResponseTime: wsc.ResponseTimes{
			Count: 3, Mean: 864.381, P50: 142.733, P90: 2362, P95: 2362, P99: 2362, Max: 2362,
			Histogram: []wsc.HistogramBucket{{UpTo: 50}, {UpTo: 100, Count: 1}, {UpTo: 200, Count: 1}, {UpTo: 2000}, {UpTo: 3000, Count: 1}, {}},
		},
		SlowestHosts: []wsc.HostStats{{Host: "blog.example.com", Count: 1, MeanMS: 2362}, {Host: "example.com", Count: 1, MeanMS: 142.733}},
		FailingHosts: []wsc.HostFailures{{Host: "gone.example", Failed: 1, Count: 1}, {Host: "shop.example.org", Failed: 1, Count: 1}},
		Throughput:   []wsc.Throughput{{At: time.Date(2026, time.March, 2, 9, 0, 4, 0, time.UTC), Seconds: 1, Active: 2, Inactive: 1, Error: 1}},
		ExpiringCert: []wsc.ExpiringCert{{Host: "shop.example.org", NotAfter: time.Date(2026, time.March, 11, 12, 0, 0, 0, time.UTC), DaysLeft: 9}},
	}
}

// exampleDiff compares the job that checked two URLs again with the first one, in which four were.
func exampleDiff() wsc.Diff {
	shop := exampleResults()[1]
	before := wsc.DiffResult{Seq: shop.Seq, Line: shop.Line, Status: shop.Status, HTTPStatus: shop.HTTPStatus, FinalURL: shop.FinalURL, ResponseTimeMS: shop.ResponseTimeMS}
	after := before
	after.Seq, after.Line, after.Status, after.HTTPStatus, after.ResponseTimeMS = 0, 1, wsc.StatusActive, 200, 91.207
	return wsc.Diff{
		Earlier: exampleJobID, Later: exampleAgainID, Counts: wsc.DiffCounts{Fixed: 1, StillBroken: 1, Removed: 2},
		Entries:    []wsc.DiffEntry{{NormalizedURL: shop.NormalizedURL, Change: wsc.ChangeFixed, Before: &before, After: &after}},
		NextCursor: encodeCursor(wsc.DiffCursor{Seq: 0}),
	}
}

// exampleExport is the export of the results as a text.
func exampleExport(format export.Format) (string, error) {
	var text strings.Builder
	job := exampleFinishedJob()
	rows, err := export.NewWriter(format, &text, export.Options{Job: &job})
	if err != nil {
		return "", err
	}
	for _, result := range exampleResults() {
		if err := rows.Write(&result); err != nil {
			return "", err
		}
	}
	return text.String(), rows.Close()
}
