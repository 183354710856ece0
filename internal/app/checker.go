package app

import (
	"fmt"
	"runtime"

	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/expect"
	"github.com/website-status-checker/wsc/resolver"
)

// Checker is a checker with a resolver of its own.
type Checker struct {
	*checker.Checker
	names *resolver.Resolver // nil if the checker has its default
}

// NewChecker builds a checker that looks names up at the name servers of a list as resolver.ParseServers takes it, or
// at those of this machine if the list is empty. Close it after use.
func NewChecker(cfg checker.Config, dnsServers string) (*Checker, error) {
	servers, err := resolver.ParseServers(dnsServers)
	if err != nil {
		return nil, fmt.Errorf("WSC_DNS_SERVERS (--dns-servers): %w", err)
	}
	c := &Checker{}
	// Windows keeps its name servers where only its own functions find them.
	if len(servers) > 0 || runtime.GOOS != "windows" {
		if c.names, err = resolver.New(resolver.Config{Servers: servers}); err != nil {
			return nil, fmt.Errorf("set up the resolver: %w", err)
		}
		cfg.Resolver = c.names
	}
	if c.Checker, err = checker.New(cfg); err != nil {
		c.closeNames()
		return nil, fmt.Errorf("set up the checker: %w", err)
	}
	return c, nil
}

// acceptedExpectations is how many expressions are remembered to be right or wrong.
const acceptedExpectations = 256

// ExpectCompiler returns the function that says what is wrong with an expectation, for wsc.Defaults.
func ExpectCompiler() (func(expression string) error, error) {
	compiler, err := expect.NewCompiler()
	if err != nil {
		return nil, fmt.Errorf("set up expectations: %w", err)
	}
	return expect.NewCache(compiler, acceptedExpectations).Validate, nil
}

// Close closes idle connections and ends the queries under way. Checks under way can look up no further name.
func (c *Checker) Close() {
	c.Checker.Close()
	c.closeNames()
}

func (c *Checker) closeNames() {
	if c.names != nil {
		c.names.Close()
	}
}
