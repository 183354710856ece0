package apiserver

import (
	"maps"
	"net/netip"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// exampleSecret has the form of a secret but a wrong checksum, so that it is no key anywhere, and scanners of source code
// leave it alone.
const exampleSecret = "wsc_b7Kx2QmZ8LrT4wVnC1sYdHgJpF5oAe0W3tRk" //nolint:gosec // no key anywhere

// exampleKey is a key that a program has.
func exampleKey() wsc.Key {
	return wsc.Key{
		ID: "01980f40-1c5d-7e2f-9a3b-4c5d6e7f8091", Prefix: wsc.KeyPrefix(exampleSecret), Name: "CRM import", OwnerEmail: "ops@example.com",
		Scopes: []wsc.Scope{wsc.ScopeRead, wsc.ScopeWrite}, IsActive: true, RateLimitHour: 1000,
		AllowedIPs: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/24")},
		ExpiresAt:  new(exampleTime(0).AddDate(1, 0, 0)), CreatedAt: exampleTime(0),
	}
}

func exampleUsedKey() wsc.Key {
	key := exampleKey()
	key.LastUsedAt = new(exampleTime(0).Add(time.Hour))
	return key
}

// exampleRotatedKey is the key with its new secret while the old one still works.
func exampleRotatedKey() wsc.KeyWithSecret {
	const secret = "wsc_Q2vN8sXc5RkD7hLwT0yGfJ3mUaPz6BeIdCQn" //nolint:gosec // no key anywhere
	key := exampleUsedKey()
	key.PreviousPrefix, key.Prefix = key.Prefix, wsc.KeyPrefix(secret)
	key.PreviousExpiresAt = new(exampleTime(0).Add(25 * time.Hour))
	return wsc.KeyWithSecret{Key: key, Secret: secret}
}

func exampleRequests() *wsc.RequestQuota {
	return &wsc.RequestQuota{Limit: 1000, Remaining: 741, ResetSeconds: 1260}
}

// addKeyExamples adds those of the operations about keys.
func addKeyExamples(all map[string]examples) {
	maps.Copy(all, map[string]examples{
		"create-key": {
			request: inJSON(wsc.KeyRequest{
				Name: "CRM import", OwnerEmail: "ops@example.com", Scopes: []wsc.Scope{wsc.ScopeRead, wsc.ScopeWrite}, RateLimitHour: new(int64(1000)),
				AllowedIPs: []string{"203.0.113.0/24"}, ExpiresAt: new(exampleTime(0).AddDate(1, 0, 0)),
			}),
			answer: inJSON(wsc.KeyWithSecret{Key: exampleKey(), Secret: exampleSecret}),
		},
		"list-keys": {answer: inJSON(wsc.KeyPage{
			Keys:       []wsc.Key{exampleUsedKey()},
			NextCursor: encodeCursor(wsc.KeyCursor{CreatedAt: exampleTime(0), ID: exampleKey().ID}),
		})},
		"get-key":    {answer: inJSON(wsc.KeyDetails{Key: exampleUsedKey(), Requests: exampleRequests()})},
		"change-key": {request: inJSON(wsc.KeyChange{RateLimitHour: new(int64(5000))}), answer: inJSON(exampleUsedKey())},
		"rotate-key": {request: inJSON(wsc.KeyRotation{GraceSeconds: new(int64(86_400))}), answer: inJSON(exampleRotatedKey())},
		"get-me": {answer: inJSON(wsc.Me{
			Key: exampleUsedKey(), Requests: exampleRequests(),
		})},
		"list-security-events": {answer: inJSON(wsc.AuditPage{
			Events: []wsc.SecurityEvent{{
				ID: "01980f6b-2d3e-7f40-8b5c-6d7e8f9a0b1c", At: exampleTime(41), Kind: wsc.EventAuthFailed,
				Address: "198.51.100.23", RequestID: "UE32GRIAGY7ZEHJCZZU2YWHZYZ", Detail: "mistyped",
			}},
			NextCursor: encodeCursor(wsc.AuditCursor{At: exampleTime(41), ID: "01980f6b-2d3e-7f40-8b5c-6d7e8f9a0b1c"}),
		})},
	})
}
