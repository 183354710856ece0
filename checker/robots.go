package checker

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/temoto/robotstxt"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// robotsLifetime is how long a robots.txt is believed (RFC 9309, section 2.4, allows a day).
	robotsLifetime = time.Hour
	// maxRobots is how many sites' robots.txt are kept.
	maxRobots = 16 << 10
	// robotsRedirects is how many redirects lead to a robots.txt at most (RFC 9309, section 2.3.1.2).
	robotsRedirects = 5
)

// robots knows which URLs the robots.txt of their sites ask not to request (RFC 9309). Each is fetched once, by the
// check that needs it first; the others wait for that.
type robots struct {
	checker *Checker

	mu    sync.Mutex
	sites map[string]*robotsSite
}

// robotsSite is the robots.txt of one scheme, host and port.
type robotsSite struct {
	fetched chan struct{} // closed when rules and err are known
	until   time.Time
	rules   *robotstxt.RobotsData // nil allows everything
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
	site, mine := r.site(u.Scheme + "://" + authority)
	if mine {
		site.rules = r.fetch(ctx, deadline, u.Scheme+"://"+authority+"/robots.txt", opts)
		if ctx.Err() != nil {
			r.forget(u.Scheme+"://"+authority, site) // nothing was found out
		}
		close(site.fetched)
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-site.fetched:
		return site.rules == nil || site.rules.TestAgent(target, r.checker.productToken(opts))
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
		clear(r.sites) // they are fetched again
	}
	site := &robotsSite{fetched: make(chan struct{}), until: now.Add(robotsLifetime)}
	r.sites[origin] = site
	return site, true
}

func (r *robots) forget(origin string, site *robotsSite) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sites[origin] == site {
		delete(r.sites, origin)
	}
}

// fetch requests a robots.txt, past the guard like everything else, with half of the time that is left.
func (r *robots) fetch(ctx context.Context, deadline time.Time, url string, opts wsc.CheckOptions) *robotstxt.RobotsData {
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
		return nil
	}
	// What can't be read asks for nothing.
	rules, err := robotstxt.FromBytes(body)
	if err != nil {
		return nil
	}
	return rules
}

// productToken is the name by which a robots.txt knows this checker: the User-Agent up to its version.
func (c *Checker) productToken(opts wsc.CheckOptions) string {
	agent := opts.UserAgent
	if agent == "" {
		agent = c.userAgent
	}
	token, _, _ := strings.Cut(agent, "/")
	return strings.TrimSpace(token)
}
