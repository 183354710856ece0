package app

import (
	"context"
	"fmt"

	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/internal/keyring"
	"github.com/website-status-checker/wsc/jobs"
)

// OpenSecrets connects to the keys for secrets in the database. It returns nil if the settings name none.
func OpenSecrets(ctx context.Context, encryption config.Encryption) (*keyring.Keyring, error) {
	urls, err := encryption.SecretKeys()
	if err != nil || urls == nil {
		return nil, err
	}
	ring, err := keyring.Open(ctx, urls)
	if err != nil {
		return nil, fmt.Errorf("WSC_SECRETS_URL (--secrets-url): %w", err)
	}
	return ring, nil
}

// sealer is what the jobs service seals with. It is nil without keys; a nil keyring in the interface would not be.
func (p Parts) sealer() jobs.Sealer {
	if p.Secrets == nil {
		return nil
	}
	return p.Secrets
}

// opener is what workers open secrets with, nil without keys.
func (p Parts) opener() activities.Opener {
	if p.Secrets == nil {
		return nil
	}
	return p.Secrets
}
