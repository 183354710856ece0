package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/apitest"
)

// realClient is a client of the real API with a key; "" is none.
func realClient(t *testing.T, server *apitest.Server, key string, options ...client.Option) *client.Client {
	t.Helper()
	c, err := client.New(server.URL, append(options, client.WithKey(key))...)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

// collect takes everything from a walk that must not fail.
func collect[T any](t *testing.T, walk func(yield func(*T, error) bool)) []T {
	t.Helper()
	var all []T
	for item, err := range walk {
		require.NoError(t, err)
		all = append(all, *item)
	}
	return all
}

func TestTheLifeOfAKey(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{})
	admin := realClient(t, server, apitest.AdminKey)
	until := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	limit := int64(7)

	created, err := admin.CreateKey(t.Context(), wsc.KeyRequest{
		Name: "CRM import", OwnerEmail: "ops@example.com", Scopes: []wsc.Scope{wsc.ScopeRead}, RateLimitHour: &limit,
		AllowedIPs: []string{"127.0.0.0/8", "2001:db8::7"}, ExpiresAt: &until,
	})
	require.NoError(t, err)
	require.True(t, wsc.WellFormedKeySecret(created.Secret))
	require.Equal(t, wsc.KeyPrefix(created.Secret), created.Prefix)
	found, err := admin.Key(t.Context(), created.ID)
	require.NoError(t, err)
	require.Equal(t, wsc.KeyDetails{Key: created.Key, Requests: found.Requests}, *found)
	require.Equal(t, limit, found.Requests.Limit)
	require.Equal(t, limit, found.Requests.Remaining, "it was not used yet")
	require.Equal(t, "2001:db8::7/128", found.AllowedIPs[1].String())
	require.Equal(t, until, *found.ExpiresAt)

	me, err := realClient(t, server, created.Secret).Me(t.Context())
	require.NoError(t, err)
	require.Equal(t, created.ID, me.ID)
	require.EqualValues(t, 7, me.Requests.Limit)
	require.EqualValues(t, 6, me.Requests.Remaining)

	name, none, active := "CRM", []string{}, true
	changed, err := admin.ChangeKey(t.Context(), created.ID, wsc.KeyChange{Name: &name, AllowedIPs: &none, Scopes: wsc.Scopes()})
	require.NoError(t, err)
	require.Equal(t, "CRM", changed.Name)
	require.Empty(t, changed.AllowedIPs)
	require.Equal(t, "ops@example.com", changed.OwnerEmail, "what a change does not name stays")

	grace := int64(3600)
	rotated, err := admin.RotateKey(t.Context(), created.ID, wsc.KeyRotation{GraceSeconds: &grace})
	require.NoError(t, err)
	require.NotEqual(t, created.Secret, rotated.Secret)
	require.Equal(t, created.Prefix, rotated.PreviousPrefix)
	for _, secret := range []string{created.Secret, rotated.Secret} {
		me, err := realClient(t, server, secret).Me(t.Context())
		require.NoError(t, err)
		require.Equal(t, created.ID, me.ID)
	}

	require.NoError(t, admin.RevokeKey(t.Context(), created.ID))
	require.NoError(t, admin.RevokeKey(t.Context(), created.ID))
	_, err = realClient(t, server, rotated.Secret).Me(t.Context())
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err))
	_, err = admin.RotateKey(t.Context(), created.ID, wsc.KeyRotation{})
	require.Equal(t, wsc.CodeConflict, wsc.CodeOf(err))
	_, err = admin.ChangeKey(t.Context(), created.ID, wsc.KeyChange{IsActive: &active})
	require.NoError(t, err)
	_, err = realClient(t, server, rotated.Secret).Me(t.Context())
	require.NoError(t, err)
}

func TestKeysAndSecurityEventsAreWalkedPageByPage(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{})
	admin := realClient(t, server, apitest.AdminKey)
	var names []string
	for i := range 5 {
		key, err := admin.CreateKey(t.Context(), wsc.KeyRequest{Name: fmt.Sprint("key ", i)})
		require.NoError(t, err)
		names = append(names, key.Name)
	}
	slices.Reverse(names)

	page, err := admin.Keys(t.Context(), client.KeyQuery{Limit: 2})
	require.NoError(t, err)
	require.Len(t, page.Keys, 2)
	require.NotEmpty(t, page.NextCursor)
	var walked []string
	for _, key := range collect(t, admin.AllKeys(t.Context(), client.KeyQuery{Limit: 2})) {
		walked = append(walked, key.Name)
	}
	require.Equal(t, names, walked, "newest first, each once")

	lastKey := page.Keys[0].ID
	require.NoError(t, admin.RevokeKey(t.Context(), lastKey))
	// Events are stored in the background.
	var revoked []wsc.SecurityEvent
	require.Eventually(t, func() bool {
		kinds := []wsc.SecurityEventKind{wsc.EventKeyRevoked}
		revoked = collect(t, admin.AllSecurityEvents(t.Context(), client.SecurityEventQuery{Kinds: kinds}))
		return len(revoked) > 0
	}, 10*time.Second, 10*time.Millisecond)
	require.Len(t, revoked, 1)
	require.Equal(t, lastKey, revoked[0].Object)
	require.Equal(t, wsc.AdminKeyID, revoked[0].KeyID)

	events := collect(t, admin.AllSecurityEvents(t.Context(), client.SecurityEventQuery{
		Kinds: []wsc.SecurityEventKind{wsc.EventKeyCreated, wsc.EventKeyRevoked}, KeyID: wsc.AdminKeyID, Limit: 4,
	}))
	require.Len(t, events, 6)
	firstPage, err := admin.SecurityEvents(t.Context(), client.SecurityEventQuery{Limit: 4})
	require.NoError(t, err)
	require.Equal(t, events[:4], firstPage.Events)
	require.NotEmpty(t, firstPage.NextCursor)
	require.Empty(t, collect(t, admin.AllSecurityEvents(t.Context(), client.SecurityEventQuery{KeyID: lastKey})))
}

func TestRefusalsHaveACode(t *testing.T) {
	server := apitest.Start(t, apiserver.Limits{FailedLogins: 2})
	admin := realClient(t, server, apitest.AdminKey)
	one := int64(1)
	reader := realClient(t, server, server.CreateKey(t, wsc.KeyRequest{Scopes: []wsc.Scope{wsc.ScopeRead}}).Secret)
	elsewhere := realClient(t, server, server.CreateKey(t, wsc.KeyRequest{AllowedIPs: []string{"203.0.113.7"}}).Secret)
	exhausted := realClient(t, server, server.CreateKey(t, wsc.KeyRequest{RateLimitHour: &one}).Secret)
	for _, known := range []*client.Client{reader, exhausted} {
		_, err := known.Me(t.Context())
		require.NoError(t, err)
	}
	me := func(c *client.Client) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Me(ctx); return err }
	}

	for _, test := range []struct {
		name       string
		call       func(context.Context) error
		status     int
		code       wsc.Code
		withoutKey bool
		retry      time.Duration // at most; 0 is none
	}{
		{"no key", me(realClient(t, server, "")), 401, wsc.CodeUnauthorized, true, 0},
		{"a mistyped key", me(realClient(t, server, "wsc_nonsense")), 401, wsc.CodeUnauthorized, false, 0},
		{"an address that the key does not allow", me(elsewhere), 403, wsc.CodeForbidden, false, 0},
		{"requests of the hour used up", me(exhausted), 429, wsc.CodeRateLimited, false, time.Hour},
		{"a key that may not manage keys", func(ctx context.Context) error {
			_, err := reader.Keys(ctx, client.KeyQuery{})
			return err
		}, 403, wsc.CodeInsufficientScope, false, 0},
		{"a key that may not submit", func(ctx context.Context) error {
			_, err := reader.SubmitFile(ctx, "list.txt", strings.NewReader("example.com\n"), wsc.Options{})
			return err
		}, 403, wsc.CodeInsufficientScope, false, 0},
		{"an unknown key", func(ctx context.Context) error {
			_, err := admin.Key(ctx, "../keys")
			return err
		}, 404, wsc.CodeNotFound, false, 0},
		{"a wrong value", func(ctx context.Context) error {
			_, err := admin.CreateKey(ctx, wsc.KeyRequest{Name: "a", AllowedIPs: []string{"nonsense"}})
			return err
		}, 422, wsc.CodeInvalidRequest, false, 0},
		// The last one, since new keys from this address are then not looked up.
		{"too many wrong keys", me(realClient(t, server, wsc.NewKeySecret())), 429, wsc.CodeRateLimited, false, time.Minute},
	} {
		t.Run(test.name, func(t *testing.T) {
			err := test.call(t.Context())
			refused, ok := errors.AsType[*client.Error](err)
			require.True(t, ok, "%v", err)
			require.Equal(t, test.status, refused.Problem.Status, "%v", err)
			require.Equal(t, test.code, wsc.CodeOf(err))
			require.Equal(t, test.withoutKey, refused.WithoutKey)
			require.Equal(t, test.status == http.StatusTooManyRequests, refused.Temporary())
			require.Equal(t, test.retry > 0, refused.RetryAfter > 0)
			require.LessOrEqual(t, refused.RetryAfter, test.retry)
		})
	}
}
