// Package app puts the parts of the product together: the same wiring serves the production commands and the
// standalone product, which differ only in the database and in where Temporal runs.
package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"gocloud.dev/blob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/audit"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/keyring"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/internal/temporalclient"
	"github.com/website-status-checker/wsc/internal/version"
	"github.com/website-status-checker/wsc/jobs"
	"github.com/website-status-checker/wsc/keys"
	"github.com/website-status-checker/wsc/runner"
	"github.com/website-status-checker/wsc/worker"
)

const (
	// stopTimeout is how long checks under way may go on when a worker stops, before they are broken off and
	// left to another worker.
	stopTimeout = 8 * time.Second
	// reconcileInterval is how often the API looks for jobs whose workflow was not started.
	reconcileInterval = 10 * time.Second
)

// Store is everything that the API and the workers together need of a database.
type Store interface {
	activities.Store
	apiserver.Store
	audit.EventDeleter
	audit.Store
	jobs.Store
	keys.Store
	telemetry.JobCounter
	telemetry.Pooled
}

// Parts are what API and workers are made of.
type Parts struct {
	Store    Store
	Temporal *temporalclient.Connection
	Blobs    *blob.Bucket
	// Secrets seals what must not be readable in the database; nil if there are no keys for it.
	Secrets *keyring.Keyring
	Logger  *slog.Logger
	// Metrics is required; what API and workers do is counted there.
	Metrics *Metrics
	// Security is required; security events of API and workers go there.
	Security *Security
	// HideMetrics is for an API whose metrics are served elsewhere; see StartWatch.
	HideMetrics bool
	// Telemetry is that of the connection to Temporal too.
	Telemetry Telemetry

	Listen        config.Listen
	Access        config.Access
	Storage       config.Storage
	Jobs          config.Jobs
	Check         config.Check
	TemporalUIURL string
	// KeyHint is how a person at a browser finds a key to sign in with.
	KeyHint string

	// OnFatalError is called when a worker can't go on.
	OnFatalError func(error)
}

func (p Parts) checkerConfig() (checker.Config, error) {
	proxy, err := p.Check.ProxyURL()
	return checker.Config{
		AllowNets: p.Check.AllowNets, AllowPorts: p.Check.AllowPorts, Proxy: proxy, MaxIdleConns: 2 * p.Check.CheckConcurrency,
	}, err
}

func (p Parts) newChecker() (*Checker, error) {
	cfg, err := p.checkerConfig()
	if err != nil {
		return nil, err
	}
	return NewChecker(cfg, p.Check.DNSServers)
}

// newSight returns the sight of a worker, nil without a control URL.
func (p Parts) newSight() (*runner.Sight, error) {
	control, err := p.Check.Control()
	if err != nil {
		return nil, err
	}
	cfg, err := p.checkerConfig()
	if err != nil {
		return nil, err
	}
	return NewSight(control, cfg, p.Check.DNSServers, func(sees bool, control wsc.Result) {
		if sees {
			p.Logger.Info("the network is back: checks go on", slog.String("control_url", control.NormalizedURL))
			return
		}
		p.Logger.Warn("the network is away: nearly all checks fail and the control URL does not answer; checks wait",
			slog.String("control_url", control.NormalizedURL), slog.String("reason", control.ErrorMessage))
	}), nil
}

// Worker is a running worker with its checker.
type Worker struct {
	worker  *worker.Worker
	checker *Checker
	// stopAdapting ends the adapting of the limit of checks at once.
	stopAdapting func()
}

// StartWorker starts polling the task queues.
func StartWorker(p Parts) (*Worker, error) {
	spool, err := SpoolDir(p.Storage)
	if err != nil {
		return nil, err
	}
	sight, err := p.newSight()
	if err != nil {
		return nil, err
	}
	checks, err := p.newChecker()
	if err != nil {
		return nil, err
	}
	limiter := runner.NewLimiter(p.Check.CheckConcurrency)
	observer, err := p.Metrics.watchWorker(limiter, p.Security.monitor)
	if err != nil {
		checks.Close()
		return nil, err
	}
	acts, err := activities.New(activities.Config{
		Store: p.Store, Blobs: p.Blobs, Checker: p.Metrics.checks.Count(checks.Checker), Limiter: limiter, Sight: sight,
		Cleanup: temporalclient.NewJobs(p.Temporal), Defaults: p.Jobs.Defaults(), MaxURLs: p.Jobs.MaxURLs,
		TempDir: spool, Logger: p.Logger, Random: rand.Float64, Secrets: p.opener(), Observer: observer,
	})
	if err != nil {
		checks.Close()
		return nil, err
	}
	w := worker.New(worker.Config{Client: p.Temporal.Client, Activities: acts, StopTimeout: stopTimeout, OnFatalError: p.OnFatalError})
	if err := w.Start(); err != nil {
		checks.Close()
		return nil, err
	}
	return &Worker{worker: w, checker: checks, stopAdapting: adapt(limiter)}, nil
}

// adapt lets the limit move with what the machine can do, until the returned function is called.
func adapt(limiter *runner.Limiter) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var adapting sync.WaitGroup
	adapting.Go(func() { limiter.Adapt(ctx) })
	return func() {
		cancel()
		adapting.Wait()
	}
}

// Stop stops polling, lets batches store what they have and frees the checker's connections.
func (w *Worker) Stop() {
	w.worker.Stop()
	w.stopAdapting()
	w.checker.Close()
}

// API answers HTTP requests.
type API struct {
	server    *apiserver.Server
	service   *jobs.Service
	keys      *keys.Service
	retention *audit.Retention
	checker   *Checker
	listen    config.Listen
}

// NewAPI builds the API.
func NewAPI(p Parts) (*API, error) {
	spool, err := SpoolDir(p.Storage)
	if err != nil {
		return nil, err
	}
	workflows := temporalclient.NewJobs(p.Temporal)
	defaults := p.Jobs.Defaults()
	if defaults.CompileExpect, err = ExpectCompiler(); err != nil {
		return nil, err
	}
	service, err := jobs.New(jobs.Config{
		Store: p.Store, Workflows: workflows, Blobs: p.Blobs, Defaults: defaults,
		MaxURLs: p.Jobs.MaxURLs, MaxUploadBytes: p.Jobs.MaxUploadBytes, Quota: p.Jobs.Quota(), SpoolDir: spool, Logger: p.Logger, Sealer: p.sealer(),
	})
	if err != nil {
		return nil, err
	}
	if err := p.Metrics.watchJobs(p.Store); err != nil {
		return nil, err
	}
	api := &API{service: service, listen: p.Listen}
	if err := api.complete(p, workflows, spool); err != nil {
		api.Close()
		return nil, err
	}
	return api, nil
}

// complete makes the parts that have to be closed, and the server on top of them.
func (a *API) complete(p Parts, workflows *temporalclient.Jobs, spool string) (err error) {
	adminKey, err := p.Access.Secret()
	if err != nil {
		return err
	}
	a.keys, err = keys.New(keys.Config{Store: p.Store, AdminKey: adminKey, RateLimitHour: p.Access.RateLimitHour, Logger: p.Logger})
	if err != nil {
		return err
	}
	if a.retention, err = audit.NewRetention(audit.RetentionConfig{Store: p.Store, Keep: p.Access.AuditRetention, Logger: p.Logger}); err != nil {
		return err
	}
	if a.checker, err = p.newChecker(); err != nil {
		return err
	}
	a.server, err = apiserver.New(apiserver.Config{
		Store: p.Store, Jobs: a.service, Keys: a.keys, Security: p.Security.recorder, Checker: p.Metrics.checks.Count(a.checker.Checker), Blobs: p.Blobs,
		Workflows: workflows, Registry: p.Metrics.Registry, HideMetrics: p.HideMetrics, Facts: p.facts(), Logger: p.Logger, Version: version.String(), TempDir: spool,
		AllowedHosts: allowedHosts(p.Listen), TrustedProxies: p.Access.TrustedProxies, CORSOrigins: p.Access.CORSOrigins, MetricsNeedKey: p.Listen.Public(),
		TemporalUIURL: p.TemporalUIURL, TemporalNamespace: p.Temporal.Namespace, KeyHint: p.KeyHint, Limits: apiserver.Limits{Streams: p.Access.MaxStreams},
		Reporter: p.Telemetry.Sentry, Tracers: p.Telemetry.Tracing.Provider(), Propagator: p.Telemetry.Tracing.Propagator(),
	})
	return err
}

// SignInLink returns the path of a link that signs a browser in once with the secret of a key.
func (a *API) SignInLink(ctx context.Context, secret string) (path string, err error) {
	token, err := a.keys.NewSignInLink(ctx, secret)
	return "/sign-in/" + token, err
}

// HTTPServer returns the server for the API; the caller gives it a listener and shuts it down.
func (a *API) HTTPServer() *http.Server { return a.server.HTTPServer(a.listen.Listen) }

// Reconcile starts the workflows of jobs that were accepted without one, and deletes old security events, until the
// context ends.
func (a *API) Reconcile(ctx context.Context) {
	var retaining sync.WaitGroup
	retaining.Go(func() { a.retention.Run(ctx) })
	a.service.Run(ctx, reconcileInterval)
	retaining.Wait()
}

// Close ends the event streams, stores what waits to be stored and frees the checker's connections. Call it when no
// request is answered any more, or twice.
func (a *API) Close() {
	if a.server != nil {
		a.server.Close()
	}
	if a.checker != nil {
		a.checker.Close()
	}
	if a.keys != nil {
		a.keys.Close()
	}
}

// allowedHosts are the names by which a server on loopback is addressed. A web page whose own name resolves to
// 127.0.0.1 is none of them. Servers on other addresses have names that only their operators know: any is allowed.
func allowedHosts(listen config.Listen) []string {
	if listen.Public() {
		return nil
	}
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	if host, _, err := net.SplitHostPort(listen.Listen); err == nil {
		if address, err := netip.ParseAddr(host); err == nil && address.IsLoopback() {
			hosts = append(hosts, address.String())
		}
	}
	return hosts
}
