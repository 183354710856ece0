package wsc

import "time"

// JobStatus is the coarse state of a job.
type JobStatus string

// The statuses of a job. Completed, failed and cancelled are final.
const (
	JobPending    JobStatus = "pending"
	JobProcessing JobStatus = "processing"
	JobPaused     JobStatus = "paused"
	JobCompleted  JobStatus = "completed"
	JobFailed     JobStatus = "failed"
	JobCancelled  JobStatus = "cancelled"
)

// JobStatuses lists every status in the order of a job's life.
func JobStatuses() []JobStatus {
	return []JobStatus{JobPending, JobProcessing, JobPaused, JobCompleted, JobFailed, JobCancelled}
}

// Terminal reports whether a job in this status never changes its status again.
func (s JobStatus) Terminal() bool {
	return s == JobCompleted || s == JobFailed || s == JobCancelled
}

// JobPhase says what a job is doing, finer than its status and meant for people.
type JobPhase string

// The phases of a job, in order; checking and waiting_to_retry alternate.
const (
	PhaseValidating     JobPhase = "validating"
	PhaseParsing        JobPhase = "parsing"
	PhaseChecking       JobPhase = "checking"
	PhaseWaitingToRetry JobPhase = "waiting_to_retry"
	PhaseExporting      JobPhase = "exporting"
	PhaseDone           JobPhase = "done"
)

// IdempotencyWindow is how long an idempotency key stands for the job that was submitted with it. After that the key is
// free, whether the job still exists or not.
const IdempotencyWindow = 24 * time.Hour

// Job is one uploaded list and its run.
type Job struct {
	ID       string    `json:"id" format:"uuid" doc:"Identifier of the job, a UUIDv7."`
	Owner    string    `json:"key_id,omitempty" doc:"Id of the API key that submitted the job; local is the admin key of the configuration."`
	Filename string    `json:"filename" doc:"Name of the uploaded file, without folders." example:"websites.csv"`
	Status   JobStatus `json:"status" enum:"pending,processing,paused,completed,failed,cancelled" doc:"State of the job; completed, failed and cancelled are final."`
	Phase    JobPhase  `json:"phase" enum:"validating,parsing,checking,waiting_to_retry,exporting,done" doc:"What the job is doing, finer than its status."`

	Pass        int        `json:"pass" doc:"Sweep over the list: 0 is the first, later ones re-try what failed transiently."`
	NextRetryAt *time.Time `json:"next_retry_at,omitempty" doc:"While waiting_to_retry: when the next pass begins (UTC)."`

	JobCounts

	// Options have MaskedHeaderValue for every header value once the job was stored.
	Options Options `json:"options" doc:"The options given at submission, with *** for the values of headers; what is absent has its default."`
	// SealedHeaders are the header values of Options, a JSON object, sealed for JobHeadersPurpose; "" if there are none.
	SealedHeaders string `json:"-"`
	// PlainHeaders are those of a job that was stored before header values were sealed.
	PlainHeaders map[string]string `json:"-"`

	List *List `json:"list,omitempty" doc:"How the upload was read: format, encoding, sheet, URL column."`

	// ClaimedURLs is what the job counts against its owner's quota of stored URLs.
	ClaimedURLs int64 `json:"-"`

	UploadPath     string            `json:"-"`
	ExportPaths    map[string]string `json:"-"`
	ScheduleID     string            `json:"schedule_id,omitempty" doc:"The schedule that fired this job, if any."`
	RetryOf        string            `json:"retry_of,omitempty" doc:"The job whose results that were not active this job checks again, if any."`
	IdempotencyKey string            `json:"-"`
	RequestHash    string            `json:"-"`
	ErrorMessage   string            `json:"error_message,omitempty" doc:"Why the job failed, in a sentence."`

	CreatedAt  time.Time  `json:"created_at" doc:"When the upload was accepted (UTC)."`
	UpdatedAt  time.Time  `json:"updated_at" doc:"When the job last changed (UTC)."`
	StartedAt  *time.Time `json:"started_at,omitempty" doc:"When work on the job began (UTC)."`
	FinishedAt *time.Time `json:"finished_at,omitempty" doc:"When the job reached its final status (UTC)."`
	ExpiresAt  *time.Time `json:"expires_at,omitempty" doc:"When the job and its results are deleted (UTC)."`
	DeleteAt   *time.Time `json:"delete_at,omitempty" doc:"When the deletion that was asked for happens (UTC). Until then the job can be restored."`
}

// JobChange changes a job; what is absent stays as it is.
type JobChange struct {
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When the job and its results are deleted (UTC): at least a minute and at most a year from now. Only for jobs with a final status."`
}

// JobCounts are the counters of a job. They change in the same transaction as the result rows, so
// ProcessedURLs = ActiveCount + InactiveCount + ErrorCount = the number of result rows, and
// TotalURLs = targets + InvalidCount is what ProcessedURLs reaches when the job completes.
type JobCounts struct {
	TotalURLs      int64 `json:"total_urls" doc:"Results that the job will have: unique URLs plus invalid lines. 0 until the list was parsed."`
	ProcessedURLs  int64 `json:"processed_urls" doc:"Results so far."`
	ActiveCount    int64 `json:"active_count" doc:"Results with status active."`
	InactiveCount  int64 `json:"inactive_count" doc:"Results with status inactive."`
	ErrorCount     int64 `json:"error_count" doc:"Results with status error, invalid lines included."`
	InvalidCount   int64 `json:"invalid_count" doc:"Lines that hold no checkable URL; each is also a result with status error."`
	DuplicateCount int64 `json:"duplicate_count" doc:"Lines whose URL an earlier line already has."`
	BlankCount     int64 `json:"blank_count" doc:"Lines with nothing in them."`
}

// List describes how an uploaded list was read.
type List struct {
	Format    string   `json:"format" doc:"csv, tsv, txt, xlsx, json or ndjson." example:"csv"`
	Encoding  string   `json:"encoding" doc:"Character encoding of the upload." example:"utf-8"`
	Delimiter string   `json:"delimiter,omitempty" doc:"Field delimiter of a CSV or TSV file." example:","`
	HasHeader bool     `json:"has_header" doc:"Whether the first row holds column names."`
	Sheet     string   `json:"sheet,omitempty" doc:"Sheet of the workbook that was read."`
	Columns   []string `json:"columns,omitempty" doc:"Column names, or letters where there is no header."`
	URLColumn string   `json:"url_column,omitempty" doc:"The column that the URLs were taken from."`
	ChosenBy  string   `json:"chosen_by,omitempty" enum:"option,header,content,only_column" doc:"Why that column: asked for, named like a URL column, most of its cells look like URLs, or the only one."`
}

// JobTotals is what the parsed list says about a job.
type JobTotals struct {
	TotalURLs      int64
	DuplicateCount int64
	BlankCount     int64
	List           *List
}

// JobFinish is the final status of a job and when it was reached.
type JobFinish struct {
	Status       JobStatus
	ErrorMessage string
	FinishedAt   time.Time
	ExpiresAt    time.Time
}
