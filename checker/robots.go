package checker

import (
	"context"
	"net/http"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// robotsLifetime is how long a robots.txt is believed (RFC 9309, section 2.4, allows a day).
	robotsLifetime = time.Hour
	// robotsRetry is how long one that could not be had is taken for one that asks for nothing.
	robotsRetry = time.Minute
	// maxRobots is how many sites' robots.txt are kept, and maxRobotsBytes how much memory they may take.
	maxRobots      = 16 << 10
	maxRobotsBytes = 16 << 20
	// robotsRedirects is how many redirects lead to a robots.txt at most (RFC 9309, section 2.3.1.2).
	robotsRedirects = 5
)

// robots knows which URLs the robots.txt of their sites ask not to request (RFC 9309). Each is fetched once, by the
// check that needs it first; the others wait for that.
type robots struct {
	checker *Checker

	mu    sync.Mutex
	sites map[string]*robotsSite
	// size is about how much memory the rules of the sites take, in bytes.
	size int
}

// robotsSite is the robots.txt of one scheme, host and port.
type robotsSite struct {
	fetched chan struct{} // closed when the rules are known
	until   time.Time     // guarded by the lock of robots
	rules   *robotsRules  // nil allows everything
}

func newRobots(checker *Checker) *robots {
	return &robots{checker: checker, sites: map[string]*robotsSite{}}
}

// allow reports whether the URL may be requested, as far as is known before the deadline. A site without a robots.txt,
// or whose robots.txt can't be had, asks for nothing: the check itself then tells what is wrong with it.
func (r *robots) allow(ctx context.Context, deadline time.Time, u wsc.NormalizedURL, opts wsc.CheckOptions) bool {
	authority, target := splitURL(u)
	if target == "/robots.txt" {
		return true
	}
	origin := u.Scheme + "://" + authority
	site, mine := r.site(origin)
	if mine {
		r.resolve(ctx, deadline, origin, site, opts)
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-site.fetched:
		return site.rules == nil || site.rules.allow(target, r.productToken(opts))
	case <-timer.C:
	case <-ctx.Done():
	}
	return true
}

// site returns the entry of a site, and whether the caller has to fetch its robots.txt.
func (r *robots) site(origin string) (*robotsSite, bool) {
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if site := r.sites[origin]; site != nil && now.Before(site.until) {
		return site, false
	}
	if len(r.sites) >= maxRobots {
		r.clear()
	}
	site := &robotsSite{fetched: make(chan struct{}), until: now.Add(robotsLifetime)}
	r.sites[origin] = site
	return site, true
}

// clear forgets all sites; what is still needed is fetched again.
func (r *robots) clear() {
	clear(r.sites)
	r.size = 0
}

// resolve finds out what a site asks for, and tells those who wait for it, whatever happens on the way.
func (r *robots) resolve(ctx context.Context, deadline time.Time, origin string, site *robotsSite, opts wsc.CheckOptions) {
	lifetime := time.Duration(0)
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		site.until = time.Now().Add(lifetime)
		if site.rules != nil && r.sites[origin] == site {
			r.size += site.rules.size
		}
		if r.size > maxRobotsBytes {
			r.clear()
		}
		close(site.fetched)
	}()
	rules, had := r.fetch(ctx, deadline, origin+"/robots.txt", opts)
	switch {
	case ctx.Err() != nil: // nothing was found out
	case had:
		site.rules, lifetime = rules, robotsLifetime
	default:
		lifetime = robotsRetry
	}
}

// fetch requests a robots.txt, past the guard like everything else, with half of the time that is left. It returns nil
// if there is none, and false if that could not be found out.
func (r *robots) fetch(ctx context.Context, deadline time.Time, url string, opts wsc.CheckOptions) (*robotsRules, bool) {
	var body []byte
	now := time.Now()
	a := &attempt{
		checker: r.checker, ctx: ctx, begin: now, deadline: now.Add(deadline.Sub(now) / 2),
		opts: wsc.CheckOptions{
			Method: wsc.MethodGet, FollowRedirects: true, MaxRedirects: robotsRedirects, UserAgent: opts.UserAgent,
			AcceptStatus: wsc.StatusSet{{Low: http.StatusOK, High: 299}}, InsecureTLS: opts.InsecureTLS, Timeout: opts.Timeout,
		},
		keep: func(read []byte) { body = append(body, read...) },
	}
	a.result.NormalizedURL = url
	a.run() //nolint:contextcheck // a.ctx is ctx
	if a.result.Status != wsc.StatusActive {
		return nil, a.result.Status == wsc.StatusInactive && a.result.HTTPStatus < http.StatusInternalServerError
	}
	return parseRobots(body), true
}

// productToken is the name by which a robots.txt knows this checker.
func (r *robots) productToken(opts wsc.CheckOptions) string {
	if opts.UserAgent != "" {
		return productToken(opts.UserAgent)
	}
	return productToken(r.checker.userAgent)
}
