package config

import (
	"fmt"
	"os"
	"strings"

	"github.com/website-status-checker/wsc/internal/telemetry"
)

// Sentry says where errors of the product itself are reported.
type Sentry struct {
	SentryDSN         string `name:"sentry-dsn" help:"Sentry project to which panics and internal errors are reported. Default: none." env:"SENTRY_DSN" placeholder:"https://KEY@HOST/PROJECT"`
	SentryDSNFile     string `name:"sentry-dsn-file" help:"File that holds the DSN of the Sentry project." env:"SENTRY_DSN_FILE" type:"path" placeholder:"FILE"`
	SentryEnvironment string `name:"sentry-environment" help:"Environment that reports name." default:"production" env:"SENTRY_ENVIRONMENT" placeholder:"NAME"`
}

// DSN returns the address of the project, from its file if that is set, or "" if nothing is reported.
func (s Sentry) DSN() (string, error) {
	dsn, name := strings.TrimSpace(s.SentryDSN), "SENTRY_DSN (--sentry-dsn)"
	if s.SentryDSNFile != "" {
		name = "SENTRY_DSN_FILE (--sentry-dsn-file)"
		data, err := os.ReadFile(s.SentryDSNFile)
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		dsn = strings.TrimSpace(string(data))
	}
	if dsn == "" {
		return "", nil
	}
	if err := telemetry.CheckDSN(dsn); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return dsn, nil
}

// Validate checks the DSN.
func (s Sentry) Validate() error {
	_, err := s.DSN()
	return err
}
