package wsc

import "time"

const (
	// SessionIdle is how long a browser stays signed in without being used.
	SessionIdle = 7 * 24 * time.Hour
	// SessionLifetime is how long a browser stays signed in at most.
	SessionLifetime = 30 * 24 * time.Hour
	// SignInLinkLifetime is how long a link that signs in once can be used.
	SignInLinkLifetime = time.Hour
)

// Session is a browser that is signed in with an API key, or a link that signs one in once.
type Session struct {
	// Hash is the SHA-256 of the token that the browser holds.
	Hash []byte
	// KeyHash is the SHA-256 of the key's secret that was given: the session ends when that stops working.
	KeyHash []byte
	// KeyID is the key.
	KeyID string
	// Link is whether the token signs in once instead of being a session.
	Link      bool
	CreatedAt time.Time
	SeenAt    time.Time
	// ExpiresAt moves on while the session is used.
	ExpiresAt time.Time
}
