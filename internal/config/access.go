package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/website-status-checker/wsc/keys"
)

// Access says who may use the API, and how much.
type Access struct {
	AdminKey       string         `help:"Admin key that works without standing in the database, to create the first keys with; any 32 characters or more." env:"WSC_ADMIN_KEY" placeholder:"KEY"`
	AdminKeyFile   string         `help:"File that holds the admin key." env:"WSC_ADMIN_KEY_FILE" type:"path" placeholder:"FILE"`
	RateLimitHour  int64          `help:"Requests per hour of new API keys that do not say otherwise; 0 is no limit." default:"10000" env:"WSC_RATE_LIMIT_HOUR" placeholder:"N"`
	AuditRetention time.Duration  `help:"How long security events are kept in the database." default:"2160h" env:"WSC_AUDIT_RETENTION" placeholder:"DURATION"`
	MaxStreams     int            `help:"Most event streams of one API key that are open on one server." default:"2500" env:"WSC_MAX_STREAMS" placeholder:"N"`
	TrustedProxies []netip.Prefix `help:"Networks of the reverse proxies in front of the API, for example 10.0.0.0/8. Only their X-Forwarded-For is believed." env:"WSC_TRUSTED_PROXIES" placeholder:"CIDR,…"`
	CORSOrigins    []string       `name:"cors-origins" help:"Origins whose pages may call the API from a browser, for example https://app.example.com. Default: none." env:"WSC_CORS_ORIGINS" placeholder:"ORIGIN,…"`
}

// Secret returns the admin key, from its file if that is set, or "" if there is none.
func (a Access) Secret() (string, error) {
	text, name := a.AdminKey, "WSC_ADMIN_KEY (--admin-key)"
	if a.AdminKeyFile != "" {
		name = "WSC_ADMIN_KEY_FILE (--admin-key-file)"
		data, err := os.ReadFile(a.AdminKeyFile)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		text = strings.TrimSpace(string(data))
		if text == "" {
			return "", fmt.Errorf("%s: %s is empty", name, a.AdminKeyFile)
		}
	}
	if text == "" {
		return "", nil
	}
	if len(text) < keys.MinAdminKeyLength {
		return "", fmt.Errorf("%s: the key has %d characters; it must have at least %d", name, len(text), keys.MinAdminKeyLength)
	}
	for _, character := range text {
		if character <= ' ' || character > '~' {
			return "", fmt.Errorf("%s: the key must consist of visible ASCII characters, since it travels in an HTTP header", name)
		}
	}
	return text, nil
}

// Validate checks the values.
func (a Access) Validate() error {
	if a.RateLimitHour < 0 {
		return fmt.Errorf("WSC_RATE_LIMIT_HOUR (--rate-limit-hour): %d is negative; 0 is no limit", a.RateLimitHour)
	}
	if a.AuditRetention < time.Hour {
		return fmt.Errorf("WSC_AUDIT_RETENTION (--audit-retention): %s is too short; the least is 1h", a.AuditRetention)
	}
	for _, origin := range a.CORSOrigins {
		if err := checkOrigin(origin); err != nil {
			return fmt.Errorf("WSC_CORS_ORIGINS (--cors-origins): %w", err)
		}
	}
	if a.MaxStreams < 1 {
		return fmt.Errorf("WSC_MAX_STREAMS (--max-streams): %d is not a positive number", a.MaxStreams)
	}
	_, err := a.Secret()
	return err
}

// checkOrigin refuses what is not exactly the origin that a browser sends, since it could never match, or match too much.
func checkOrigin(text string) error {
	origin, err := url.Parse(text)
	if err != nil || origin.Hostname() == "" || (origin.Scheme != "http" && origin.Scheme != "https") || strings.ContainsAny(text, "*, ") {
		return fmt.Errorf("%q is not an origin like https://app.example.com; patterns and null are not taken", text)
	}
	exact := origin.Scheme + "://" + strings.ToLower(origin.Host)
	if port := origin.Port(); (origin.Scheme == "https" && port == "443") || (origin.Scheme == "http" && port == "80") {
		exact = strings.TrimSuffix(exact, ":"+port)
	}
	if text != exact {
		return fmt.Errorf("%q is not an origin as browsers send it; write %s", text, exact)
	}
	return nil
}
