package wsc

import (
	"slices"
	"strings"
	"time"
)

// JobSort names an order of jobs; a leading - reverses it. Jobs that are equal in it are in the order of their ids.
type JobSort string

// The orders of jobs.
const (
	JobsNewest   JobSort = "-created_at"
	JobsOldest   JobSort = "created_at"
	JobsByName   JobSort = "filename"
	JobsByNameZ  JobSort = "-filename"
	JobsSmallest JobSort = "total_urls"
	JobsLargest  JobSort = "-total_urls"
)

// JobSorts lists every order, the one that jobs have without asking first.
func JobSorts() []JobSort {
	return []JobSort{JobsNewest, JobsOldest, JobsByName, JobsByNameZ, JobsLargest, JobsSmallest}
}

// Key is what the order goes by, created_at, filename or total_urls, and whether it is reversed. The empty order is
// JobsNewest. The error has CodeInvalidRequest.
func (s JobSort) Key() (key string, desc bool, err error) {
	if s == "" {
		s = JobsNewest
	}
	if !slices.Contains(JobSorts(), s) {
		return "", false, Errorf(CodeInvalidRequest, "Jobs can't be sorted by %q.", s).At(Place{Field: "sort"})
	}
	key, desc = strings.CutPrefix(string(s), "-")
	return key, desc, nil
}

// JobFilter selects and pages jobs.
type JobFilter struct {
	// Owner limits the jobs to one owner; empty means all.
	Owner string
	// IDs limits the jobs to these; empty means all. What is no id names no job.
	IDs []string
	// Statuses limits the jobs to these statuses; empty means all.
	Statuses []JobStatus
	// Query limits the jobs to those whose file name contains it, ignoring case.
	Query string
	// Sort is the order, JobsNewest if empty. Names are compared by their characters' numbers, ignoring the case of A to Z.
	Sort JobSort
	// Limit is the most jobs to return, at least 1.
	Limit int
	// After continues behind this job; nil starts at the first.
	After *JobCursor
	// Back returns the jobs that stand before After instead, those nearest to it, in the same order.
	Back bool
}

// JobCursor is a position in the list of jobs: the creation time, name, size and id of a job seen. Orders need one of the
// first three.
type JobCursor struct {
	CreatedAt time.Time `json:"t"`
	Filename  string    `json:"n,omitempty"`
	TotalURLs int64     `json:"u,omitempty"`
	ID        string    `json:"i"`
}

// JobCursorOf is the position of a job in the order.
func JobCursorOf(job *Job, sort JobSort) JobCursor {
	cursor := JobCursor{CreatedAt: job.CreatedAt, ID: job.ID}
	switch sort {
	case JobsByName, JobsByNameZ:
		cursor.Filename = job.Filename
	case JobsSmallest, JobsLargest:
		cursor.TotalURLs = job.TotalURLs
	case JobsNewest, JobsOldest: // the creation time is the position
	}
	return cursor
}
