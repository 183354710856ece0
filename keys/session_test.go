package keys_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/keys"
)

// requireSignedOut asserts that a token is no session.
func requireSignedOut(t *testing.T, b *keys.Service, token string) {
	t.Helper()
	_, err := b.Session(t.Context(), token, somewhere)
	var rejected *keys.RejectedError
	require.ErrorAs(t, err, &rejected)
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err))
}

func TestABrowserSignsInAndOut(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	token, key, err := b.SignIn(t.Context(), adminKey, somewhere, false)
	require.NoError(t, err)
	require.Equal(t, wsc.AdminKeyID, key.ID)
	found, err := b.another(t).Session(t.Context(), token, somewhere)
	require.NoError(t, err)
	require.Equal(t, wsc.AdminKeyID, found.ID)

	require.NoError(t, b.SignOut(t.Context(), token))
	requireSignedOut(t, b.Service, token)
	requireSignedOut(t, b.Service, "")
	requireSignedOut(t, b.Service, adminKey)
	_, _, err = b.SignIn(t.Context(), "wsc_wrong", somewhere, false)
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err))
}

func TestASessionEndsWithItsKey(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(t *testing.T, b *bundle, id string){
		"revoked": func(t *testing.T, b *bundle, id string) {
			_, err := b.Revoke(t.Context(), id)
			require.NoError(t, err)
		},
		"rotated": func(t *testing.T, b *bundle, id string) {
			_, err := b.Rotate(t.Context(), id, wsc.KeyRotation{GraceSeconds: new(int64)})
			require.NoError(t, err)
		},
		"signed out everywhere": func(t *testing.T, b *bundle, id string) {
			require.NoError(t, b.SignOutEverywhere(t.Context(), id))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			made, err := b.Create(t.Context(), wsc.KeyRequest{Name: "browser"})
			require.NoError(t, err)
			token, _, err := b.SignIn(t.Context(), made.Secret, somewhere, false)
			require.NoError(t, err)
			_, err = b.Session(t.Context(), token, somewhere)
			require.NoError(t, err)
			end(t, b, made.ID)
			requireSignedOut(t, b.Service, token)
		})
	}
}

func TestASessionIsBoundToTheAddressesOfItsKey(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	made, err := b.Create(t.Context(), wsc.KeyRequest{Name: "office", AllowedIPs: []string{somewhere.String()}})
	require.NoError(t, err)
	token, _, err := b.SignIn(t.Context(), made.Secret, somewhere, false)
	require.NoError(t, err)
	_, err = b.Session(t.Context(), token, netip.MustParseAddr("198.51.100.1"))
	require.Equal(t, wsc.CodeForbidden, wsc.CodeOf(err))
}

func TestASessionSlidesWhileItIsUsed(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	used, _, err := b.SignIn(t.Context(), adminKey, somewhere, false)
	require.NoError(t, err)
	idle, _, err := b.SignIn(t.Context(), adminKey, somewhere, false)
	require.NoError(t, err)
	for passed := time.Duration(0); passed < wsc.SessionLifetime-wsc.SessionIdle; passed += wsc.SessionIdle / 2 {
		b.clock.advance(wsc.SessionIdle / 2)
		_, err = b.Session(t.Context(), used, somewhere)
		require.NoError(t, err, "after %s", passed)
	}
	requireSignedOut(t, b.Service, idle)
	b.clock.advance(wsc.SessionIdle)
	requireSignedOut(t, b.Service, used)
}

func TestALinkSignsInOnce(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	link, err := b.NewSignInLink(t.Context(), adminKey)
	require.NoError(t, err)
	requireSignedOut(t, b.Service, link)
	token, _, err := b.SignInByLink(t.Context(), link, somewhere)
	require.NoError(t, err)
	_, err = b.Session(t.Context(), token, somewhere)
	require.NoError(t, err)
	_, _, err = b.SignInByLink(t.Context(), link, somewhere)
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err))

	late, err := b.NewSignInLink(t.Context(), adminKey)
	require.NoError(t, err)
	b.clock.advance(wsc.SignInLinkLifetime + time.Second)
	_, _, err = b.SignInByLink(t.Context(), late, somewhere)
	require.Equal(t, wsc.CodeUnauthorized, wsc.CodeOf(err))
}
