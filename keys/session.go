package keys

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"log/slog"
	"net/netip"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// sessionTouchInterval is how often the use of a session is written at most.
	sessionTouchInterval = 5 * time.Minute
	// rejectedSession is what a browser is told whose session does not exist any more.
	rejectedSession = "You are not signed in, or not any more."
)

// knownSession is a session as it was read.
type knownSession struct {
	session *wsc.Session
	read    time.Time
}

// SignIn starts a session with a secret and returns the token that the browser keeps. The errors are those of Authenticate.
func (s *Service) SignIn(ctx context.Context, secret string, address netip.Addr, onlyKnown bool) (token string, key *wsc.Key, err error) {
	if key, err = s.Authenticate(ctx, secret, address, onlyKnown); err != nil {
		return "", nil, err
	}
	token, err = s.start(ctx, key.ID, wsc.HashKeySecret(secret), false, wsc.SessionIdle)
	return token, key, err
}

// NewSignInLink returns a token that SignInByLink takes once, within wsc.SignInLinkLifetime, in place of the secret.
func (s *Service) NewSignInLink(ctx context.Context, secret string) (token string, err error) {
	hash := wsc.HashKeySecret(secret)
	key, err := s.verify(ctx, hash, netip.Addr{}, false)
	if err != nil {
		return "", err
	}
	return s.start(ctx, key.ID, hash, true, wsc.SignInLinkLifetime)
}

// SignInByLink starts a session with the token of a link, which is used up. Errors: *RejectedError, wsc.CodeStorageUnavailable.
func (s *Service) SignInByLink(ctx context.Context, linkToken string, address netip.Addr) (token string, key *wsc.Key, err error) {
	hash := hashToken(linkToken)
	link, err := s.store.TakeLink(ctx, hash[:])
	if wsc.CodeOf(err) == wsc.CodeNotFound || err == nil && link.ExpiresAt.Before(s.now()) {
		return "", nil, reject(RejectedUnknown, "", "This sign-in link was used before, or has expired. Sign in with a key, or restart the program for a new link.")
	}
	if err != nil {
		return "", nil, err
	}
	keyHash := [sha256.Size]byte(link.KeyHash)
	if key, err = s.verify(ctx, keyHash, address, false); err != nil {
		return "", nil, err
	}
	token, err = s.start(ctx, key.ID, keyHash, false, wsc.SessionIdle)
	return token, key, err
}

// start stores a session or a link and returns its token, 26 characters.
func (s *Service) start(ctx context.Context, keyID string, keyHash [sha256.Size]byte, link bool, lifetime time.Duration) (token string, err error) {
	token = rand.Text()
	hash := hashToken(token)
	now := s.now().UTC().Truncate(time.Microsecond)
	err = s.store.CreateSession(ctx, &wsc.Session{
		Hash: hash[:], KeyHash: keyHash[:], KeyID: keyID, Link: link, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(lifetime),
	})
	if err != nil {
		return "", err
	}
	s.inBackground(func(ctx context.Context) { //nolint:contextcheck // it outlives the request
		if err := s.store.DeleteExpiredSessions(ctx, now); err != nil {
			s.logger.WarnContext(ctx, "could not delete expired sessions", slog.Any("error", err))
		}
	})
	return token, nil
}

func hashToken(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// Session returns the key that a browser is signed in with, if the session and the key may be used now and from the
// address. What is known is at most a few seconds old. A session that is used ends wsc.SessionIdle later, and
// wsc.SessionLifetime after it began at the latest.
//
// The key is shared: it must not be changed. Errors: *RejectedError, wsc.CodeStorageUnavailable.
func (s *Service) Session(ctx context.Context, token string, address netip.Addr) (*wsc.Key, error) {
	if token == "" {
		return nil, reject(RejectedMissing, "", rejectedSession)
	}
	hash, now := hashToken(token), s.now()
	known, remembered := s.tokens.Get(hash)
	if !remembered || now.Sub(known.read) >= freshness {
		session, err := s.store.Session(ctx, hash[:])
		if wsc.CodeOf(err) == wsc.CodeNotFound {
			s.tokens.Remove(hash)
			return nil, reject(RejectedUnknown, "", rejectedSession)
		}
		if err != nil {
			return nil, err
		}
		known = knownSession{session: session, read: now}
		s.tokens.Add(hash, known)
	}
	if now.After(known.session.ExpiresAt) {
		return nil, reject(RejectedExpired, known.session.KeyID, rejectedSession)
	}
	key, err := s.verify(ctx, [sha256.Size]byte(known.session.KeyHash), address, false)
	if err != nil {
		return nil, err
	}
	s.slide(ctx, hash, known.session, now)
	return key, nil
}

// slide moves the end of a session that is used. A database that does not answer is no reason to refuse the request.
func (s *Service) slide(ctx context.Context, hash [sha256.Size]byte, session *wsc.Session, now time.Time) {
	if now.Sub(session.SeenAt) < sessionTouchInterval {
		return
	}
	moved := *session
	moved.SeenAt = now.UTC().Truncate(time.Microsecond)
	moved.ExpiresAt = moved.SeenAt.Add(wsc.SessionIdle)
	if last := session.CreatedAt.Add(wsc.SessionLifetime); moved.ExpiresAt.After(last) {
		moved.ExpiresAt = last
	}
	if err := s.store.TouchSession(ctx, hash[:], moved.SeenAt, moved.ExpiresAt); err != nil {
		s.logger.WarnContext(ctx, "could not record the use of a session", slog.String("key_id", session.KeyID), slog.Any("error", err))
		return
	}
	s.tokens.Add(hash, knownSession{session: &moved, read: now})
}

// SignOut ends a session: here at once, on other servers within seconds. An unknown one is no error.
func (s *Service) SignOut(ctx context.Context, token string) error {
	hash := hashToken(token)
	s.tokens.Remove(hash)
	return s.store.DeleteSession(ctx, hash[:])
}

// SignOutEverywhere ends all sessions of a key.
func (s *Service) SignOutEverywhere(ctx context.Context, keyID string) error {
	for _, hash := range s.tokens.Keys() {
		if known, there := s.tokens.Peek(hash); there && known.session.KeyID == keyID {
			s.tokens.Remove(hash)
		}
	}
	return s.store.DeleteSessionsOfKey(ctx, keyID)
}
