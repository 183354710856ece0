// Package checker makes one attempt at one URL and says what happened: an HTTP status, or why there is none. It knows
// neither lists, databases nor workflows.
//
// Every address that it contacts, of the URL and of each redirect, passes a Guard at the moment of dialling.
package checker

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/expect"
)

const (
	defaultConnectTimeout = 5 * time.Second
	defaultMaxIdleConns   = 512
	idleTimeout           = 10 * time.Second
	defaultTimeout        = 10 * time.Second
	// maxHeaderBytes is the most that the headers of an answer may have, informational answers included.
	maxHeaderBytes = 64 << 10
	// cachedExpectations is how many compiled expectations are kept.
	cachedExpectations = 256
)

// Config is what a Checker is made of. Its zero value is ready for use.
type Config struct {
	// UserAgent is sent where a job sets none. Default: wsc/<version> (+https://github.com/website-status-checker/wsc).
	UserAgent string
	// AllowNets are networks that may be contacted although they are private or reserved.
	AllowNets []netip.Prefix
	// AllowPorts may be contacted in addition to 80, 443, 8080 and 8443.
	AllowPorts []uint16
	// ConnectTimeout bounds one TCP connection over all addresses of the host. Default 5 s.
	ConnectTimeout time.Duration
	// Resolver looks host names up; nil is Go's own resolver with the machine's configuration.
	Resolver Resolver
	// RootCAs are the trusted authorities; nil is the machine's list.
	RootCAs *x509.CertPool
	// Proxy makes the connections to all sites, nil for none. It also resolves their names, so the guard no longer sees
	// to which addresses they lead.
	Proxy *url.URL
	// MaxIdleConns bounds the connections that are kept for the next check of the same host. Default 512.
	MaxIdleConns int
}

// Checker checks URLs. It is safe for concurrent use.
type Checker struct {
	userAgent string
	guard     *Guard
	roots     *x509.CertPool
	headers   []field // of jobs that set none
	verified  *route
	insecure  *route
	http1     *http1Exchanges
	bodies    bodyReader
	robots    *robots
	// expectations are the compiled ones of the jobs that were checked last.
	expectations *expect.Cache
}

// New returns a checker. Close it after use.
func New(cfg Config) (*Checker, error) {
	if cfg.UserAgent == "" {
		cfg.UserAgent = defaultUserAgent()
	}
	if !httpguts.ValidHeaderFieldValue(cfg.UserAgent) {
		return nil, fmt.Errorf("user agent %q contains control characters", cfg.UserAgent)
	}
	if cfg.ConnectTimeout < 0 || cfg.MaxIdleConns < 0 {
		return nil, fmt.Errorf("connect timeout (%s) and number of idle connections (%d) must not be negative", cfg.ConnectTimeout, cfg.MaxIdleConns)
	}
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = defaultConnectTimeout
	}
	if cfg.MaxIdleConns == 0 {
		cfg.MaxIdleConns = defaultMaxIdleConns
	}
	if cfg.Resolver == nil {
		cfg.Resolver = newSystemResolver()
	}
	compiler, err := expect.NewCompiler()
	if err != nil {
		return nil, fmt.Errorf("set up expectations: %w", err)
	}
	guard := NewGuard(cfg.AllowNets, cfg.AllowPorts)
	c := &Checker{
		userAgent: cfg.UserAgent,
		guard:     guard,
		roots:     cfg.RootCAs,
		headers:   requestHeaders(cfg.UserAgent, nil),
		verified:  newRoute(cfg, guard, false),
		insecure:  newRoute(cfg, guard, true),
		http1:     newHTTP1Exchanges(cfg.MaxIdleConns),

		expectations: expect.NewCache(compiler, cachedExpectations),
	}
	c.robots = newRobots(c)
	return c, nil
}

// Close closes idle connections. Checks under way are not disturbed.
func (c *Checker) Close() {
	c.http1.close()
	c.verified.close()
	c.insecure.close()
}

// relieve gives the machine back what is only kept for later, when it lacks files, ports or memory.
func (c *Checker) relieve() {
	c.http1.empty()
	c.verified.pool.empty()
	c.insecure.pool.empty()
}

// Check makes one attempt at the target. It never fails: whatever happens is in the result, whose JobID is empty and
// whose Attempts is 1. It returns at most about a second after opts.Timeout, which bounds redirects and body as well.
//
// When ctx itself ends, the result says nothing about the site: its kind is wsc.KindInternalError, and the caller,
// who sees ctx.Err, must drop it.
func (c *Checker) Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) (result wsc.Result) {
	begin := time.Now()
	opts = withDefaults(opts)
	a := &attempt{checker: c, opts: opts, ctx: ctx, begin: begin, deadline: begin.Add(opts.Timeout)}
	a.result = wsc.Result{
		Seq: target.Seq, Line: target.Line, URL: target.URL, NormalizedURL: target.NormalizedURL, Host: target.Host,
		Attempts: 1, CheckedAt: begin.UTC(),
	}
	defer func() {
		if recover() != nil {
			a.fail(plain(wsc.KindInternalError))
		}
		if ctx.Err() != nil {
			a.fail(failuref(wsc.KindInternalError, "The check was broken off."))
		}
		elapsed := time.Since(a.begin)
		a.result.ResponseTimeMS = ms(elapsed)
		a.result.Slow = opts.SlowAfter > 0 && elapsed > opts.SlowAfter && a.result.Status != wsc.StatusError
		result = a.result
	}()
	a.run() //nolint:contextcheck // a.ctx is ctx
	return a.result
}

// withDefaults makes the zero value of the options usable.
func withDefaults(opts wsc.CheckOptions) wsc.CheckOptions {
	if opts.Timeout <= 0 {
		opts.Timeout = defaultTimeout
	}
	if opts.Method == "" {
		opts.Method = wsc.MethodGet
	}
	if opts.AcceptStatus == nil {
		opts.AcceptStatus = wsc.StatusSet{{Low: 200, High: 299}}
	}
	return opts
}

// defaultUserAgent names the product, its version as far as the binary knows it, and where to read about it.
func defaultUserAgent() string {
	version := "dev"
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		version = strings.TrimPrefix(info.Main.Version, "v")
	}
	return "wsc/" + version + " (+https://github.com/website-status-checker/wsc)"
}
