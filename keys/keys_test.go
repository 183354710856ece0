package keys_test

import (
	"context"
	"errors"
	"net/netip"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/keys"
	"github.com/website-status-checker/wsc/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const adminKey = "an admin key of the configuration"

var somewhere = netip.MustParseAddr("203.0.113.7")

// counted is a store that counts its queries.
type counted struct {
	keys.Store
	byHash, leases, touches atomic.Int64
	fails                   atomic.Bool
}

func (c *counted) KeyByHash(ctx context.Context, hash []byte) (*wsc.Key, error) {
	c.byHash.Add(1)
	if c.fails.Load() {
		return nil, wsc.Errorf(wsc.CodeStorageUnavailable, "gone")
	}
	return c.Store.KeyByHash(ctx, hash)
}

func (c *counted) LeaseRequests(ctx context.Context, keyID string, n, quota int64) (wsc.RequestLease, error) {
	c.leases.Add(1)
	return c.Store.LeaseRequests(ctx, keyID, n, quota)
}

func (c *counted) TouchKey(ctx context.Context, id string, now time.Time, atMostEvery time.Duration) error {
	c.touches.Add(1)
	return c.Store.TouchKey(ctx, id, now, atMostEvery)
}

// clock is a time that tests move on.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

type bundle struct {
	*keys.Service
	store *counted
	clock *clock
}

func newBundle(t *testing.T) *bundle {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	b := &bundle{store: &counted{Store: store}, clock: &clock{}}
	b.Service = b.another(t)
	return b
}

// another is one more server on the same database.
func (b *bundle) another(t *testing.T) *keys.Service {
	t.Helper()
	service, err := keys.New(keys.Config{Store: b.store, AdminKey: adminKey, RateLimitHour: 1000, Now: b.clock.now})
	require.NoError(t, err)
	t.Cleanup(service.Close)
	return service
}

func (b *bundle) create(t *testing.T, request wsc.KeyRequest) *wsc.KeyWithSecret {
	t.Helper()
	if request.Name == "" {
		request.Name = "test"
	}
	key, err := b.Create(t.Context(), request)
	require.NoError(t, err)
	return key
}

func requireRejected(t *testing.T, want keys.Rejection, err error) {
	t.Helper()
	rejected, ok := errors.AsType[*keys.RejectedError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, want, rejected.Rejection)
}

func TestASecretIsVerified(t *testing.T) {
	b := newBundle(t)
	key := b.create(t, wsc.KeyRequest{AllowedIPs: []string{"203.0.113.0/24", "2001:db8::7"}})
	require.True(t, wsc.WellFormedKeySecret(key.Secret))

	found, err := b.Authenticate(t.Context(), key.Secret, somewhere, false)
	require.NoError(t, err)
	require.Equal(t, key.ID, found.ID)
	require.True(t, found.Can(wsc.ScopeRead))
	require.True(t, found.Can(wsc.ScopeWrite))
	require.False(t, found.Can(wsc.ScopeAdmin))

	_, err = b.Authenticate(t.Context(), key.Secret, netip.MustParseAddr("2001:db8::8"), false)
	requireRejected(t, keys.RejectedAddress, err)
	require.Equal(t, wsc.CodeForbidden, wsc.CodeOf(err))
	_, err = b.Authenticate(t.Context(), "", somewhere, false)
	requireRejected(t, keys.RejectedMissing, err)
	_, err = b.Authenticate(t.Context(), wsc.NewKeySecret(), somewhere, false)
	requireRejected(t, keys.RejectedUnknown, err)
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err))

	before := b.store.byHash.Load()
	_, err = b.Authenticate(t.Context(), key.Secret[:39]+"x", somewhere, false)
	if key.Secret[39] != 'x' {
		requireRejected(t, keys.RejectedMistyped, err)
	}
	require.Equal(t, before, b.store.byHash.Load(), "a mistyped key needs no query")

	admin, err := b.Authenticate(t.Context(), adminKey, somewhere, true)
	require.NoError(t, err)
	require.True(t, admin.Can(wsc.ScopeWrite))
	require.Equal(t, before, b.store.byHash.Load())
}

func TestWhatIsKnownIsAskedForAgainAfterSeconds(t *testing.T) {
	b := newBundle(t)
	key := b.create(t, wsc.KeyRequest{})
	other := b.another(t)
	for range 10 {
		_, err := other.Authenticate(t.Context(), key.Secret, somewhere, false)
		require.NoError(t, err)
	}
	require.EqualValues(t, 1, b.store.byHash.Load())

	_, err := b.Revoke(t.Context(), key.ID)
	require.NoError(t, err)
	_, err = b.Authenticate(t.Context(), key.Secret, somewhere, false)
	requireRejected(t, keys.RejectedInactive, err)
	b.clock.advance(9 * time.Second)
	_, err = other.Authenticate(t.Context(), key.Secret, somewhere, false)
	requireRejected(t, keys.RejectedInactive, err)

	active := true
	_, err = b.Change(t.Context(), key.ID, wsc.KeyChange{IsActive: &active})
	require.NoError(t, err)
	_, err = b.Authenticate(t.Context(), key.Secret, somewhere, false)
	require.NoError(t, err)
}

func TestADatabaseThatIsAwayIsNoRejection(t *testing.T) {
	b := newBundle(t)
	key := b.create(t, wsc.KeyRequest{})
	b.store.fails.Store(true)
	_, err := b.Authenticate(t.Context(), key.Secret, somewhere, false)
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	_, rejected := errors.AsType[*keys.RejectedError](err)
	require.False(t, rejected)
	b.store.fails.Store(false)
	_, err = b.Authenticate(t.Context(), key.Secret, somewhere, false)
	require.NoError(t, err)
}

func TestUnderAttackOnlyKnownKeysAreLookedUp(t *testing.T) {
	b := newBundle(t)
	known, fresh := b.create(t, wsc.KeyRequest{}), b.create(t, wsc.KeyRequest{})
	_, err := b.Authenticate(t.Context(), known.Secret, somewhere, false)
	require.NoError(t, err)
	b.clock.advance(time.Hour)
	_, err = b.Authenticate(t.Context(), known.Secret, somewhere, true)
	require.NoError(t, err)
	before := b.store.byHash.Load()
	_, err = b.Authenticate(t.Context(), fresh.Secret, somewhere, true)
	requireRejected(t, keys.RejectedThrottled, err)
	require.Equal(t, before, b.store.byHash.Load())
}

func TestARotatedKeyHasTwoSecretsForAWhile(t *testing.T) {
	b := newBundle(t)
	key := b.create(t, wsc.KeyRequest{})
	grace := int64(60)
	rotated, err := b.Rotate(t.Context(), key.ID, wsc.KeyRotation{GraceSeconds: &grace})
	require.NoError(t, err)
	require.NotEqual(t, key.Secret, rotated.Secret)
	require.Equal(t, key.Prefix, rotated.PreviousPrefix)
	for _, secret := range []string{key.Secret, rotated.Secret} {
		found, err := b.Authenticate(t.Context(), secret, somewhere, false)
		require.NoError(t, err)
		require.Equal(t, key.ID, found.ID)
	}
	b.clock.advance(time.Minute)
	_, err = b.Authenticate(t.Context(), key.Secret, somewhere, false)
	requireRejected(t, keys.RejectedExpired, err)
	_, err = b.Authenticate(t.Context(), rotated.Secret, somewhere, false)
	require.NoError(t, err)

	none := int64(0)
	third, err := b.Rotate(t.Context(), key.ID, wsc.KeyRotation{GraceSeconds: &none})
	require.NoError(t, err)
	_, err = b.Authenticate(t.Context(), rotated.Secret, somewhere, false)
	requireRejected(t, keys.RejectedUnknown, err)

	_, err = b.Revoke(t.Context(), key.ID)
	require.NoError(t, err)
	_, err = b.Authenticate(t.Context(), third.Secret, somewhere, false)
	requireRejected(t, keys.RejectedInactive, err)
	_, err = b.Rotate(t.Context(), key.ID, wsc.KeyRotation{})
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))
}

func TestAKeyExpires(t *testing.T) {
	b := newBundle(t)
	until := b.clock.now().Add(time.Hour)
	key := b.create(t, wsc.KeyRequest{ExpiresAt: &until})
	_, err := b.Authenticate(t.Context(), key.Secret, somewhere, false)
	require.NoError(t, err)
	b.clock.advance(time.Hour)
	_, err = b.Authenticate(t.Context(), key.Secret, somewhere, false)
	requireRejected(t, keys.RejectedExpired, err)
}

func TestUseIsRecordedOnceAMinute(t *testing.T) {
	b := newBundle(t)
	key := b.create(t, wsc.KeyRequest{})
	for range 3 {
		for range 5 {
			_, err := b.Authenticate(t.Context(), key.Secret, somewhere, false)
			require.NoError(t, err)
		}
		b.clock.advance(time.Minute)
	}
	b.Close()
	require.EqualValues(t, 3, b.store.touches.Load())
	read, err := b.Get(t.Context(), key.ID)
	require.NoError(t, err)
	require.WithinDuration(t, b.clock.now().Add(-time.Minute), *read.LastUsedAt, 30*time.Second)
}

func TestWrongRequestsNameTheField(t *testing.T) {
	b := newBundle(t)
	past := b.clock.now().Add(-time.Second)
	negative := int64(-1)
	for field, request := range map[string]wsc.KeyRequest{
		"name":            {Name: "  "},
		"scopes":          {Name: "a", Scopes: []wsc.Scope{"root"}},
		"allowed_ips":     {Name: "a", AllowedIPs: []string{"10.0.0.0/33"}},
		"expires_at":      {Name: "a", ExpiresAt: &past},
		"rate_limit_hour": {Name: "a", RateLimitHour: &negative},
	} {
		_, err := b.Create(t.Context(), request)
		known, ok := errors.AsType[*wsc.Error](err)
		require.True(t, ok, field)
		require.Equal(t, wsc.CodeInvalidRequest, known.Code)
		require.Equal(t, field, known.Field)
	}
	for _, network := range []string{"::ffff:10.0.0.0/104", "fe80::1%eth0", "example.com", ""} {
		_, err := b.Create(t.Context(), wsc.KeyRequest{Name: "a", AllowedIPs: []string{network}})
		require.Equal(t, wsc.CodeInvalidRequest, wsc.CodeOf(err), network)
	}
	_, err := keys.New(keys.Config{Store: b.store, AdminKey: "short"})
	require.ErrorContains(t, err, "at least 32")
}

func TestServersTogetherKeepTheQuotaAndAskSeldom(t *testing.T) {
	b := newBundle(t)
	if left := time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)); left < 10*time.Second {
		<-time.After(left) // the quota begins anew with the hour
	}
	key := b.create(t, wsc.KeyRequest{})
	other := b.another(t)
	var passed, asked atomic.Int64
	var wait sync.WaitGroup
	for client := range 20 {
		service := []*keys.Service{b.Service, other}[client%2]
		wait.Go(func() {
			for range 100 {
				quota, allowed, err := service.Take(t.Context(), &key.Key)
				if err != nil || quota.Limit != 1000 || quota.ResetSeconds < 1 || quota.ResetSeconds > 3600 {
					t.Errorf("quota %+v, error %v", quota, err)
					return
				}
				asked.Add(1)
				if allowed {
					passed.Add(1)
				}
			}
		})
	}
	wait.Wait()
	require.EqualValues(t, 2000, asked.Load())
	require.EqualValues(t, 1000, passed.Load())
	require.LessOrEqual(t, b.store.leases.Load(), int64(2000/50), "round trips")
	t.Logf("%d requests, %d passed, %d round trips", asked.Load(), passed.Load(), b.store.leases.Load())
}

func TestUnusedRequestsAreGivenBack(t *testing.T) {
	b := newBundle(t)
	if left := time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)); left < 10*time.Second {
		<-time.After(left)
	}
	limit := int64(50)
	key := b.create(t, wsc.KeyRequest{RateLimitHour: &limit})
	other := b.another(t)
	_, allowed, err := other.Take(t.Context(), &key.Key)
	require.NoError(t, err)
	require.True(t, allowed)
	other.Close()
	for n := range 50 {
		_, allowed, err := b.Take(t.Context(), &key.Key)
		require.NoError(t, err)
		require.Equal(t, n < 49, allowed, n)
	}
	higher := key.Key
	higher.RateLimitHour = 60
	_, allowed, err = b.Take(t.Context(), &higher)
	require.NoError(t, err)
	require.True(t, allowed, "a raised quota is effective at once")
}

func TestAKeyWithoutLimitIsNotCounted(t *testing.T) {
	b := newBundle(t)
	none := int64(0)
	key := b.create(t, wsc.KeyRequest{RateLimitHour: &none})
	quota, allowed, err := b.Take(t.Context(), &key.Key)
	require.NoError(t, err)
	require.True(t, allowed)
	require.Nil(t, quota)
	require.Zero(t, b.store.leases.Load())
}
