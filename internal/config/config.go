// Package config holds the settings of the servers, as flags and environment variables for kong.
// Each command embeds the groups that it needs.
package config

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/checker"
	"github.com/website-status-checker/wsc/internal/telemetry"
	"github.com/website-status-checker/wsc/resolver"
)

// Log says what is logged and how.
type Log struct {
	LogLevel  string `help:"Least severe log lines to write." enum:"debug,info,warn,error" default:"info" env:"WSC_LOG_LEVEL"`
	LogFormat string `help:"Form of log lines." enum:"text,json" default:"text" env:"WSC_LOG_FORMAT"`
}

// Logger returns a logger that writes to w; see telemetry.NewLogger.
func (l Log) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.LogLevel)); err != nil {
		level = slog.LevelInfo // unreachable behind the enum above
	}
	return telemetry.NewLogger(w, telemetry.LogFormat(l.LogFormat), level)
}

// Listen is where an HTTP server listens.
type Listen struct {
	Listen string `help:"Address and port of the API." default:"127.0.0.1:8080" env:"WSC_LISTEN" placeholder:"HOST:PORT"`
}

// Validate checks the form of the address.
func (l Listen) Validate() error {
	if _, _, err := net.SplitHostPort(l.Listen); err != nil {
		return fmt.Errorf("WSC_LISTEN (--listen): %q is not an address and port like 127.0.0.1:8080", l.Listen)
	}
	return nil
}

// Public reports whether others than this machine may reach the address.
func (l Listen) Public() bool {
	host, _, err := net.SplitHostPort(l.Listen)
	return err == nil && !loopback(host)
}

// Database is where PostgreSQL is.
type Database struct {
	DatabaseURL     string `help:"URL of the PostgreSQL database." env:"WSC_DATABASE_URL" placeholder:"postgres://USER:PASSWORD@HOST:PORT/NAME"`
	DatabaseURLFile string `help:"File that holds the URL of the database." env:"WSC_DATABASE_URL_FILE" type:"path" placeholder:"FILE"`
}

// URL returns the database's URL, from its file if that is set.
func (d Database) URL() (string, error) {
	switch {
	case d.DatabaseURLFile != "":
		data, err := os.ReadFile(d.DatabaseURLFile)
		if err != nil {
			return "", fmt.Errorf("WSC_DATABASE_URL_FILE (--database-url-file): %w", err)
		}
		return strings.TrimSpace(string(data)), nil
	case d.DatabaseURL != "":
		return d.DatabaseURL, nil
	}
	return "", errors.New("WSC_DATABASE_URL (--database-url) is required: the URL of a PostgreSQL database")
}

// Jobs bounds what a job may be.
type Jobs struct {
	Retention      time.Duration `help:"How long a finished job is kept, unless it says otherwise." default:"24h" env:"WSC_RETENTION" placeholder:"DURATION"`
	MaxUploadBytes int64         `help:"Largest upload in bytes." default:"104857600" env:"WSC_MAX_UPLOAD_BYTES" placeholder:"BYTES"`
	MaxURLs        int64         `name:"max-urls" help:"Most URLs of one list." default:"1000000" env:"WSC_MAX_URLS" placeholder:"N"`
	MaxActiveJobs  int64         `help:"Most jobs of one API key that are not done; 0 is no limit." default:"500" env:"WSC_MAX_ACTIVE_JOBS" placeholder:"N"`
	MaxStoredURLs  int64         `name:"max-stored-urls" help:"Most URLs that all jobs of one API key hold together, until they are deleted; 0 is no limit." default:"10000000" env:"WSC_MAX_STORED_URLS" placeholder:"N"`
	HostRate       float64       `help:"Most requests per second to one host, across all jobs and workers; 0 is no limit." default:"10" env:"WSC_HOST_RATE" placeholder:"N"`
}

// Validate checks the ranges.
func (j Jobs) Validate() error {
	switch {
	case j.Retention < time.Second:
		return fmt.Errorf("WSC_RETENTION (--retention): %s is too short; the least is 1s", j.Retention)
	case j.MaxUploadBytes < 1:
		return fmt.Errorf("WSC_MAX_UPLOAD_BYTES (--max-upload-bytes): %d is not a positive number of bytes", j.MaxUploadBytes)
	case j.MaxURLs < 1:
		return fmt.Errorf("WSC_MAX_URLS (--max-urls): %d is not a positive number", j.MaxURLs)
	case j.MaxActiveJobs < 0:
		return fmt.Errorf("WSC_MAX_ACTIVE_JOBS (--max-active-jobs): %d is negative; 0 is no limit", j.MaxActiveJobs)
	case j.MaxStoredURLs < 0:
		return fmt.Errorf("WSC_MAX_STORED_URLS (--max-stored-urls): %d is negative; 0 is no limit", j.MaxStoredURLs)
	case !(j.HostRate >= 0 && j.HostRate <= 1000):
		return fmt.Errorf("WSC_HOST_RATE (--host-rate): %g is not between 0 and 1000 requests per second", j.HostRate)
	}
	return nil
}

// Quota bounds what the jobs of one owner take together.
func (j Jobs) Quota() wsc.JobQuota {
	return wsc.JobQuota{ActiveJobs: j.MaxActiveJobs, StoredURLs: j.MaxStoredURLs}
}

// Defaults are the settings that jobs can override.
func (j Jobs) Defaults() wsc.Defaults {
	return wsc.Defaults{HostRate: j.HostRate, Retention: j.Retention}
}

// Check says how a process checks websites.
type Check struct {
	CheckConcurrency int            `help:"Most checks at once in this process; fewer run while the machine does not keep up." default:"512" env:"WSC_CHECK_CONCURRENCY" placeholder:"N"`
	AllowNets        []netip.Prefix `help:"Private networks that may be checked, for example 10.0.0.0/8,127.0.0.0/8. Everybody who can start a job can reach them." env:"WSC_ALLOW_NETS" placeholder:"CIDR,…"`
	AllowPorts       []uint16       `help:"Ports that may be checked in addition to 80, 443, 8080 and 8443." env:"WSC_ALLOW_PORTS" placeholder:"PORT,…"`
	DNSServers       string         `name:"dns-servers" help:"Name servers to ask, for example 10.0.0.2,10.0.0.3:5353,[2001:db8::1]. Default: those of this machine." env:"WSC_DNS_SERVERS" placeholder:"ADDRESS,…"`
	Proxy            string         `help:"Proxy for all checks: http://HOST:PORT, https:// or socks5://, with USER:PASSWORD@ if it asks for them. It resolves names, so addresses behind names are no longer verified here. Default: none." env:"WSC_PROXY" placeholder:"URL"`
	ProxyFile        string         `help:"File that holds the URL of the proxy." env:"WSC_PROXY_FILE" type:"path" placeholder:"FILE"`
	ControlURL       string         `name:"control-url" help:"URL that answers whenever the network is there. When nearly all checks fail and it does not answer either, checks wait instead of blaming the sites. Default: none." env:"WSC_CONTROL_URL" placeholder:"URL"`
}

// Control returns the control URL as a target that the guard lets pass, or nil if there is none.
func (c Check) Control() (*wsc.Target, error) {
	if c.ControlURL == "" {
		return nil, nil //nolint:nilnil // no control URL is no error
	}
	normal, err := wsc.NormalizeURL(c.ControlURL)
	if err == nil {
		err = checker.NewGuard(c.AllowNets, c.AllowPorts).CheckURL(normal)
	}
	if err != nil {
		return nil, fmt.Errorf("WSC_CONTROL_URL (--control-url): %w", err)
	}
	return &wsc.Target{URL: c.ControlURL, NormalizedURL: normal.URL, Host: normal.Host}, nil
}

// ProxyURL returns the proxy's URL, from its file if that is set, or nil if there is no proxy.
func (c Check) ProxyURL() (*url.URL, error) {
	text, name := c.Proxy, "WSC_PROXY (--proxy)"
	if c.ProxyFile != "" {
		name = "WSC_PROXY_FILE (--proxy-file)"
		data, err := os.ReadFile(c.ProxyFile)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		text = strings.TrimSpace(string(data))
	}
	if text == "" {
		return nil, nil //nolint:nilnil // no proxy is no error
	}
	proxy, err := checker.ParseProxy(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return proxy, nil
}

// Validate checks the ranges.
func (c Check) Validate() error {
	if c.CheckConcurrency < 1 || c.CheckConcurrency > 100_000 {
		return fmt.Errorf("WSC_CHECK_CONCURRENCY (--check-concurrency): %d is not between 1 and 100000", c.CheckConcurrency)
	}
	if _, err := resolver.ParseServers(c.DNSServers); err != nil {
		return fmt.Errorf("WSC_DNS_SERVERS (--dns-servers): %w", err)
	}
	if _, err := c.ProxyURL(); err != nil {
		return err
	}
	_, err := c.Control()
	return err
}

// Storage is where uploads, plans and exports are kept.
type Storage struct {
	BlobURL string `help:"Blob store for uploads, plans and exports: file:///folder, s3://bucket?region=…, gs://bucket. Default is the folder blobs in the data directory." env:"WSC_BLOB_URL" placeholder:"URL"`
	DataDir string `help:"Folder for everything that this process keeps on disk." default:"./data" env:"WSC_DATA_DIR" type:"path" placeholder:"FOLDER"`
}
