package wsc

import "time"

// JobPage is one page of jobs.
type JobPage struct {
	Jobs       []Job  `json:"jobs" doc:"Jobs in the order asked for."`
	NextCursor string `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last one."`
	PrevCursor string `json:"prev_cursor,omitempty" doc:"Pass as cursor to get the page before; absent on the first one."`
}

// ResultPage is one page of results.
type ResultPage struct {
	Results    []Result `json:"results" doc:"Results in the order asked for."`
	NextCursor string   `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last one."`
	PrevCursor string   `json:"prev_cursor,omitempty" doc:"Pass as cursor to get the page before; absent on the first one."`
	Matching   *int64   `json:"matching,omitempty" doc:"How many results of the job the filter selects so far; absent when counting them would take too long."`
}

// SubmitRequest submits a list of URLs as JSON.
type SubmitRequest struct {
	URLs     []string `json:"urls,omitempty" minItems:"1" doc:"The URLs to check." example:"[\"https://example.com/\",\"example.org\"]"`
	UploadID string   `json:"upload_id,omitempty" format:"uuid" doc:"An upload to check instead of urls; it is used up by this."`
	Name     string   `json:"name,omitempty" maxLength:"255" doc:"Name of the list, shown like a file name." example:"my list"`
	Options  Options  `json:"options,omitzero" doc:"How to check; what is absent has its default."`
}

// CheckRequest asks for one URL to be checked now.
type CheckRequest struct {
	URL     string  `json:"url" minLength:"1" maxLength:"4096" doc:"The URL to check." example:"https://example.com/"`
	Options Options `json:"options,omitzero" doc:"How to check; retries, url_column, sheet, delimiter, encoding and retention_hours have no meaning here."`
}

// Progress is the data of a progress event and of the final done event.
type Progress struct {
	JobID       string     `json:"job_id" doc:"Identifier of the job."`
	Status      JobStatus  `json:"status" doc:"State of the job."`
	Phase       JobPhase   `json:"phase" doc:"What the job is doing."`
	Pass        int        `json:"pass" doc:"Sweep over the list, from 0."`
	NextRetryAt *time.Time `json:"next_retry_at,omitempty" doc:"While waiting_to_retry: when the next pass begins (UTC)."`
	JobCounts
	Percent      float64  `json:"percent" doc:"Processed share of total, 0 to 100."`
	Rate         float64  `json:"rate" doc:"Results per second over the last seconds."`
	ETASeconds   *float64 `json:"eta_seconds,omitempty" doc:"Estimated seconds until the last result; absent while unknown."`
	ErrorMessage string   `json:"error_message,omitempty" doc:"Why the job failed, in a sentence."`
}

// ProgressOf is the progress of a job at this moment, without rate and estimate.
func ProgressOf(job *Job) Progress {
	p := Progress{
		JobID: job.ID, Status: job.Status, Phase: job.Phase, Pass: job.Pass, NextRetryAt: job.NextRetryAt,
		JobCounts: job.JobCounts, ErrorMessage: job.ErrorMessage,
	}
	if job.TotalURLs > 0 {
		p.Percent = 100 * float64(job.ProcessedURLs) / float64(job.TotalURLs)
	}
	return p
}

// Problem is an error answer of the API, RFC 9457.
type Problem struct {
	Type   string `json:"type" doc:"URI of the error's description." example:"about:blank"`
	Title  string `json:"title" doc:"Short name of the HTTP status." example:"Bad Request"`
	Status int    `json:"status" doc:"HTTP status." example:"400"`
	Detail string `json:"detail" doc:"What is wrong and what to do, in a sentence."`
	Code   Code   `json:"code" doc:"Stable name of the error." example:"empty_upload"`
	Place
	Errors    []FieldError `json:"errors,omitempty" doc:"Each field that is wrong, when there are several."`
	RequestID string       `json:"request_id,omitempty" doc:"Identifier of the request in the server's log."`
}

// FieldError is one wrong field of a request.
type FieldError struct {
	Field   string `json:"field" doc:"The field." example:"body.urls"`
	Message string `json:"message" doc:"What is wrong with it."`
}
