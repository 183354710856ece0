package wsc

import "time"

// SecurityEventKind names what happened.
type SecurityEventKind string

// The security events.
const (
	EventAuthFailed    SecurityEventKind = "auth_failed"
	EventAuthThrottled SecurityEventKind = "auth_throttled"
	EventScopeDenied   SecurityEventKind = "scope_denied"
	EventRateLimited   SecurityEventKind = "rate_limited"
	EventQuotaExceeded SecurityEventKind = "quota_exceeded"
	EventSSRFBlocked   SecurityEventKind = "ssrf_blocked"
	EventKeyCreated    SecurityEventKind = "key_created"
	EventKeyChanged    SecurityEventKind = "key_changed"
	EventKeyRotated    SecurityEventKind = "key_rotated"
	EventKeyRevoked    SecurityEventKind = "key_revoked"
	EventJobDeleted    SecurityEventKind = "job_deleted"
	EventSignedIn      SecurityEventKind = "signed_in"
	// EventSignedOutEverywhere: all browsers that were signed in with the key have to sign in again.
	EventSignedOutEverywhere SecurityEventKind = "signed_out_everywhere"
	EventAnomaly             SecurityEventKind = "anomaly"
)

// SecurityEventKinds lists every kind.
func SecurityEventKinds() []SecurityEventKind {
	return []SecurityEventKind{
		EventAuthFailed, EventAuthThrottled, EventScopeDenied, EventRateLimited, EventQuotaExceeded, EventSSRFBlocked,
		EventKeyCreated, EventKeyChanged, EventKeyRotated, EventKeyRevoked, EventJobDeleted, EventSignedIn, EventSignedOutEverywhere, EventAnomaly,
	}
}

// Repeats reports whether clients can cause events of the kind as often as they like, so that equal ones are counted
// instead of stored one by one.
func (k SecurityEventKind) Repeats() bool {
	switch k {
	case EventAuthFailed, EventAuthThrottled, EventScopeDenied, EventRateLimited, EventQuotaExceeded, EventSSRFBlocked:
		return true
	default:
		return false
	}
}

// SecurityEvent is something that whoever answers for the service's security may want to know.
type SecurityEvent struct {
	ID        string            `json:"id" doc:"Identifier of the event, a UUIDv7."`
	At        time.Time         `json:"at" doc:"When it happened (UTC)."`
	Kind      SecurityEventKind `json:"kind" enum:"auth_failed,auth_throttled,scope_denied,rate_limited,quota_exceeded,ssrf_blocked,key_created,key_changed,key_rotated,key_revoked,job_deleted,signed_in,signed_out_everywhere,anomaly" doc:"What happened."`
	KeyID     string            `json:"key_id,omitempty" doc:"The API key that the request came with, if it was a known one."`
	Address   string            `json:"address,omitempty" doc:"Address of the client." example:"203.0.113.7"`
	RequestID string            `json:"request_id,omitempty" doc:"Identifier of the request in the server's log."`
	Object    string            `json:"object,omitempty" doc:"What it was done to, for example the key that was revoked."`
	Detail    string            `json:"detail,omitempty" doc:"More about it, in words." example:"mistyped"`
}

// AuditPage is one page of security events.
type AuditPage struct {
	Events     []SecurityEvent `json:"events" doc:"Events, newest first."`
	NextCursor string          `json:"next_cursor,omitempty" doc:"Pass as cursor to get the next page; absent on the last one."`
}

// AuditFilter selects and pages security events, newest first.
type AuditFilter struct {
	// Kinds limits the events to these; empty means all.
	Kinds []SecurityEventKind
	// KeyID limits the events to those of a key; empty means all.
	KeyID string
	// Limit is the most events to return, at least 1.
	Limit int
	// After continues behind this event; nil starts at the newest.
	After *AuditCursor
}

// AuditCursor is a position in the list of events: the time and id of the last one seen.
type AuditCursor struct {
	At time.Time `json:"t"`
	ID string    `json:"i"`
}
