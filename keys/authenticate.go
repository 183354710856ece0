package keys

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/netip"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// touchInterval is how often the use of a key is written at most.
const touchInterval = time.Minute

// Rejection is why a secret was not accepted. It is for operators; a client is told less.
type Rejection string

// The reasons to reject a secret.
const (
	RejectedMissing   Rejection = "missing"
	RejectedMistyped  Rejection = "mistyped"
	RejectedUnknown   Rejection = "unknown"
	RejectedInactive  Rejection = "revoked"
	RejectedExpired   Rejection = "expired"
	RejectedAddress   Rejection = "address"
	RejectedThrottled Rejection = "throttled"
)

// RejectedError is the error for a secret that was not accepted. Its chain holds a *wsc.Error with
// wsc.CodeUnauthorized, or wsc.CodeForbidden for a good secret that comes from an address which its key does not allow.
type RejectedError struct {
	Rejection Rejection
	// KeyID is the key that the secret belongs to, "" if none.
	KeyID string
	err   *wsc.Error
}

// Error returns the sentence for the client.
func (e *RejectedError) Error() string { return e.err.Error() }

// Unwrap returns the error for the client.
func (e *RejectedError) Unwrap() error { return e.err }

// verified is what is remembered of a secret: its key, or that there is none.
type verified struct {
	key  *wsc.Key // nil for an unknown secret
	read time.Time
}

// Authenticate returns the key that a secret belongs to, if it may be used now and from the address. What is known is
// at most a few seconds old. With onlyKnown, a secret that this server does not remember as a good one is rejected
// without a look into the database.
//
// The key is shared: it must not be changed. Errors: *RejectedError, wsc.CodeStorageUnavailable.
func (s *Service) Authenticate(ctx context.Context, secret string, address netip.Addr, onlyKnown bool) (*wsc.Key, error) {
	if secret == "" {
		return nil, reject(RejectedMissing, "", "This needs an API key. Send it in the header X-API-Key, or as Authorization: Bearer KEY.")
	}
	hash := wsc.HashKeySecret(secret)
	if !s.isAdmin(hash) && !wsc.WellFormedKeySecret(secret) {
		return nil, reject(RejectedMistyped, "", "The API key is mistyped or incomplete. Keys have 40 characters and begin with wsc_.")
	}
	return s.verify(ctx, hash, address, onlyKnown)
}

func (s *Service) isAdmin(hash [sha256.Size]byte) bool {
	return s.admin != nil && subtle.ConstantTimeCompare(hash[:], s.admin.Hash) == 1
}

// verify is Authenticate for the hash of a secret.
func (s *Service) verify(ctx context.Context, hash [sha256.Size]byte, address netip.Addr, onlyKnown bool) (*wsc.Key, error) {
	if s.isAdmin(hash) {
		return s.admin, nil
	}
	now := s.now()
	known, remembered := s.secrets.Get(hash)
	if onlyKnown && (!remembered || known.key == nil) {
		return nil, reject(RejectedThrottled, "", "Too many wrong API keys came from this address.")
	}
	if !remembered || now.Sub(known.read) >= freshness {
		var err error
		if known, err = s.read(ctx, hash); err != nil {
			return nil, err
		}
	}
	if err := usable(known.key, hash, address, now); err != nil {
		return nil, err
	}
	s.touch(known.key.ID, now) //nolint:contextcheck // it is written after the request, if need be
	return known.key, nil
}

// usable says why the secret with the hash is not accepted, if it is not.
func usable(key *wsc.Key, hash [sha256.Size]byte, address netip.Addr, now time.Time) error {
	if key == nil {
		return reject(RejectedUnknown, "", "This API key is not known here. Check that it belongs to this server.")
	}
	current := subtle.ConstantTimeCompare(hash[:], key.Hash) == 1
	previous := subtle.ConstantTimeCompare(hash[:], key.PreviousHash) == 1 && !expired(key.PreviousExpiresAt, now)
	switch {
	case !key.IsActive:
		return reject(RejectedInactive, key.ID, "This API key was revoked.")
	case !current && !previous, expired(key.ExpiresAt, now):
		return reject(RejectedExpired, key.ID, "This API key has expired.")
	case !key.Allows(address):
		rejected := reject(RejectedAddress, key.ID, "This API key may not be used from this address.")
		rejected.err.Code = wsc.CodeForbidden
		return rejected
	}
	return nil
}

func reject(reason Rejection, keyID, message string) *RejectedError {
	return &RejectedError{Rejection: reason, KeyID: keyID, err: wsc.Errorf(wsc.CodeUnauthorized, "%s", message)}
}

// read asks the store. Those who ask for the same secret at once are answered together.
func (s *Service) read(ctx context.Context, hash [sha256.Size]byte) (verified, error) {
	answer := s.reads.DoChan(string(hash[:]), func() (any, error) {
		generation := s.currentGeneration()
		// One who goes away must not spoil it for the others.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), queryTimeout)
		defer cancel()
		found := verified{read: s.now()}
		key, err := s.store.KeyByHash(ctx, hash[:])
		switch {
		case err == nil:
			found.key = key
		case wsc.CodeOf(err) != wsc.CodeNotFound:
			return verified{}, err
		}
		s.remember(hash, found, generation)
		return found, nil
	})
	select {
	case <-ctx.Done():
		return verified{}, context.Cause(ctx)
	case result := <-answer:
		found, _ := result.Val.(verified)
		return found, result.Err
	}
}

func (s *Service) currentGeneration() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generation
}

// remember keeps what was read, unless a key was changed here meanwhile.
func (s *Service) remember(hash [sha256.Size]byte, found verified, generation uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.generation == generation {
		s.secrets.Add(hash, found)
	}
}

// forget makes the next use of every secret ask the store.
func (s *Service) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generation++
	for _, hash := range s.secrets.Keys() {
		if known, there := s.secrets.Peek(hash); there {
			known.read = time.Time{} // what is known as good stays known as such
			s.secrets.Add(hash, known)
		}
	}
}

// touch records the use of a key in the background.
func (s *Service) touch(id string, now time.Time) {
	s.mu.Lock()
	due := now.Sub(s.touched[id]) >= touchInterval
	if due {
		s.touched[id] = now
	}
	s.mu.Unlock()
	if !due {
		return
	}
	s.inBackground(func(ctx context.Context) {
		if err := s.store.TouchKey(ctx, id, now.UTC(), touchInterval); err != nil && !errors.Is(err, context.Canceled) {
			s.logger.WarnContext(ctx, "could not record the use of a key", slog.String("key_id", id), slog.Any("error", err))
		}
	})
}
