package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/standalone/temporalserver"
)

const (
	loopback  = "127.0.0.1"
	namespace = "default"
	// temporalRetention is how long the Temporal UI shows finished workflows.
	temporalRetention = 72 * time.Hour
)

// program is the running product. Its parts are stopped in the reverse order of their start.
type program struct {
	logger    *slog.Logger
	telemetry app.Telemetry
	failed    chan error // a part that can't go on reports here
	// adminKeyPath is the file with the admin key, "" if the settings hold it.
	adminKeyPath string
	// signInLink is the path of a link that signs a browser in once.
	signInLink string

	stops []func() error
}

// start starts every part and returns when the API answers. On an error nothing is left running.
func start(ctx context.Context, s *settings, logger *slog.Logger) (*program, error) {
	p := &program{logger: logger, failed: make(chan error, 1)}
	if err := p.startAll(ctx, s); err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *program) startAll(ctx context.Context, s *settings) error {
	lock, err := lockDir(s.DataDir)
	if err != nil {
		return err
	}
	p.onStop(lock.Close)
	listener, err := listen(s.Listen.Listen, "--listen (WSC_LISTEN)")
	if err != nil {
		return err
	}
	p.onStop(func() error { return ignoreClosed(listener.Close()) })

	if p.telemetry, err = app.StartTelemetry(ctx, "wsc-standalone", s.Sentry, p.logger); err != nil {
		return err
	}
	p.onStop(p.telemetry.Close)
	metrics, err := app.NewMetrics(prometheus.NewRegistry())
	if err != nil {
		return err
	}
	secrets, err := p.openSecrets(ctx, s)
	if err != nil {
		return err
	}
	temporal, err := p.startTemporal(ctx, s, temporalclient.WithMetrics(metrics.Temporal))
	if err != nil {
		return err
	}
	store, err := p.openStore(ctx, filepath.Join(s.DataDir, "wsc.db"))
	if err != nil {
		return err
	}
	if err := metrics.WatchStore(store); err != nil {
		return err
	}
	security, err := app.StartSecurity(store, metrics, p.logger) //nolint:contextcheck // it ends with Close
	if err != nil {
		return err
	}
	p.onStop(func() error { security.Close(); return nil })
	blobs, err := app.OpenBlobs(ctx, s.Storage)
	if err != nil {
		return err
	}
	blobs = metrics.CountBlobs(blobs)
	p.onStop(blobs.Close)

	access := s.Access
	if access.AdminKey, p.adminKeyPath, err = adminKey(s); err != nil {
		return err
	}
	access.AdminKeyFile = ""
	parts := app.Parts{
		Store: store, Temporal: temporal, Blobs: blobs, Secrets: secrets, Logger: p.logger, Metrics: metrics, Security: security, Telemetry: p.telemetry,
		Listen: s.Listen, Access: access, Storage: s.Storage, Jobs: s.Jobs, Check: s.Check,
		KeyHint:       p.webKeyHint(s),
		TemporalUIURL: "http://" + net.JoinHostPort(loopback, strconv.Itoa(s.TemporalUIPort)), OnFatalError: p.fail,
	}
	stopWatch, err := app.StartWatch(ctx, app.Watch{Profiling: s.ProfilingAddress()}, parts)
	if err != nil {
		return err
	}
	p.onStop(func() error { stopWatch(); return nil })
	worker, err := app.StartWorker(parts) //nolint:contextcheck // it ends with Stop
	if err != nil {
		return err
	}
	p.onStop(func() error { worker.Stop(); return nil })
	api, err := app.NewAPI(parts) //nolint:contextcheck // it ends with Close
	if err != nil {
		return err
	}
	if p.signInLink, err = api.SignInLink(ctx, access.AdminKey); err != nil {
		api.Close() //nolint:contextcheck // the context may have ended
		return err
	}
	p.serve(listener, api) //nolint:contextcheck // it ends by stop, not with the context of the start
	return nil
}

// startTemporal starts the embedded server and its UI and connects to it.
func (p *program) startTemporal(ctx context.Context, s *settings, options ...temporalclient.Option) (*temporalclient.Connection, error) {
	address := net.JoinHostPort(loopback, strconv.Itoa(s.TemporalPort))
	if err := checkPort(address, "--temporal-port (WSC_TEMPORAL_PORT)"); err != nil {
		return nil, err
	}
	uiAddress := net.JoinHostPort(loopback, strconv.Itoa(s.TemporalUIPort))
	if err := checkPort(uiAddress, "--temporal-ui-port (WSC_TEMPORAL_UI_PORT)"); err != nil {
		return nil, err
	}
	dir := filepath.Join(s.DataDir, "temporal")
	server, err := temporalserver.Start(temporalserver.Options{
		Dir: dir, Host: loopback, Port: s.TemporalPort, Namespace: namespace, Retention: temporalRetention,
		SearchAttributes: temporalclient.SearchAttributes(), Logger: temporalserver.NewLogger(p.logger),
	})
	if err != nil {
		return nil, err
	}
	p.onStop(server.Stop)
	ui := temporalserver.StartUI(temporalserver.UIOptions{Host: loopback, Port: s.TemporalUIPort, TemporalAddress: address, Namespace: namespace})
	p.onStop(func() error { ui.Stop(); return nil })

	codec, err := s.PayloadCodec()
	if err != nil {
		return nil, err
	}
	options = append(options, p.telemetry.Interceptors(), temporalclient.WithEncryption(codec))
	connection, err := temporalclient.DialAddress(ctx, address, namespace, p.telemetry.Sentry.TemporalLogger(p.logger), options...)
	if err != nil {
		return nil, err
	}
	p.onStop(func() error { connection.Close(); return nil })
	// A data directory of an older version may lack attributes that this one sets.
	return connection, connection.EnsureSearchAttributes(ctx)
}

// serve answers requests until the program stops.
func (p *program) serve(listener net.Listener, api *app.API) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		err := app.Serve(ctx, listener, api)
		if ctx.Err() == nil {
			p.fail(err)
		}
		done <- err
	}()
	p.onStop(func() error {
		cancel()
		return <-done
	})
}

// fail makes the program stop with an error.
func (p *program) fail(err error) {
	select {
	case p.failed <- err:
	default: // it stops already
	}
}

func (p *program) onStop(stop func() error) { p.stops = append(p.stops, stop) }

// stop stops every part that was started, the last one first.
func (p *program) stop() error {
	var errs []error
	for _, stop := range slices.Backward(p.stops) {
		errs = append(errs, stop())
	}
	p.stops = nil
	return errors.Join(errs...)
}

// ignoreClosed accepts that the HTTP server has closed its listener itself.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// keyHint is how a shell gets at the admin key, which itself is not shown: what a server prints ends up in logs.
func (p *program) keyHint() string {
	if p.adminKeyPath == "" {
		return "…  # the value of WSC_ADMIN_KEY"
	}
	return "$(cat '" + p.adminKeyPath + "')"
}

// webKeyHint tells a person at the sign-in page where the key is.
func (p *program) webKeyHint(s *settings) string {
	if p.adminKeyPath == "" {
		return ""
	}
	return "The admin key stands in the file " + filepath.Join(s.DataDir, adminKeyFile) + " of the machine that runs this. Each start also prints a link that signs in once."
}

// welcome tells where everything is.
func (p *program) welcome(w io.Writer, s settings) {
	base := "http://" + s.Listen.Listen
	dir, err := filepath.Abs(s.DataDir)
	if err != nil {
		dir = s.DataDir // only shown
	}
	fmt.Fprintf(w, `
Website Status Checker is running. Open this link, which signs your browser in once:

  %s%s

  Web pages    %s
  API          %s/api/v1
  API docs     %s/docs
  Temporal UI  http://%s:%d
  Data         %s

Check a list, in another terminal:

  export WSC_KEY=%s
  curl -H "X-API-Key: $WSC_KEY" -F file=@examples/websites.csv %s/api/v1/jobs
  bin/wsc submit examples/websites.csv --watch

`, base, p.signInLink, base, base, base, loopback, s.TemporalUIPort, dir, p.keyHint(), base)
	if s.Public() {
		fmt.Fprintf(w, "%s can be reached from other machines. Requests need an API key; put TLS in front of it. Stop with Ctrl-C.\n\n", s.Listen.Listen)
	} else {
		fmt.Fprint(w, "Only this machine can reach it. Stop with Ctrl-C.\n\n")
	}
}
