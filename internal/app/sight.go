package app

import (
	"context"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/runner"
)

// NewSight returns a sight that looks at the control URL by the same way as the checks, or nil without one. What changed
// does is said at runner.SightConfig.
func NewSight(control *wsc.Target, cfg checker.Config, dnsServers string, changed func(sees bool, control wsc.Result)) *runner.Sight {
	if control == nil {
		return nil
	}
	cfg.MaxIdleConns = 1
	return runner.NewSight(runner.SightConfig{Control: *control, Checker: freshChecker{cfg, dnsServers}, Changed: changed})
}

// freshChecker makes every check with a checker of its own: names that are remembered and connections that are open
// would show a network that is no longer there, and a lookup would queue behind those that wait for dead name servers.
type freshChecker struct {
	config     checker.Config
	dnsServers string
}

func (f freshChecker) Check(ctx context.Context, target wsc.Target, opts wsc.CheckOptions) wsc.Result {
	c, err := NewChecker(f.config, f.dnsServers)
	if err != nil {
		return wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindInternalError, ErrorMessage: err.Error(), OwnFault: true}
	}
	defer c.Close()
	return c.Check(ctx, target, opts)
}
