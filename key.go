package wsc

import (
	"net/netip"
	"slices"
	"time"
)

// Scope is something that an API key may do.
type Scope string

// The scopes of API keys. Admin includes the others, and reaches the objects of every owner.
const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
	ScopeAdmin Scope = "admin"
)

// AdminKeyID is the id of the admin key that stands in the configuration and not in the database. Jobs from before there
// were keys belong to it.
const AdminKeyID = "local"

// Scopes lists every scope.
func Scopes() []Scope { return []Scope{ScopeRead, ScopeWrite, ScopeAdmin} }

// Key is an API key as it is shown: everything but its secret, of which only a hash is stored.
type Key struct {
	ID            string         `json:"id" doc:"Identifier of the key, a UUIDv7. It owns the jobs that are made with the key." example:"01980f5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"`
	Prefix        string         `json:"prefix" doc:"First characters of the secret, by which a person recognises it." example:"wsc_b7Kx2Q"`
	Name          string         `json:"name" doc:"What the key is for." example:"CRM import"`
	OwnerEmail    string         `json:"owner_email,omitempty" doc:"Whom to ask about the key." example:"ops@example.com"`
	Scopes        []Scope        `json:"scopes" enum:"read,write,admin" doc:"What the key may do: read, write, admin. Admin includes the others and sees the objects of all keys."`
	IsActive      bool           `json:"is_active" doc:"False for a key that was revoked."`
	RateLimitHour int64          `json:"rate_limit_hour" doc:"Most requests in each hour (UTC); 0 is no limit." example:"1000"`
	AllowedIPs    []netip.Prefix `json:"allowed_ips" doc:"Networks and addresses that the key may be used from; empty is anywhere."`
	ExpiresAt     *time.Time     `json:"expires_at,omitempty" doc:"When the key stops working (UTC); absent is never."`
	CreatedAt     time.Time      `json:"created_at" doc:"When the key was made (UTC)."`
	LastUsedAt    *time.Time     `json:"last_used_at,omitempty" doc:"When the key was last used (UTC), to the minute; absent if never."`

	PreviousPrefix    string     `json:"previous_prefix,omitempty" doc:"After a rotation: the secret before, while it still works."`
	PreviousExpiresAt *time.Time `json:"previous_expires_at,omitempty" doc:"After a rotation: when the secret before stops working (UTC)."`

	// Hash and PreviousHash are the SHA-256 of the secrets.
	Hash         []byte `json:"-"`
	PreviousHash []byte `json:"-"`
}

// Can reports whether the key may do what the scope names.
func (k *Key) Can(scope Scope) bool {
	return slices.Contains(k.Scopes, scope) || slices.Contains(k.Scopes, ScopeAdmin)
}

// Allows reports whether the key may be used from the address.
func (k *Key) Allows(address netip.Addr) bool {
	address = address.Unmap()
	return len(k.AllowedIPs) == 0 || slices.ContainsFunc(k.AllowedIPs, func(network netip.Prefix) bool { return network.Contains(address) })
}

// KeyPage is one page of keys.
type KeyPage struct {
	Keys       []Key  `json:"keys" doc:"Keys, newest first."`
	NextCursor string `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last one."`
}

// KeyFilter pages keys, newest first.
type KeyFilter struct {
	// Limit is the most keys to return, at least 1.
	Limit int
	// After continues behind this key; nil starts at the newest.
	After *KeyCursor
}

// KeyCursor is a position in the list of keys: the creation time and id of the last one seen.
type KeyCursor struct {
	CreatedAt time.Time `json:"t"`
	ID        string    `json:"i"`
}

// KeyRequest asks for a new key.
type KeyRequest struct {
	Name          string     `json:"name" minLength:"1" maxLength:"100" doc:"What the key is for." example:"CRM import"`
	OwnerEmail    string     `json:"owner_email,omitempty" format:"email" maxLength:"254" doc:"Whom to ask about the key." example:"ops@example.com"`
	Scopes        []Scope    `json:"scopes,omitempty" enum:"read,write,admin" doc:"What the key may do; read and write if absent."`
	RateLimitHour *int64     `json:"rate_limit_hour,omitempty" minimum:"0" maximum:"1000000000" doc:"Most requests in each hour (UTC); 0 is no limit. Absent: the server's default." example:"1000"`
	AllowedIPs    []string   `json:"allowed_ips,omitempty" maxItems:"100" doc:"Networks (CIDR) and addresses that the key may be used from; empty is anywhere." example:"[\"203.0.113.0/24\",\"2001:db8::7\"]"`
	ExpiresAt     *time.Time `json:"expires_at,omitempty" doc:"When the key stops working (UTC); absent is never."`
}

// KeyChange changes a key; what is absent stays as it is.
type KeyChange struct {
	Name          *string    `json:"name,omitempty" minLength:"1" maxLength:"100" doc:"What the key is for."`
	OwnerEmail    *string    `json:"owner_email,omitempty" maxLength:"254" doc:"Whom to ask about the key; empty removes it."`
	Scopes        []Scope    `json:"scopes,omitempty" enum:"read,write,admin" doc:"What the key may do."`
	IsActive      *bool      `json:"is_active,omitempty" doc:"False revokes the key, true makes it work again."`
	RateLimitHour *int64     `json:"rate_limit_hour,omitempty" minimum:"0" maximum:"1000000000" doc:"Most requests in each hour (UTC); 0 is no limit."`
	AllowedIPs    *[]string  `json:"allowed_ips,omitempty" maxItems:"100" doc:"Networks (CIDR) and addresses that the key may be used from; empty is anywhere."`
	ExpiresAt     *time.Time `json:"expires_at,omitempty" doc:"When the key stops working (UTC)."`
}

// KeyRotation asks for a new secret.
type KeyRotation struct {
	GraceSeconds *int64 `json:"grace_seconds,omitempty" minimum:"0" maximum:"2592000" doc:"How long the secret before still works, in seconds; 86400 (a day) if absent, 0 ends it at once." example:"3600"`
}

// KeyWithSecret is a key with its secret, which is shown once.
type KeyWithSecret struct {
	Key
	Secret string `json:"key" doc:"The secret. It is shown only here and can't be read again." example:"wsc_b7Kx2QmZ8LrT4wVnC1sYdHgJpF5oAe0W3tRk"`
}

// KeyDetails is a key with what it has used.
type KeyDetails struct {
	Key
	Requests *RequestQuota `json:"requests,omitempty" doc:"Requests of the current hour; absent if the key has no limit."`
}

// Me is who a request comes from.
type Me struct {
	Key
	Requests *RequestQuota `json:"requests,omitempty" doc:"Requests of the current hour; absent if the key has no limit."`
}

// RequestQuota is where a key stands in the current hour.
type RequestQuota struct {
	Limit        int64 `json:"limit" doc:"Most requests in each hour."`
	Remaining    int64 `json:"remaining" doc:"Requests left in this hour, as far as this server knows."`
	ResetSeconds int64 `json:"reset_seconds" doc:"Seconds until the next hour begins."`
}

// RequestLease is a part of a key's requests of one hour, handed to one server to count on its own.
type RequestLease struct {
	// Granted is how many requests the server may let pass, 0 when the quota is used up.
	Granted int64
	// Remaining is what is left of the quota besides.
	Remaining int64
	// Window is the hour of the lease, and ResetIn how long it lasts from when the database was asked.
	Window  time.Time
	ResetIn time.Duration
}
