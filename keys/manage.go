package keys

import (
	"context"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// defaultGrace is how long the secret before a rotation works if the rotation does not say.
const defaultGrace = 24 * time.Hour

// Create makes a key. Its secret is returned and not stored.
//
// Errors: wsc.CodeInvalidRequest with the field, wsc.CodeStorageUnavailable.
func (s *Service) Create(ctx context.Context, request wsc.KeyRequest) (*wsc.KeyWithSecret, error) {
	// Stores keep microseconds; the answer shall have what a later read has.
	now := s.now().UTC().Truncate(time.Microsecond)
	key := wsc.Key{ID: wsc.NewID(), IsActive: true, CreatedAt: now, RateLimitHour: s.rateLimitHour, Scopes: []wsc.Scope{wsc.ScopeRead, wsc.ScopeWrite}}
	change := wsc.KeyChange{
		Name: &request.Name, OwnerEmail: &request.OwnerEmail, Scopes: request.Scopes, RateLimitHour: request.RateLimitHour,
		AllowedIPs: &request.AllowedIPs, ExpiresAt: request.ExpiresAt,
	}
	if err := apply(&key, change, now); err != nil {
		return nil, err
	}
	secret := wsc.NewKeySecret()
	setSecret(&key, secret)
	if err := s.store.CreateKey(ctx, &key); err != nil {
		return nil, err
	}
	return &wsc.KeyWithSecret{Key: key, Secret: secret}, nil
}

// Get returns a key. The error has wsc.CodeNotFound when there is none; the admin key of the configuration is none.
func (s *Service) Get(ctx context.Context, id string) (*wsc.Key, error) { return s.store.Key(ctx, id) }

// List returns a page of keys, newest first.
func (s *Service) List(ctx context.Context, filter wsc.KeyFilter) ([]wsc.Key, error) {
	return s.store.Keys(ctx, filter)
}

// Change changes a key. It is effective here at once and on other servers within seconds.
//
// Errors: wsc.CodeInvalidRequest with the field, wsc.CodeNotFound, wsc.CodeStorageUnavailable.
func (s *Service) Change(ctx context.Context, id string, change wsc.KeyChange) (*wsc.Key, error) {
	return s.change(ctx, id, func(key *wsc.Key) error { return apply(key, change, s.now().UTC()) })
}

// Revoke makes a key stop working, with both of its secrets. Revoking twice is no error.
func (s *Service) Revoke(ctx context.Context, id string) (*wsc.Key, error) {
	return s.change(ctx, id, func(key *wsc.Key) error { key.IsActive = false; return nil })
}

// Rotate gives a key a new secret. The one before works for the grace period; one that was still in its own grace period
// stops at once. A key that was revoked or has expired can't be rotated: the error has wsc.CodeConflict.
func (s *Service) Rotate(ctx context.Context, id string, rotation wsc.KeyRotation) (*wsc.KeyWithSecret, error) {
	grace := defaultGrace
	if rotation.GraceSeconds != nil {
		grace = time.Duration(*rotation.GraceSeconds) * time.Second
	}
	secret := wsc.NewKeySecret()
	now := s.now().UTC().Truncate(time.Microsecond)
	key, err := s.change(ctx, id, func(key *wsc.Key) error {
		if !key.IsActive || expired(key.ExpiresAt, now) {
			return wsc.Errorf(wsc.CodeConflict, "The key was revoked or has expired. Make it work again first, or create a new key.")
		}
		key.PreviousHash, key.PreviousPrefix, key.PreviousExpiresAt = nil, "", nil
		if grace > 0 {
			until := now.Add(grace)
			key.PreviousHash, key.PreviousPrefix, key.PreviousExpiresAt = key.Hash, key.Prefix, &until
		}
		setSecret(key, secret)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &wsc.KeyWithSecret{Key: *key, Secret: secret}, nil
}

func (s *Service) change(ctx context.Context, id string, fn func(*wsc.Key) error) (*wsc.Key, error) {
	key, err := s.store.ChangeKey(ctx, id, fn)
	s.forget()
	return key, err
}

func setSecret(key *wsc.Key, secret string) {
	hash := wsc.HashKeySecret(secret)
	key.Hash, key.Prefix = hash[:], wsc.KeyPrefix(secret)
}

// apply makes the change, or says which field is wrong.
func apply(key *wsc.Key, change wsc.KeyChange, now time.Time) error {
	if change.Name != nil {
		key.Name = strings.TrimSpace(*change.Name)
		if key.Name == "" {
			return invalid("name", "A key needs a name, so that people know what it is for.")
		}
	}
	if change.OwnerEmail != nil {
		key.OwnerEmail = strings.TrimSpace(*change.OwnerEmail)
		if address, err := mail.ParseAddress(key.OwnerEmail); key.OwnerEmail != "" && (err != nil || address.Address != key.OwnerEmail) {
			return invalid("owner_email", "Write an e-mail address like ops@example.com.")
		}
	}
	if change.Scopes != nil {
		if len(change.Scopes) == 0 {
			return invalid("scopes", "A key needs at least one scope: read, write, admin.")
		}
		key.Scopes = nil
		for _, scope := range change.Scopes {
			if !slices.Contains(wsc.Scopes(), scope) {
				return invalid("scopes", "Scopes are read, write and admin.")
			}
			if !slices.Contains(key.Scopes, scope) {
				key.Scopes = append(key.Scopes, scope)
			}
		}
	}
	if change.IsActive != nil {
		key.IsActive = *change.IsActive
	}
	if change.RateLimitHour != nil {
		if *change.RateLimitHour < 0 {
			return invalid("rate_limit_hour", "The limit must not be negative; 0 is no limit.")
		}
		key.RateLimitHour = *change.RateLimitHour
	}
	if change.AllowedIPs != nil {
		networks, err := parseNetworks(*change.AllowedIPs)
		if err != nil {
			return err
		}
		key.AllowedIPs = networks
	}
	if change.ExpiresAt != nil {
		if !change.ExpiresAt.After(now) {
			return invalid("expires_at", "The time lies in the past. Revoke a key that shall stop working now.")
		}
		until := change.ExpiresAt.UTC().Truncate(time.Microsecond)
		key.ExpiresAt = &until
	}
	return nil
}

// parseNetworks reads networks and single addresses.
func parseNetworks(texts []string) ([]netip.Prefix, error) {
	networks := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			address, addressErr := netip.ParseAddr(text)
			if addressErr != nil || address.Zone() != "" {
				return nil, invalid("allowed_ips", "Write networks like 203.0.113.0/24 or 2001:db8::/32, and addresses like 203.0.113.7.")
			}
			address = address.Unmap()
			network = netip.PrefixFrom(address, address.BitLen())
		}
		if network.Addr().Is4In6() {
			return nil, invalid("allowed_ips", "Write IPv4 networks like 203.0.113.0/24.")
		}
		networks = append(networks, network.Masked())
	}
	return networks, nil
}

func invalid(field, message string) *wsc.Error {
	return wsc.Errorf(wsc.CodeInvalidRequest, "%s", message).At(wsc.Place{Field: field})
}

// expired reports whether a time that may be absent has come.
func expired(at *time.Time, now time.Time) bool { return at != nil && !at.After(now) }
