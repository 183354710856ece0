package web

import (
	"net/http"
	"net/url"
	"slices"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// eventsOfPage is how many events a page of the audit log has.
const eventsOfPage = 50

// eventRow is a security event as the page shows it.
type eventRow struct {
	wsc.SecurityEvent
	// KeyName is the name of the key that the request came with.
	KeyName string
}

// Words says what happened.
func (e eventRow) Words() string { return eventWords(e.Kind) }

// Tone is the tone of colour of the kind.
func (e eventRow) Tone() string {
	switch e.Kind {
	case wsc.EventAuthThrottled, wsc.EventSSRFBlocked, wsc.EventAnomaly:
		return "bad"
	case wsc.EventAuthFailed, wsc.EventScopeDenied, wsc.EventRateLimited, wsc.EventQuotaExceeded, wsc.EventKeyRevoked:
		return "warn"
	case wsc.EventKeyCreated, wsc.EventKeyChanged, wsc.EventKeyRotated, wsc.EventJobDeleted, wsc.EventSignedIn, wsc.EventSignedOutEverywhere:
	}
	return "calm"
}

// KeyPage is the address of the key's page, "" if it has none.
func (e eventRow) KeyPage() string {
	if e.KeyID == "" || e.KeyID == wsc.AdminKeyID {
		return ""
	}
	return "/keys/" + url.PathEscape(e.KeyID)
}

// ObjectPage is the address of the page of what it was done to, "" if there is none.
func (e eventRow) ObjectPage() string {
	switch e.Kind {
	case wsc.EventKeyCreated, wsc.EventKeyChanged, wsc.EventKeyRotated, wsc.EventKeyRevoked:
		return "/keys/" + url.PathEscape(e.Object)
	case wsc.EventSSRFBlocked:
		return "/jobs/" + url.PathEscape(e.Object)
	default:
		return ""
	}
}

// eventWords says what happened.
func eventWords(kind wsc.SecurityEventKind) string {
	switch kind {
	case wsc.EventAuthFailed:
		return "A key was not accepted"
	case wsc.EventAuthThrottled:
		return "Too many wrong keys from an address"
	case wsc.EventScopeDenied:
		return "A key asked for more than it may"
	case wsc.EventRateLimited:
		return "Requests of the hour used up"
	case wsc.EventQuotaExceeded:
		return "More than the quota allows"
	case wsc.EventSSRFBlocked:
		return "A list led to internal addresses"
	case wsc.EventKeyCreated:
		return "Key created"
	case wsc.EventKeyChanged:
		return "Key changed"
	case wsc.EventKeyRotated:
		return "Key got a new secret"
	case wsc.EventKeyRevoked:
		return "Key revoked"
	case wsc.EventJobDeleted:
		return "Job deleted"
	case wsc.EventSignedIn:
		return "Browser signed in"
	case wsc.EventSignedOutEverywhere:
		return "All browsers of a key signed out"
	case wsc.EventAnomaly:
		return "Unusually much of something"
	}
	return string(kind)
}

// choice is an option of a select.
type choice struct{ Value, Words string }

// auditView is the page of the audit log.
type auditView struct {
	Kind, Key, Cursor string
	Kinds, Keys       []choice
	Events            []eventRow
	Next              string
}

// First is the address of the first page.
func (v auditView) First() string { return v.at("") }

func (v auditView) at(cursor string) string {
	values := url.Values{}
	for name, value := range map[string]string{"kind": v.Kind, "key": v.Key, "cursor": cursor} {
		if value != "" {
			values.Set(name, value)
		}
	}
	if len(values) == 0 {
		return "/audit"
	}
	return "/audit?" + values.Encode()
}

// auditPage lists security events.
func (s *Site) auditPage(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	view := auditView{Kind: query.Get("kind"), Key: query.Get("key"), Cursor: query.Get("cursor")}
	asked := client.SecurityEventQuery{KeyID: view.Key, Limit: eventsOfPage, Cursor: view.Cursor}
	if slices.Contains(wsc.SecurityEventKinds(), wsc.SecurityEventKind(view.Kind)) {
		asked.Kinds = []wsc.SecurityEventKind{wsc.SecurityEventKind(view.Kind)}
	} else {
		view.Kind = ""
	}
	found, err := s.client.SecurityEvents(r.Context(), asked)
	if wsc.CodeOf(err) == wsc.CodeInvalidCursor && view.Cursor != "" {
		s.redirect(w, r, view.First()) // an old or edited address
		return
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	keys, err := s.client.Keys(r.Context(), client.KeyQuery{Limit: namedKeys})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	view.choices(keys.Keys)
	for _, event := range found.Events {
		view.Events = append(view.Events, eventRow{event, view.keyName(event.KeyID)})
	}
	if found.NextCursor != "" {
		view.Next = view.at(found.NextCursor)
	}
	s.render(w, r, http.StatusOK, "audit", page{Title: "Audit log", Nav: "audit", Body: view})
}

// choices fills in what can be chosen, and the key that is chosen even if it is none that was read.
func (v *auditView) choices(keys []wsc.Key) {
	for _, kind := range wsc.SecurityEventKinds() {
		v.Kinds = append(v.Kinds, choice{string(kind), eventWords(kind)})
	}
	v.Keys = append(v.Keys, choice{wsc.AdminKeyID, configuredKeyName})
	for i := range keys {
		v.Keys = append(v.Keys, choice{keys[i].ID, keys[i].Name + " (" + keys[i].Prefix + "…)"})
	}
	if v.Key != "" && !slices.ContainsFunc(v.Keys, func(c choice) bool { return c.Value == v.Key }) {
		v.Keys = append(v.Keys, choice{v.Key, v.Key})
	}
}

func (v *auditView) keyName(id string) string {
	for _, key := range v.Keys {
		if key.Value == id {
			return key.Words
		}
	}
	return id
}
