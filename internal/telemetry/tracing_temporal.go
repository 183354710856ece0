package telemetry

import (
	"context"
	"crypto/sha256"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// runOperation is what the SDK calls the span of a whole run of a workflow.
const runOperation = "RunWorkflow"

// temporalTracing is the SDK's tracing, except for the span of a workflow's run. The SDK begins that span whenever a
// worker takes a run up, and ends it when the worker gives the run up again: a run that is replayed elsewhere would leave
// several spans. Here a run has one span, with an id that follows from the run's, made when the run is over and only by
// the worker that saw it end.
type temporalTracing struct {
	interceptor.Interceptor
}

func newTemporalTracing(provider *sdktrace.TracerProvider) (interceptor.Interceptor, error) {
	tracer := &temporalTracer{options: opentelemetry.TracerOptions{
		Tracer:            provider.Tracer("go.temporal.io/sdk"),
		TextMapPropagator: propagation.TraceContext{},
		// What a client puts into its baggage has no business in workflow histories.
		DisableBaggage: true,
		// The API asks for the progress of jobs all the time.
		DisableQueryTracing: true,
		// A history from before a change of the tracing must not stop its workflow.
		AllowInvalidParentSpans: true,
	}}
	var err error
	if tracer.Tracer, err = opentelemetry.NewTracer(tracer.options); err != nil {
		return nil, fmt.Errorf("set up the tracing of workflows: %w", err)
	}
	return &temporalTracing{interceptor.NewTracingInterceptor(tracer)}, nil
}

// InterceptWorkflow traces a run of a workflow.
func (t *temporalTracing) InterceptWorkflow(ctx workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	inner := &runEnd{}
	inner.Next = next
	return t.Interceptor.InterceptWorkflow(ctx, inner)
}

// runEnd tells the span of a run that the run is over. It stands inside of the SDK's tracing.
type runEnd struct {
	interceptor.WorkflowInboundInterceptorBase
}

// ExecuteWorkflow runs the workflow.
func (r *runEnd) ExecuteWorkflow(ctx workflow.Context, in *interceptor.ExecuteWorkflowInput) (any, error) {
	result, err := r.Next.ExecuteWorkflow(ctx, in)
	span, _ := opentelemetry.SpanFromWorkflowContext(ctx)
	if run, ok := span.(*runSpan); ok && !workflow.IsReplaying(ctx) {
		run.over, run.err = true, err
	}
	return result, err
}

// temporalTracer is the SDK's tracer with another span for runs.
type temporalTracer struct {
	interceptor.Tracer
	options opentelemetry.TracerOptions
}

// StartSpan starts a span.
func (t *temporalTracer) StartSpan(opts *interceptor.TracerStartSpanOptions) (interceptor.TracerSpan, error) {
	if opts.Operation != runOperation {
		return t.Tracer.StartSpan(opts)
	}
	forRun := t.options
	forRun.SpanStarter = func(ctx context.Context, tracer trace.Tracer, name string, options ...trace.SpanStartOption) trace.Span {
		return newRunSpan(ctx, tracer, opts.IdempotencyKey, name, options)
	}
	starter, err := opentelemetry.NewTracer(forRun)
	if err != nil {
		return nil, err
	}
	return starter.StartSpan(opts)
}

// GetLogger adds the trace to the SDK's log lines, under the name that it has in all others.
func (t *temporalTracer) GetLogger(logger log.Logger, ref interceptor.TracerSpanRef) log.Logger {
	if span, ok := ref.(interface{ SpanContext() trace.SpanContext }); ok && span.SpanContext().HasTraceID() {
		return log.With(logger, "trace_id", span.SpanContext().TraceID().String())
	}
	return logger
}

// runSpan stands for the span of a run until the run is over. What the run does meanwhile refers to it by its id.
type runSpan struct {
	trace.Span // records nothing

	//nolint:containedctx // of the parent; the span is made later
	parent     context.Context
	tracer     trace.Tracer
	name       string
	options    []trace.SpanStartOption
	attributes []attribute.KeyValue
	over       bool
	err        error
}

// newRunSpan returns the span of the run that the key names. A run that was started without a trace has none.
func newRunSpan(parent context.Context, tracer trace.Tracer, key, name string, options []trace.SpanStartOption) trace.Span {
	starter := trace.SpanContextFromContext(parent)
	if !starter.IsValid() {
		return trace.SpanFromContext(parent)
	}
	sum := sha256.Sum256([]byte(key))
	id := trace.SpanID(sum[:8])
	standIn := trace.ContextWithSpanContext(parent, starter.WithSpanID(id))
	return &runSpan{Span: trace.SpanFromContext(standIn), parent: parent, tracer: tracer, name: name, options: options}
}

// SetAttributes keeps the attributes for the span to come.
func (s *runSpan) SetAttributes(attributes ...attribute.KeyValue) {
	s.attributes = append(s.attributes, attributes...)
}

// End makes the span if the run is over. A worker that only gives the run up makes none.
func (s *runSpan) End(options ...trace.SpanEndOption) {
	if !s.over {
		return
	}
	_, span := s.tracer.Start(withSpanID(s.parent, s.SpanContext().SpanID()), s.name, append(s.options, trace.WithAttributes(s.attributes...))...)
	if s.err != nil && !workflow.IsContinueAsNewError(s.err) && !temporal.IsCanceledError(s.err) {
		span.RecordError(s.err)
		span.SetStatus(codes.Error, s.err.Error())
	}
	span.End(options...)
}
