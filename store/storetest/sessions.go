package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// createSession creates a session with a token of its own.
func createSession(t *testing.T, store Store, change ...func(*wsc.Session)) *wsc.Session {
	t.Helper()
	session := &wsc.Session{
		Hash: hashOf(newID(t)), KeyHash: hashOf("secret"), KeyID: "key", CreatedAt: someTime(), SeenAt: someTime(),
		ExpiresAt: someTime().Add(time.Hour),
	}
	for _, fn := range change {
		fn(session)
	}
	require.NoError(t, store.CreateSession(t.Context(), session))
	return session
}

func asLink(session *wsc.Session) { session.Link = true }

func testSessions(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	t.Run("a session is read as it was created", func(t *testing.T) {
		store := open(t)
		session := createSession(t, store)
		createSession(t, store)
		read, err := store.Session(t.Context(), session.Hash)
		require.NoError(t, err)
		require.Equal(t, session, read)
	})
	t.Run("a link is taken once, and is no session", func(t *testing.T) {
		store := open(t)
		link, session := createSession(t, store, asLink), createSession(t, store)
		_, err := store.Session(t.Context(), link.Hash)
		requireCode(t, wsc.CodeNotFound, err)
		_, err = store.TakeLink(t.Context(), session.Hash)
		requireCode(t, wsc.CodeNotFound, err)
		taken, err := store.TakeLink(t.Context(), link.Hash)
		require.NoError(t, err)
		require.Equal(t, link, taken)
		_, err = store.TakeLink(t.Context(), link.Hash)
		requireCode(t, wsc.CodeNotFound, err)
	})
	t.Run("use moves the end", func(t *testing.T) {
		store := open(t)
		session := createSession(t, store)
		session.SeenAt, session.ExpiresAt = someTime().Add(time.Minute), someTime().Add(2*time.Hour)
		require.NoError(t, store.TouchSession(t.Context(), session.Hash, session.SeenAt, session.ExpiresAt))
		read, err := store.Session(t.Context(), session.Hash)
		require.NoError(t, err)
		require.Equal(t, session, read)
	})
	t.Run("sessions are deleted one by one, by key and when they have expired", func(t *testing.T) {
		store := open(t)
		gone := func(session *wsc.Session) bool {
			_, err := store.Session(t.Context(), session.Hash)
			return wsc.CodeOf(err) == wsc.CodeNotFound
		}
		one, other := createSession(t, store), createSession(t, store)
		ofKey := createSession(t, store, func(s *wsc.Session) { s.KeyID = "another key" })
		old := createSession(t, store, func(s *wsc.Session) { s.ExpiresAt = someTime().Add(-time.Hour) })

		require.NoError(t, store.DeleteSession(t.Context(), one.Hash))
		require.True(t, gone(one))
		require.NoError(t, store.DeleteSession(t.Context(), one.Hash), "twice is no error")
		require.NoError(t, store.DeleteExpiredSessions(t.Context(), someTime()))
		require.True(t, gone(old))
		require.NoError(t, store.DeleteSessionsOfKey(t.Context(), "another key"))
		require.True(t, gone(ofKey))
		require.False(t, gone(other))
	})
}
