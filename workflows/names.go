// Package workflows orchestrates jobs. Everything in it is deterministic; side effects are in package activities.
package workflows

import (
	"strings"

	"go.temporal.io/sdk/temporal"
)

// Task queues. Workflows and light activities, activities that read or write whole lists, and network checks wait in
// queues of their own, so that none holds up another. The checks of small lists have one apart from the others: a
// priority lets them overtake what waits, but not what a worker has under way, which may take minutes.
const (
	QueueJobs        = "wsc-jobs"
	QueueFiles       = "wsc-files"
	QueueChecks      = "wsc-checks"
	QueueSmallChecks = "wsc-checks-small"
)

// Queues lists every task queue.
func Queues() []string { return []string{QueueJobs, QueueFiles, QueueChecks, QueueSmallChecks} }

// Names under which the workflows are registered, of the query for a job's progress, and of the signal, with a
// PauseRequest, that pauses and resumes a job.
const (
	JobWorkflowName     = "JobWorkflow"
	CleanupWorkflowName = "CleanupWorkflow"
	QueryProgress       = "progress"
	SignalPause         = "pause"
)

const (
	jobPrefix     = "job/"
	cleanupPrefix = "cleanup/"
)

// JobWorkflowID is the id of the workflow that runs a job.
func JobWorkflowID(jobID string) string { return jobPrefix + jobID }

// CleanupWorkflowID is the id of the workflow that deletes a job.
func CleanupWorkflowID(jobID string) string { return cleanupPrefix + jobID }

// JobOfWorkflow is the id of the job that a workflow belongs to, "" if it belongs to none.
func JobOfWorkflow(workflowID string) string {
	for _, prefix := range []string{jobPrefix, cleanupPrefix} {
		if jobID, found := strings.CutPrefix(workflowID, prefix); found {
			return jobID
		}
	}
	return ""
}

// Names of the search attributes that let an operator find jobs in the Temporal UI.
const (
	AttributeJobStatus = "WscJobStatus"
	AttributeJobPhase  = "WscJobPhase"
	AttributeOwner     = "WscOwner"
	AttributeFilename  = "WscFilename"
	AttributeURLs      = "WscUrls"
)

// KeywordAttributes lists the search attributes of type Keyword; IntAttributes those of type Int.
func KeywordAttributes() []string {
	return []string{AttributeJobStatus, AttributeJobPhase, AttributeOwner, AttributeFilename}
}

// IntAttributes lists the search attributes of type Int.
func IntAttributes() []string { return []string{AttributeURLs} }

// attributes are the typed keys of the search attributes that the workflow itself keeps up to date.
type attributes struct {
	status temporal.SearchAttributeKeyKeyword
	phase  temporal.SearchAttributeKeyKeyword
	urls   temporal.SearchAttributeKeyInt64
}

func newAttributes() attributes {
	return attributes{
		status: temporal.NewSearchAttributeKeyKeyword(AttributeJobStatus),
		phase:  temporal.NewSearchAttributeKeyKeyword(AttributeJobPhase),
		urls:   temporal.NewSearchAttributeKeyInt64(AttributeURLs),
	}
}
