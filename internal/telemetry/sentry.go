package telemetry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/getsentry/sentry-go"
)

const (
	// sendTimeout bounds one attempt to send a report.
	sendTimeout = 5 * time.Second
	// flushTimeout bounds the sending of what is left when a process stops.
	flushTimeout = 2 * time.Second
)

// SentryConfig says where the errors of a process are reported.
type SentryConfig struct {
	// DSN is the address of the project, as Sentry shows it. "" switches reports off.
	DSN string
	// Environment is shown with each report, "production" if empty.
	Environment string
	// Service and Version say what reports.
	Service string
	Version string
}

// Sentry reports errors of the product itself: panics, and errors that nobody expected. Reports are sent in the
// background; those that can't be sent are dropped. A nil Sentry is one that is off, and reports nothing.
//
// Never reported is what is no fault of the product: errors with a domain code other than wsc.CodeInternal, a database,
// Temporal or a network that is away, application errors of activities, and the end of a context.
type Sentry struct {
	client  *sentry.Client
	sender  *sender
	scrub   *scrubber
	limit   *reportLimit
	service string
}

// CheckDSN says what is wrong with a DSN, without repeating it.
func CheckDSN(dsn string) error {
	if _, err := sentry.NewDsn(dsn); err != nil {
		return errors.New("this is not a DSN like https://KEY@HOST/PROJECT")
	}
	return nil
}

// NewSentry prepares the reports of a process, or returns nil without a DSN. It makes no connection before the first report.
func NewSentry(cfg SentryConfig) (*Sentry, error) {
	if cfg.DSN == "" {
		return nil, nil //nolint:nilnil // documented
	}
	if err := CheckDSN(cfg.DSN); err != nil {
		return nil, fmt.Errorf("SENTRY_DSN (--sentry-dsn): %w", err)
	}
	if cfg.Environment == "" {
		cfg.Environment = "production"
	}
	s := &Sentry{sender: newSender(), scrub: newScrubber(), limit: newReportLimit(time.Now), service: cfg.Service}
	var err error
	s.client, err = sentry.NewClient(sentry.ClientOptions{
		Dsn: cfg.DSN, Environment: cfg.Environment, Release: "wsc@" + cfg.Version,
		HTTPClient:           s.sender.client(),
		BeforeSend:           func(event *sentry.Event, _ *sentry.EventHint) *sentry.Event { return clean(event, s.scrub) },
		DisableClientReports: true,
		// The integrations add the environment, the list of modules and global tags.
		Integrations: func([]sentry.Integration) []sentry.Integration { return nil },
	})
	if err != nil {
		return nil, errors.New("SENTRY_DSN (--sentry-dsn): the Sentry client could not be set up")
	}
	return s, nil
}

// Report reports an error with the ids of the context, unless it is an expected one, or was reported within the last
// minute. The attributes say where it happened; "at" names the place (a route, an activity).
func (s *Sentry) Report(ctx context.Context, err error, attrs ...slog.Attr) {
	if s == nil || err == nil || Expected(err) {
		return
	}
	s.send(ctx, typeName(err), err.Error(), attrs)
}

// ReportPanic reports what was recovered from a panic. Call it in the function that recovers, so that the stack is that of
// the panic.
func (s *Sentry) ReportPanic(ctx context.Context, recovered any, attrs ...slog.Attr) {
	if s == nil || recovered == nil {
		return
	}
	kind := "panic"
	if err, ok := recovered.(error); ok {
		kind = "panic: " + typeName(err)
	}
	s.send(ctx, kind, fmt.Sprint(recovered), attrs)
}

func (s *Sentry) send(ctx context.Context, kind, message string, attrs []slog.Attr) {
	event := newEvent(ctx, kind, s.scrub.text(message), attrs)
	event.Tags["service"] = s.service
	if s.limit.allows(event.Transaction + "\n" + kind + "\n" + event.Exception[0].Value) {
		s.client.CaptureEvent(event, nil, nil)
	}
}

// Close sends the reports that are left, for two seconds at most; what Sentry does not take by then is lost.
func (s *Sentry) Close() {
	if s == nil {
		return
	}
	s.client.Flush(flushTimeout)
	s.sender.stop()
	s.client.Close()
}
