// Package apiserver is the HTTP API: routes, the error boundary, uploads, event streams, exports and the API's own
// documentation. It knows the domain and the jobs service, never a database or the workflow engine.
package apiserver

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"gocloud.dev/blob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver/web"
	"github.com/website-status-checker/wsc/audit"
	"github.com/website-status-checker/wsc/internal/health"
	"github.com/website-status-checker/wsc/jobs"
	"github.com/website-status-checker/wsc/keys"
)

// Store is what the API reads from a store. Errors carry the codes that package storetest states.
type Store interface {
	health.Database
	JobsByID(ctx context.Context, ids []string) ([]wsc.Job, error)
	Jobs(ctx context.Context, filter wsc.JobFilter) ([]wsc.Job, error)
	Results(ctx context.Context, jobID string, filter wsc.ResultFilter) ([]wsc.Result, error)
	CountResults(ctx context.Context, jobID string, filter wsc.ResultFilter, most int64) (int64, error)
	EachResult(ctx context.Context, jobID string, filter wsc.ResultFilter, fn func(*wsc.Result) error) error
	ResultsBySeq(ctx context.Context, jobID string, seqs []int64) ([]wsc.Result, error)
	Stats(ctx context.Context, jobID string) (*wsc.Stats, error)
	DiffCounts(ctx context.Context, later, earlier string) (wsc.DiffCounts, error)
	Diff(ctx context.Context, later, earlier string, filter wsc.DiffFilter) ([]wsc.DiffEntry, error)
	Events(ctx context.Context, filter wsc.AuditFilter) ([]wsc.SecurityEvent, error)
}

// Checker checks one URL now; see checker.Checker.
type Checker interface {
	Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result
}

// Registry takes metrics and shows them. A *prometheus.Registry is one.
type Registry interface {
	prometheus.Registerer
	prometheus.Gatherer
}

// Limits bound what one client can take. Zero values mean the default that is stated.
type Limits struct {
	// UploadStall is how long an upload may make too little progress (less than 16 KiB), 30 s.
	UploadStall time.Duration
	// WriteStall is how long a client may take to accept a piece of an answer, 30 s.
	WriteStall time.Duration
	// ReadHeader is how long a client may take to send the header of a request, 10 s.
	ReadHeader time.Duration
	// RequestTimeout bounds requests that only read the database, 30 s.
	RequestTimeout time.Duration
	// PollInterval is how often a watched job is read for its event streams, 900 ms, so that events are at most a second apart.
	PollInterval time.Duration
	// PingInterval is how often an event stream gets a comment that keeps it open, 15 s.
	PingInterval time.Duration
	// Checks is how many POST /checks run at once, 64. One key gets at most half of them.
	Checks int
	// ChecksWaiting is how many more may wait, 512.
	ChecksWaiting int
	// Exports is how many exports are generated at once, 8. One key gets at most half of them.
	Exports int
	// ExportsWaiting is how many more may wait, 64.
	ExportsWaiting int
	// Comparisons is how many comparisons of two jobs run at once, 4. One key gets at most half of them.
	Comparisons int
	// ComparisonsWaiting is how many more may wait, 64.
	ComparisonsWaiting int
	// SlotWait is how long a check, an export or a comparison may wait, 30 s.
	SlotWait time.Duration
	// Streams is how many event streams one key may have open on this server, 2,500.
	Streams int
	// FailedLogins is how many wrong API keys one client address may send in a minute, 20.
	FailedLogins int
	// PublicRequests is how many requests without a key one client address may make in a minute, 3,000.
	PublicRequests int
}

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&l.UploadStall, 30 * time.Second},
		{&l.WriteStall, 30 * time.Second},
		{&l.ReadHeader, 10 * time.Second},
		{&l.RequestTimeout, 30 * time.Second},
		{&l.PollInterval, 900 * time.Millisecond},
		{&l.PingInterval, 15 * time.Second},
		{&l.SlotWait, 30 * time.Second},
	} {
		if *d.value <= 0 {
			*d.value = d.standard
		}
	}
	for _, n := range []struct {
		value    *int
		standard int
	}{
		{&l.Checks, 64},
		{&l.ChecksWaiting, 512},
		{&l.Exports, 8},
		{&l.ExportsWaiting, 64},
		{&l.Comparisons, 4},
		{&l.ComparisonsWaiting, 64},
		{&l.Streams, 2_500},
		{&l.FailedLogins, 20},
		{&l.PublicRequests, 3_000},
	} {
		if *n.value <= 0 {
			*n.value = n.standard
		}
	}
	return l
}

// Config is what a Server is made of. Store, Jobs, Keys, Security, Checker, Blobs, Workflows and Registry are required.
type Config struct {
	Store     Store
	Jobs      *jobs.Service
	Keys      *keys.Service
	Security  *audit.Recorder
	Checker   Checker
	Blobs     *blob.Bucket
	Workflows health.Pinger
	// Registry collects the server's metrics and is what /metrics shows.
	Registry Registry
	// HideMetrics is for servers whose metrics are shown elsewhere: there is no /metrics then.
	HideMetrics bool
	// Facts are for those who ask /readyz for details.
	Facts health.Facts
	// Logger is slog.Default() if nil. It is expected to add the ids of package correlation to its lines.
	Logger *slog.Logger
	// Reporter is told of panics and internal errors; nil if nobody is.
	Reporter Reporter
	// Tracers make a span of each request, and Propagator says which trace it belongs to; nil for no tracing.
	Tracers    trace.TracerProvider
	Propagator propagation.TextMapPropagator
	// Version of the product, for the documentation and /healthz.
	Version string
	// TempDir is for spooled files; "" is the system's folder.
	TempDir string
	Limits  Limits
	// AllowedHosts are the host names (without port) that requests may be addressed to; empty allows any. A server that
	// listens on loopback only should allow only loopback names, since a web page can make its own name resolve to 127.0.0.1.
	AllowedHosts []string
	// TrustedProxies are the networks of the reverse proxies in front of the server, whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// CORSOrigins are the origins whose pages may call the API from a browser, each exactly as browsers send it, for example
	// https://app.example.com; empty for none.
	CORSOrigins []string
	// MetricsNeedKey makes /metrics ask for an admin key, as a server must that others can reach.
	MetricsNeedKey bool
	// TemporalUIURL is the address of the Temporal UI, to which documentation and pages link when it is set.
	// TemporalNamespace is where the workflows are.
	TemporalUIURL     string
	TemporalNamespace string
	// KeyHint is how the person at the browser finds a key, shown on the sign-in page; "" for none.
	KeyHint string
}

// Server is the HTTP API.
type Server struct {
	store    Store
	jobs     *jobs.Service
	keys     *keys.Service
	security *audit.Recorder
	checker  Checker
	blobs    *blob.Bucket
	health   *health.Checker
	logger   *slog.Logger
	reporter Reporter
	tracing  tracing
	tempDir  string
	limits   Limits
	hosts    map[string]bool
	proxies  []netip.Prefix
	origins  []string

	protection  *http.CrossOriginProtection
	metrics     *metrics
	loader      *jobLoader
	stats       *statsCache
	hub         *hub
	streams     *streamQuota
	checkSlots  *slots
	exportSlots *slots
	diffSlots   *slots
	diffs       *diffCache
	router      *chi.Mux
	site        *web.Site

	failedLogins   *addressLimit
	publicRequests *addressLimit
}

// New makes a Server. It starts nothing that would have to be stopped before the first event stream.
func New(cfg Config) (*Server, error) {
	if cfg.Store == nil || cfg.Jobs == nil || cfg.Keys == nil || cfg.Security == nil || cfg.Checker == nil || cfg.Blobs == nil || cfg.Workflows == nil || cfg.Registry == nil {
		return nil, errors.New("apiserver: Store, Jobs, Keys, Security, Checker, Blobs, Workflows and Registry are required")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	if cfg.Reporter == nil {
		cfg.Reporter = noReporter{}
	}
	limits := cfg.Limits.withDefaults()
	metrics, err := newMetrics(cfg.Registry)
	if err != nil {
		return nil, err
	}
	loader := newJobLoader(cfg.Store, limits.RequestTimeout)
	s := &Server{
		store: cfg.Store, jobs: cfg.Jobs, keys: cfg.Keys, security: cfg.Security, checker: cfg.Checker, blobs: cfg.Blobs,
		health: health.New(health.Config{
			Database: cfg.Store, Temporal: cfg.Workflows, Blobs: cfg.Blobs, Facts: cfg.Facts, Version: cfg.Version, Logger: cfg.Logger,
		}),
		logger: cfg.Logger, reporter: cfg.Reporter, tracing: newTracing(cfg), tempDir: cfg.TempDir, limits: limits,
		hosts: map[string]bool{}, proxies: cfg.TrustedProxies,
		metrics:        metrics,
		loader:         loader,
		stats:          newStatsCache(cfg.Store, limits.RequestTimeout),
		streams:        newStreamQuota(limits.Streams),
		hub:            newHub(loader, limits.PollInterval, cfg.Logger),
		checkSlots:     newSlots("checks", limits.Checks, limits.ChecksWaiting, limits.SlotWait),
		exportSlots:    newSlots("exports", limits.Exports, limits.ExportsWaiting, limits.SlotWait),
		diffSlots:      newSlots("comparisons", limits.Comparisons, limits.ComparisonsWaiting, limits.SlotWait),
		diffs:          newDiffCache(maxDiffs),
		failedLogins:   newAddressLimit(limits.FailedLogins, time.Minute),
		publicRequests: newAddressLimit(limits.PublicRequests, time.Minute),
	}
	for _, host := range cfg.AllowedHosts {
		s.hosts[host] = true
	}
	if err = s.trustOrigins(cfg.CORSOrigins); err != nil {
		return nil, err
	}
	if s.router, err = s.routes(cfg); err != nil {
		return nil, err
	}
	return s, nil
}

// Handler is the whole API with its middleware.
func (s *Server) Handler() http.Handler { return s.router }

// HTTPServer returns a server for the handler with limits against slow clients. Uploads and streams set deadlines of
// their own. Shutting it down ends the event streams.
func (s *Server) HTTPServer(addr string) *http.Server {
	server := &http.Server{
		Addr:              addr,
		Handler:           s.router,
		ReadHeaderTimeout: s.limits.ReadHeader,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.Background() },
	}
	server.RegisterOnShutdown(s.Close)
	return server
}

// Close ends all event streams and waits until nothing polls the store for them. Requests after it get streams that end
// at once.
func (s *Server) Close() { s.hub.close() }
