package telemetry

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/website-status-checker/wsc/internal/correlation"
	"github.com/website-status-checker/wsc/workflows"
)

// Interceptor reports what goes wrong in activities and workflows: panics, and errors that nobody expected. What a
// workflow does while it is replayed was reported when it happened first, if it happened then, and is not reported.
func (s *Sentry) Interceptor() interceptor.Interceptor {
	if s == nil {
		return nil
	}
	return &reporting{sentry: s}
}

type reporting struct {
	interceptor.InterceptorBase
	sentry *Sentry
}

// InterceptActivity wraps an activity.
func (r *reporting) InterceptActivity(_ context.Context, next interceptor.ActivityInboundInterceptor) interceptor.ActivityInboundInterceptor {
	wrapped := &reportedActivity{sentry: r.sentry}
	wrapped.Next = next
	return wrapped
}

// InterceptWorkflow wraps a workflow.
func (r *reporting) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	wrapped := &reportedWorkflow{sentry: r.sentry}
	wrapped.Next = next
	return wrapped
}

type reportedActivity struct {
	interceptor.ActivityInboundInterceptorBase
	sentry *Sentry
}

// ExecuteActivity runs the activity.
func (a *reportedActivity) ExecuteActivity(ctx context.Context, in *interceptor.ExecuteActivityInput) (any, error) {
	info := activity.GetInfo(ctx)
	at := []slog.Attr{
		slog.String("at", "activity "+info.ActivityType.Name),
		slog.String("workflow_id", info.WorkflowExecution.ID), slog.Int("attempt", int(info.Attempt)),
	}
	defer func() {
		if recovered := recover(); recovered != nil {
			a.sentry.ReportPanic(ctx, recovered, at...)
			panic(recovered) // the SDK makes a failure of it
		}
	}()
	result, err := a.Next.ExecuteActivity(ctx, in)
	if ctx.Err() == nil { // what breaks when it is broken off is no fault
		a.sentry.Report(ctx, err, at...)
	}
	return result, err
}

type reportedWorkflow struct {
	interceptor.WorkflowInboundInterceptorBase
	sentry *Sentry
}

// Init wraps the calls of the workflow, for the coroutines that it starts.
func (w *reportedWorkflow) Init(next interceptor.WorkflowOutboundInterceptor) error {
	outbound := &reportedCoroutines{workflow: w}
	outbound.Next = next
	return w.Next.Init(outbound)
}

// ExecuteWorkflow runs the workflow.
func (w *reportedWorkflow) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	defer w.reportPanic(ctx)
	result, err := w.Next.ExecuteWorkflow(ctx, in)
	if !workflow.IsReplaying(ctx) {
		w.sentry.Report(workflowIDs(ctx), err, workflowPlace(ctx)...)
	}
	return result, err
}

// reportPanic is to be deferred. The panic goes on: the SDK fails the workflow task.
func (w *reportedWorkflow) reportPanic(ctx workflow.Context) {
	recovered := recover()
	if recovered == nil {
		return
	}
	if !workflow.IsReplaying(ctx) {
		w.sentry.ReportPanic(workflowIDs(ctx), recovered, workflowPlace(ctx)...)
	}
	panic(recovered)
}

type reportedCoroutines struct {
	interceptor.WorkflowOutboundInterceptorBase
	workflow *reportedWorkflow
}

// Go starts a coroutine.
func (c *reportedCoroutines) Go(ctx workflow.Context, name string, run func(workflow.Context)) workflow.Context {
	return c.Next.Go(ctx, name, func(ctx workflow.Context) {
		defer c.workflow.reportPanic(ctx)
		run(ctx)
	})
}

// workflowIDs is a context with the ids of a workflow's.
func workflowIDs(ctx workflow.Context) context.Context {
	ids := correlation.WithJobID(context.Background(), workflows.JobOfWorkflow(workflow.GetInfo(ctx).WorkflowExecution.ID))
	if span, ok := opentelemetry.SpanFromWorkflowContext(ctx); ok {
		ids = trace.ContextWithSpanContext(ids, span.SpanContext())
	}
	return ids
}

func workflowPlace(ctx workflow.Context) []slog.Attr {
	info := workflow.GetInfo(ctx)
	return []slog.Attr{
		slog.String("at", "workflow "+info.WorkflowType.Name),
		slog.String("workflow_id", info.WorkflowExecution.ID), slog.String("run_id", info.WorkflowExecution.RunID),
	}
}

// nonDeterminism marks the errors of workflow tasks whose code does something else than what the history says.
const nonDeterminism = "[TMPRL1100]"

// TemporalLogger returns a logger for Temporal's SDK that also reports workflow tasks which fail because the code no
// longer fits the history. The SDK tells of them in its log alone.
func (s *Sentry) TemporalLogger(logger *slog.Logger) *slog.Logger {
	if s == nil {
		return logger
	}
	return slog.New(taskFailures{Handler: logger.Handler(), sentry: s})
}

// taskFailures looks at the log lines of the SDK.
type taskFailures struct {
	slog.Handler
	sentry *Sentry
	with   []slog.Attr
}

// Handle writes a record, and reports it if it tells of a failed workflow task.
func (h taskFailures) Handle(ctx context.Context, record slog.Record) error {
	if record.Level >= slog.LevelError {
		h.report(ctx, record)
	}
	return h.Handler.Handle(ctx, record)
}

func (h taskFailures) report(ctx context.Context, record slog.Record) {
	var failure error
	var jobID string
	attrs := []slog.Attr{slog.String("at", "workflow task")}
	look := func(attr slog.Attr) bool {
		switch attr.Key {
		case "Error":
			failure, _ = attr.Value.Any().(error)
		case "WorkflowID":
			jobID = workflows.JobOfWorkflow(attr.Value.String())
			attrs = append(attrs, slog.String("workflow_id", attr.Value.String()))
		case "RunID":
			attrs = append(attrs, slog.String("run_id", attr.Value.String()))
		case "WorkflowType":
			attrs[0] = slog.String("at", "workflow task "+attr.Value.String())
		}
		return true
	}
	for _, attr := range h.with {
		look(attr)
	}
	record.Attrs(look)
	if failure != nil && strings.Contains(failure.Error(), nonDeterminism) {
		h.sentry.Report(correlation.WithJobID(ctx, jobID), failure, attrs...)
	}
}

// WithAttrs keeps the attributes for a report.
func (h taskFailures) WithAttrs(attrs []slog.Attr) slog.Handler {
	return taskFailures{h.Handler.WithAttrs(attrs), h.sentry, append(slices.Clip(h.with), attrs...)}
}

// WithGroup keeps the reports.
func (h taskFailures) WithGroup(name string) slog.Handler {
	return taskFailures{h.Handler.WithGroup(name), h.sentry, h.with}
}
