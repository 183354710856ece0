package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
)

// off is the value that turns a listener off. An empty variable is one that is not set.
const off = "off"

// Operations is where a worker is watched.
type Operations struct {
	OpsListen string `help:"Address and port of /healthz, /readyz and /metrics of this worker; 'off' for none. Default ${default}." default:"127.0.0.1:9464" env:"WSC_OPS_LISTEN" placeholder:"HOST:PORT"`
}

// Validate checks the form of the address.
func (o Operations) Validate() error { return validateOps(o.OpsListen) }

// Address is where to listen, "" for nowhere.
func (o Operations) Address() string { return orNowhere(o.OpsListen) }

// APIOperations is where an API server is watched.
type APIOperations struct {
	OpsListen     string `help:"Address and port of /metrics, apart from the API, with /healthz and /readyz. Default: /metrics is a page of the API, which asks for an admin key where other machines reach it." env:"WSC_OPS_LISTEN" placeholder:"HOST:PORT"`
	TemporalUIURL string `name:"temporal-ui-url" help:"Address of the Temporal UI, for example https://temporal.example.com; the pages of jobs link to it. Default: none." env:"WSC_TEMPORAL_UI_URL" placeholder:"URL"`
}

// Validate checks the form of the addresses.
func (o APIOperations) Validate() error {
	if o.TemporalUIURL != "" {
		address, err := url.Parse(o.TemporalUIURL)
		if err != nil || address.Host == "" || (address.Scheme != "http" && address.Scheme != "https") || address.User != nil || address.RawQuery != "" || address.Fragment != "" {
			return fmt.Errorf("WSC_TEMPORAL_UI_URL (--temporal-ui-url): %q is not an address like https://temporal.example.com", o.TemporalUIURL)
		}
	}
	return validateOps(o.OpsListen)
}

// TemporalUI is the address of the Temporal UI without a slash at its end, "" if it is not known.
func (o APIOperations) TemporalUI() string { return strings.TrimSuffix(o.TemporalUIURL, "/") }

// Address is where to listen, "" for nowhere.
func (o APIOperations) Address() string { return orNowhere(o.OpsListen) }

// Profiling is where a process shows its profiles.
type Profiling struct {
	PprofListen string `help:"Loopback address and port of Go's profiles (/debug/pprof/). Default: none." env:"WSC_PPROF_LISTEN" placeholder:"HOST:PORT"`
}

// Validate refuses addresses that other machines may reach: profiles show what is in the memory, and taking one costs CPU.
func (p Profiling) Validate() error {
	address := p.ProfilingAddress()
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("WSC_PPROF_LISTEN (--pprof-listen): %q is not an address and port like 127.0.0.1:6060", p.PprofListen)
	}
	if !loopback(host) {
		return fmt.Errorf("WSC_PPROF_LISTEN (--pprof-listen): %q can be reached from other machines; take a loopback address like 127.0.0.1:6060", p.PprofListen)
	}
	return nil
}

// ProfilingAddress is where to listen, "" for nowhere.
func (p Profiling) ProfilingAddress() string { return orNowhere(p.PprofListen) }

func orNowhere(address string) string {
	if address == off {
		return ""
	}
	return address
}

func validateOps(address string) error {
	if address = orNowhere(address); address == "" {
		return nil
	}
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("WSC_OPS_LISTEN (--ops-listen): %q is not an address and port like 127.0.0.1:9464", address)
	}
	return nil
}

// loopback reports whether only this machine reaches the host.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
