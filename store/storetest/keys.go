package storetest

import (
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// createKey creates a key with a secret of its own.
func createKey(t *testing.T, store Store, change ...func(*wsc.Key)) (key *wsc.Key, secret string) {
	t.Helper()
	secret = wsc.NewKeySecret()
	hash := wsc.HashKeySecret(secret)
	key = &wsc.Key{
		ID: newID(t), Prefix: wsc.KeyPrefix(secret), Hash: hash[:], Name: "CRM import", OwnerEmail: "ops@example.com",
		Scopes: []wsc.Scope{wsc.ScopeRead, wsc.ScopeWrite}, IsActive: true, RateLimitHour: 1000, CreatedAt: someTime(),
	}
	for _, fn := range change {
		fn(key)
	}
	require.NoError(t, store.CreateKey(t.Context(), key))
	return key, secret
}

func hashOf(secret string) []byte {
	hash := wsc.HashKeySecret(secret)
	return hash[:]
}

func testKeys(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	t.Run("a key is read as it was created", func(t *testing.T) {
		store := open(t)
		expires := someTime().Add(time.Hour)
		key, secret := createKey(t, store, func(k *wsc.Key) {
			k.ExpiresAt = &expires
			k.AllowedIPs = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::7/128")}
		})
		read, err := store.Key(t.Context(), key.ID)
		require.NoError(t, err)
		require.Equal(t, key, read)
		byHash, err := store.KeyByHash(t.Context(), hashOf(secret))
		require.NoError(t, err)
		require.Equal(t, key, byHash)
	})
	t.Run("the same hash twice is refused", func(t *testing.T) {
		store := open(t)
		key, _ := createKey(t, store)
		second := *key
		second.ID = newID(t)
		requireCode(t, wsc.CodeConflict, store.CreateKey(t.Context(), &second))
	})
	t.Run("what is unknown is not found", func(t *testing.T) {
		store := open(t)
		createKey(t, store)
		_, err := store.KeyByHash(t.Context(), hashOf(wsc.NewKeySecret()))
		requireCode(t, wsc.CodeNotFound, err)
		for _, id := range []string{newID(t), "", "'; --"} {
			_, err = store.Key(t.Context(), id)
			requireCode(t, wsc.CodeNotFound, err)
			_, err = store.ChangeKey(t.Context(), id, func(*wsc.Key) error { t.Fatal("nothing to change"); return nil })
			requireCode(t, wsc.CodeNotFound, err)
		}
	})
	t.Run("the list is paged, newest first", func(t *testing.T) {
		store := open(t)
		var want []string
		for i := range 7 {
			key, _ := createKey(t, store, func(k *wsc.Key) { k.CreatedAt = someTime().Add(time.Duration(i/2) * time.Second) })
			want = append([]string{key.ID}, want...)
		}
		var got []string
		filter := wsc.KeyFilter{Limit: 3}
		for {
			page, err := store.Keys(t.Context(), filter)
			require.NoError(t, err)
			if len(page) == 0 {
				break
			}
			for _, key := range page {
				got = append(got, key.ID)
			}
			last := page[len(page)-1]
			filter.After = &wsc.KeyCursor{CreatedAt: last.CreatedAt, ID: last.ID}
		}
		require.Equal(t, want, got)
	})
	t.Run("a change is stored, a refused one is not", func(t *testing.T) { testKeyChange(t, open(t)) })
	t.Run("both secrets of a rotation find the key", func(t *testing.T) {
		store := open(t)
		key, oldSecret := createKey(t, store)
		newSecret := wsc.NewKeySecret()
		until := someTime().Add(time.Hour)
		changed, err := store.ChangeKey(t.Context(), key.ID, func(k *wsc.Key) error {
			k.PreviousHash, k.PreviousPrefix, k.PreviousExpiresAt = k.Hash, k.Prefix, &until
			k.Hash, k.Prefix = hashOf(newSecret), wsc.KeyPrefix(newSecret)
			return nil
		})
		require.NoError(t, err)
		for _, secret := range []string{oldSecret, newSecret} {
			found, err := store.KeyByHash(t.Context(), hashOf(secret))
			require.NoError(t, err)
			require.Equal(t, changed, found)
		}
	})
	t.Run("use is recorded at most once in a time", func(t *testing.T) {
		store := open(t)
		key, _ := createKey(t, store)
		for _, use := range []struct{ at, want time.Duration }{{0, 0}, {59 * time.Second, 0}, {time.Minute, time.Minute}, {30 * time.Second, time.Minute}} {
			require.NoError(t, store.TouchKey(t.Context(), key.ID, someTime().Add(use.at), time.Minute))
			read, err := store.Key(t.Context(), key.ID)
			require.NoError(t, err)
			require.Equal(t, someTime().Add(use.want), *read.LastUsedAt)
		}
	})
}

func testKeyChange(t *testing.T, store Store) {
	t.Helper()
	key, _ := createKey(t, store)
	expires := someTime().Add(time.Minute)
	changed, err := store.ChangeKey(t.Context(), key.ID, func(k *wsc.Key) error {
		k.Name, k.OwnerEmail, k.IsActive, k.RateLimitHour = "other\x00", "", false, 7
		k.Scopes, k.ExpiresAt = []wsc.Scope{wsc.ScopeAdmin}, &expires
		k.AllowedIPs = []netip.Prefix{netip.MustParsePrefix("192.0.2.1/32")}
		return nil
	})
	require.NoError(t, err)
	read, err := store.Key(t.Context(), key.ID)
	require.NoError(t, err)
	changed.Name = "other" // NUL is not storable
	require.Equal(t, changed, read)
	require.False(t, read.IsActive)

	refusal := errors.New("no")
	_, err = store.ChangeKey(t.Context(), key.ID, func(k *wsc.Key) error { k.Name = "third"; return refusal })
	require.ErrorIs(t, err, refusal)
	again, err := store.Key(t.Context(), key.ID)
	require.NoError(t, err)
	require.Equal(t, read, again)

	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			_, err := store.ChangeKey(t.Context(), key.ID, func(k *wsc.Key) error { k.RateLimitHour++; return nil })
			require.NoError(t, err)
		})
	}
	wait.Wait()
	counted, err := store.Key(t.Context(), key.ID)
	require.NoError(t, err)
	require.EqualValues(t, 15, counted.RateLimitHour, "changes take turns")
}

func testLeases(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	t.Run("leases end with the quota", func(t *testing.T) {
		store := open(t)
		awaitSameHour(t)
		var granted []int64
		for range 5 {
			lease, err := store.LeaseRequests(t.Context(), "key", 30, 100)
			require.NoError(t, err)
			require.WithinDuration(t, time.Now(), lease.Window.Add(30*time.Minute), 31*time.Minute)
			require.Equal(t, lease.Window, lease.Window.Truncate(time.Hour))
			require.InDelta(t, time.Until(lease.Window.Add(time.Hour)).Seconds(), lease.ResetIn.Seconds(), 5)
			granted = append(granted, lease.Granted, lease.Remaining)
		}
		require.Equal(t, []int64{30, 70, 30, 40, 30, 10, 10, 0, 0, 0}, granted)

		other, err := store.LeaseRequests(t.Context(), "other", 200, 100)
		require.NoError(t, err)
		require.EqualValues(t, 100, other.Granted, "every key has its own quota")

		require.NoError(t, store.ReturnRequests(t.Context(), "key", other.Window, 5))
		require.NoError(t, store.ReturnRequests(t.Context(), "key", other.Window.Add(-time.Hour), 50))
		lease, err := store.LeaseRequests(t.Context(), "key", 30, 100)
		require.NoError(t, err)
		require.EqualValues(t, 5, lease.Granted, "what was returned is there again")
		lease, err = store.LeaseRequests(t.Context(), "key", 30, 90)
		require.NoError(t, err)
		require.Zero(t, lease.Granted, "a quota that was lowered gives nothing")
		require.Zero(t, lease.Remaining)
	})
	t.Run("concurrent leases never exceed the quota", func(t *testing.T) {
		store := open(t)
		awaitSameHour(t)
		var mu sync.Mutex
		var total int64
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 20 {
					lease, err := store.LeaseRequests(t.Context(), "key", 7, 500)
					require.NoError(t, err)
					mu.Lock()
					total += lease.Granted
					mu.Unlock()
				}
			})
		}
		wait.Wait()
		require.EqualValues(t, 500, total)
	})
}

// awaitSameHour waits for the next hour if this one ends in a moment, since a quota begins anew with it.
func awaitSameHour(t *testing.T) {
	t.Helper()
	if left := time.Until(time.Now().Truncate(time.Hour).Add(time.Hour)); left < 5*time.Second {
		<-time.After(left)
	}
}
