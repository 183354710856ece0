// Package keys makes, changes and verifies API keys, counts their requests, and keeps the sessions of browsers that are
// signed in with one. It stands between the API and the store;
// what it remembers of keys is never older than a few seconds.
package keys

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	wsc "github.com/website-status-checker/wsc"
)

// MinAdminKeyLength is the shortest admin key that may be configured, in characters.
const MinAdminKeyLength = 32

const (
	// DefaultRateLimitHour is the requests per hour of keys that do not say otherwise.
	DefaultRateLimitHour = 10_000
	// freshness is how long a key is taken as it was read: by then a revocation is effective on every server.
	freshness = 5 * time.Second
	// remembered bounds the secrets that are remembered, and the keys whose requests are counted.
	remembered = 10_000
	// queryTimeout bounds one statement.
	queryTimeout = 5 * time.Second
)

// Store is what the service needs of a store. Errors carry the codes that package storetest states.
type Store interface {
	CreateKey(ctx context.Context, key *wsc.Key) error
	Key(ctx context.Context, id string) (*wsc.Key, error)
	KeyByHash(ctx context.Context, hash []byte) (*wsc.Key, error)
	Keys(ctx context.Context, filter wsc.KeyFilter) ([]wsc.Key, error)
	ChangeKey(ctx context.Context, id string, fn func(*wsc.Key) error) (*wsc.Key, error)
	TouchKey(ctx context.Context, id string, now time.Time, atMostEvery time.Duration) error
	LeaseRequests(ctx context.Context, keyID string, n, quota int64) (wsc.RequestLease, error)
	ReturnRequests(ctx context.Context, keyID string, window time.Time, n int64) error
	CreateSession(ctx context.Context, session *wsc.Session) error
	Session(ctx context.Context, hash []byte) (*wsc.Session, error)
	TakeLink(ctx context.Context, hash []byte) (*wsc.Session, error)
	TouchSession(ctx context.Context, hash []byte, seen, expires time.Time) error
	DeleteSession(ctx context.Context, hash []byte) error
	DeleteSessionsOfKey(ctx context.Context, keyID string) error
	DeleteExpiredSessions(ctx context.Context, before time.Time) error
}

// Config is what a Service is made of. Store is required.
type Config struct {
	Store Store
	// AdminKey is a secret that is an admin key without standing in the store; "" for none. It has any form, and at least
	// MinAdminKeyLength characters.
	AdminKey string
	// RateLimitHour is the requests per hour of new keys that do not say otherwise, 0 for no limit.
	RateLimitHour int64
	// Logger is slog.Default() if nil.
	Logger *slog.Logger
	// Now is time.Now if nil.
	Now func() time.Time
}

// Service makes, changes and verifies keys. It is safe for concurrent use.
type Service struct {
	store         Store
	admin         *wsc.Key // nil without an admin key
	rateLimitHour int64
	logger        *slog.Logger
	now           func() time.Time

	secrets *lru.Cache[[sha256.Size]byte, verified]
	reads   singleflight.Group
	leases  *lru.Cache[string, *lease]
	tokens  *lru.Cache[[sha256.Size]byte, knownSession]

	background sync.WaitGroup
	mu         sync.Mutex
	closed     bool
	generation uint64               // grows with every change of a key here
	touched    map[string]time.Time // when a use was last written, by key
}

// New makes a Service. Close it after use.
func New(cfg Config) (*Service, error) {
	if cfg.Store == nil {
		return nil, errors.New("keys: Store is required")
	}
	s := &Service{store: cfg.Store, rateLimitHour: cfg.RateLimitHour, logger: cfg.Logger, now: cfg.Now, touched: map[string]time.Time{}}
	if s.logger == nil {
		s.logger = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	if cfg.AdminKey != "" {
		if len(cfg.AdminKey) < MinAdminKeyLength {
			return nil, wsc.Errorf(wsc.CodeInvalidRequest, "The admin key has %d characters; it must have at least %d.", len(cfg.AdminKey), MinAdminKeyLength)
		}
		hash := wsc.HashKeySecret(cfg.AdminKey)
		s.admin = &wsc.Key{
			ID: wsc.AdminKeyID, Prefix: wsc.KeyPrefix(cfg.AdminKey)[:4] + "…", Name: "admin key of the configuration",
			Scopes: []wsc.Scope{wsc.ScopeAdmin}, IsActive: true, CreatedAt: s.now().UTC(), Hash: hash[:],
		}
	}
	var secretsErr, leasesErr, tokensErr error
	s.secrets, secretsErr = lru.New[[sha256.Size]byte, verified](remembered)
	s.leases, leasesErr = lru.New[string, *lease](remembered)
	s.tokens, tokensErr = lru.New[[sha256.Size]byte, knownSession](remembered)
	return s, errors.Join(secretsErr, leasesErr, tokensErr)
}

// Close waits for what is written in the background, and gives back requests that were leased and not used.
func (s *Service) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.background.Wait()
	s.returnLeases()
}

// inBackground runs fn unless the service is closed.
func (s *Service) inBackground(fn func(context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return
	}
	s.background.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), queryTimeout)
		defer cancel()
		fn(ctx)
	})
}
