package temporalclient

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/workflows"
)

// Jobs starts, pauses and stops the workflows of jobs.
type Jobs struct {
	client client.Client
	// encrypted leaves out of the search attributes, which Temporal can't encrypt, what a list is called.
	encrypted bool
}

// NewJobs returns Jobs on a connection.
func NewJobs(c *Connection) *Jobs { return &Jobs{client: c.Client, encrypted: c.Encrypted} }

// Start starts the workflow of a job. A workflow that runs, or ran, under the job's id is left as it is.
func (j *Jobs) Start(ctx context.Context, job *wsc.Job) error {
	in := workflows.JobInput{JobID: job.ID, Owner: job.Owner, Filename: job.Filename, Scheduled: job.ScheduleID != ""}
	_, err := j.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.JobWorkflowID(job.ID),
		TaskQueue:                                workflows.QueueJobs,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StaticSummary:                            "Check " + job.Filename,
		StaticDetails:                            fmt.Sprintf("Uploaded %s by %s.", job.CreatedAt.UTC().Format(time.RFC3339), job.Owner),
		Priority:                                 temporal.Priority{FairnessKey: job.Owner},
		TypedSearchAttributes:                    j.searchAttributes(job),
	}, workflows.JobWorkflowName, in)
	return ignoreStarted(err, "start the job's workflow")
}

func (j *Jobs) searchAttributes(job *wsc.Job) temporal.SearchAttributes {
	updates := []temporal.SearchAttributeUpdate{
		temporal.NewSearchAttributeKeyKeyword(workflows.AttributeJobStatus).ValueSet(string(job.Status)),
		temporal.NewSearchAttributeKeyKeyword(workflows.AttributeJobPhase).ValueSet(string(job.Phase)),
		temporal.NewSearchAttributeKeyKeyword(workflows.AttributeOwner).ValueSet(job.Owner),
	}
	if !j.encrypted {
		updates = append(updates, temporal.NewSearchAttributeKeyKeyword(workflows.AttributeFilename).ValueSet(job.Filename))
	}
	return temporal.NewSearchAttributes(updates...)
}

// Cancel asks the workflow of a job to stop. It returns an error with wsc.CodeNotFound when none is running.
func (j *Jobs) Cancel(ctx context.Context, jobID string) error {
	err := j.client.CancelWorkflow(ctx, workflows.JobWorkflowID(jobID), "")
	if isNotFound(err) {
		return wsc.Errorf(wsc.CodeNotFound, "The job is not running.").Because(err)
	}
	return unavailable(err, "cancel the job's workflow")
}

// Pause asks the workflow of a job to begin no further checks. The request is kept until a worker carries it out. It
// returns an error with wsc.CodeNotFound when no workflow is running.
func (j *Jobs) Pause(ctx context.Context, jobID string) error { return j.setPaused(ctx, jobID, true) }

// Resume asks the workflow of a paused job to go on, see Pause.
func (j *Jobs) Resume(ctx context.Context, jobID string) error { return j.setPaused(ctx, jobID, false) }

func (j *Jobs) setPaused(ctx context.Context, jobID string, paused bool) error {
	err := j.client.SignalWorkflow(ctx, workflows.JobWorkflowID(jobID), "", workflows.SignalPause, workflows.PauseRequest{Paused: paused})
	if isNotFound(err) {
		return wsc.Errorf(wsc.CodeNotFound, "The job is not running.").Because(err)
	}
	return unavailable(err, "signal the job's workflow")
}

// Terminate ends the workflows of a job at once, the one that would delete it later included.
func (j *Jobs) Terminate(ctx context.Context, jobID, reason string) error {
	for _, id := range []string{workflows.JobWorkflowID(jobID), workflows.CleanupWorkflowID(jobID)} {
		if err := j.client.TerminateWorkflow(ctx, id, "", reason); err != nil && !isNotFound(err) {
			return unavailable(err, "terminate workflow "+id)
		}
	}
	return nil
}

// Ping reports whether Temporal answers.
func (j *Jobs) Ping(ctx context.Context) error {
	_, err := j.client.CheckHealth(ctx, &client.CheckHealthRequest{})
	return unavailable(err, "ask for Temporal's health")
}

// ScheduleCleanup starts the workflow that deletes a job, delayed. Scheduling twice is no error.
func (j *Jobs) ScheduleCleanup(ctx context.Context, jobID string, delay time.Duration) error {
	_, err := j.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID:                                       workflows.CleanupWorkflowID(jobID),
		TaskQueue:                                workflows.QueueJobs,
		WorkflowIDReusePolicy:                    enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
		StartDelay:                               delay,
		StaticSummary:                            "Delete job " + jobID,
	}, workflows.CleanupWorkflowName, workflows.CleanupInput{JobID: jobID})
	return ignoreStarted(err, "schedule the clean-up")
}

func ignoreStarted(err error, doing string) error {
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return nil
	}
	return unavailable(err, doing)
}

func isNotFound(err error) bool {
	var notFound *serviceerror.NotFound
	return errors.As(err, &notFound)
}

// unavailable turns an error of the connection into one that clients understand; nil stays nil.
func unavailable(err error, doing string) error {
	if err == nil {
		return nil
	}
	return wsc.Errorf(wsc.CodeTemporalUnavailable, "The workflow service does not answer; try again in a moment.").
		Because(fmt.Errorf("%s: %w", doing, err))
}
