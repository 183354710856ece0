package wsc

// Change is how the result of a URL differs between two jobs.
type Change string

// The changes from an earlier job to a later one. "Broken" is a result that is not active.
const (
	// ChangeNew: broken now, and active or absent before.
	ChangeNew Change = "new"
	// ChangeFixed: active now, broken before.
	ChangeFixed Change = "fixed"
	// ChangeStillBroken: broken in both.
	ChangeStillBroken Change = "still_broken"
	// ChangeChanged: active in both, with another HTTP status or another final URL.
	ChangeChanged Change = "changed"
	// ChangeAdded: active now, absent before.
	ChangeAdded Change = "added"
	// ChangeRemoved: only in the earlier job.
	ChangeRemoved Change = "removed"
)

// Changes lists every change, those first that need attention.
func Changes() []Change {
	return []Change{ChangeNew, ChangeStillBroken, ChangeFixed, ChangeChanged, ChangeAdded, ChangeRemoved}
}

// DiffCounts count URLs by how their results differ. URLs are matched in their normalised form.
type DiffCounts struct {
	New         int64 `json:"new" doc:"URLs that are broken (not active) in the later job, and active or absent in the earlier one."`
	Fixed       int64 `json:"fixed" doc:"URLs that are active now and were broken before."`
	StillBroken int64 `json:"still_broken" doc:"URLs that are broken in both."`
	Changed     int64 `json:"changed" doc:"URLs that are active in both, with another HTTP status or final URL."`
	Added       int64 `json:"added" doc:"URLs that are active now and absent in the earlier job."`
	Removed     int64 `json:"removed" doc:"URLs that only the earlier job has."`
	Same        int64 `json:"same" doc:"URLs that are active in both, with the same HTTP status and final URL."`
}

// Add adds URLs with the change to their counter; those with no change of Changes are the same in both jobs.
func (c *DiffCounts) Add(change Change, count int64) {
	switch change {
	case ChangeNew:
		c.New += count
	case ChangeFixed:
		c.Fixed += count
	case ChangeStillBroken:
		c.StillBroken += count
	case ChangeChanged:
		c.Changed += count
	case ChangeAdded:
		c.Added += count
	case ChangeRemoved:
		c.Removed += count
	default:
		c.Same += count
	}
}

// Diff compares a job with an earlier one, page by page.
type Diff struct {
	Earlier    string      `json:"earlier" format:"uuid" doc:"The job that was compared with."`
	Later      string      `json:"later" format:"uuid" doc:"The job that was compared."`
	Counts     DiffCounts  `json:"counts" doc:"URLs by change, over the whole of both jobs."`
	Entries    []DiffEntry `json:"entries" doc:"URLs with the change asked for, in the order of the later job; removed ones come last."`
	NextCursor string      `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last one."`
}

// DiffEntry is one URL in both jobs.
type DiffEntry struct {
	NormalizedURL string      `json:"normalized_url" doc:"The URL."`
	Change        Change      `json:"change" enum:"new,fixed,still_broken,changed,added,removed" doc:"How its result differs."`
	Before        *DiffResult `json:"before,omitempty" doc:"The result in the earlier job; absent if it does not have the URL."`
	After         *DiffResult `json:"after,omitempty" doc:"The result in the later job; absent if it does not have the URL."`
}

// DiffResult is what a comparison shows of a result.
type DiffResult struct {
	Seq            int64     `json:"seq" doc:"Position of the result in its job, from 0."`
	Line           int64     `json:"line" doc:"First line of the upload with this URL, from 1."`
	Status         Status    `json:"status" enum:"active,inactive,error" doc:"Outcome."`
	HTTPStatus     int       `json:"http_status,omitempty" doc:"Final HTTP status code; absent without an answer."`
	ErrorKind      ErrorKind `json:"error_kind,omitempty" doc:"What went wrong, one of a fixed list."`
	FinalURL       string    `json:"final_url,omitempty" doc:"URL after redirects."`
	ResponseTimeMS float64   `json:"response_time" doc:"Milliseconds from start to the end of the body."`
}

// DiffFilter selects and pages the entries of a comparison. The zero value selects all but what is the same.
type DiffFilter struct {
	// Changes limits the entries to these; empty means all.
	Changes []Change
	// Limit is the most entries to return, at least 1.
	Limit int
	// After continues behind this position; nil starts at the first.
	After *DiffCursor
}

// DiffCursor is a position in the entries of a comparison: the Seq of the last one seen, in the later job, or in the
// earlier one if it was removed.
type DiffCursor struct {
	Removed bool  `json:"r,omitempty"`
	Seq     int64 `json:"q"`
}

// DiffCursorOf returns the position of an entry.
func DiffCursorOf(entry *DiffEntry) DiffCursor {
	if entry.After == nil {
		return DiffCursor{Removed: true, Seq: entry.Before.Seq}
	}
	return DiffCursor{Seq: entry.After.Seq}
}
