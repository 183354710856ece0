package wsc

// ErrorKind says why a target has no usable answer. The list is fixed and part of the API.
type ErrorKind string

// The error kinds, by group.
const (
	KindInvalidURL ErrorKind = "invalid_url"

	KindBlockedAddress  ErrorKind = "blocked_address"
	KindBlockedPort     ErrorKind = "blocked_port"
	KindBlockedScheme   ErrorKind = "blocked_scheme"
	KindRedirectBlocked ErrorKind = "redirect_blocked"
	KindBlockedRobots   ErrorKind = "blocked_robots"

	KindDNSNXDomain ErrorKind = "dns_nxdomain"
	KindDNSError    ErrorKind = "dns_error"

	KindConnectRefused     ErrorKind = "connect_refused"
	KindConnectTimeout     ErrorKind = "connect_timeout"
	KindConnectionReset    ErrorKind = "connection_reset"
	KindConnectionClosed   ErrorKind = "connection_closed"
	KindNetworkUnreachable ErrorKind = "network_unreachable"

	KindTLSExpired     ErrorKind = "tls_expired"
	KindTLSNotYetValid ErrorKind = "tls_not_yet_valid"
	KindTLSHostname    ErrorKind = "tls_hostname"
	KindTLSUntrusted   ErrorKind = "tls_untrusted"
	KindTLSHandshake   ErrorKind = "tls_handshake"
	KindTLSError       ErrorKind = "tls_error"

	KindTimeout ErrorKind = "timeout"

	KindTooManyRedirects ErrorKind = "too_many_redirects"
	KindRedirectInvalid  ErrorKind = "redirect_invalid"

	KindHeadersTooLarge ErrorKind = "headers_too_large"
	KindProtocolError   ErrorKind = "protocol_error"

	KindBodyError     ErrorKind = "body_error"
	KindInternalError ErrorKind = "internal_error"
)

// kindFacts is what the product knows about an error kind.
type kindFacts struct {
	kind      ErrorKind
	group     string
	transient bool
	sentence  string
}

// kinds is the one list that every other view is made of.
func kinds() []kindFacts {
	return []kindFacts{
		{KindInvalidURL, "invalid_url", false, "The line holds no URL that can be checked."},
		{KindBlockedAddress, "blocked", false, "The host is, or resolves to, a private or reserved address, which this checker does not contact."},
		{KindBlockedPort, "blocked", false, "The URL's port is not one that this checker may contact."},
		{KindBlockedScheme, "blocked", false, "Only http and https URLs are checked."},
		{KindRedirectBlocked, "blocked", false, "The site redirects to an address, port or scheme that this checker does not contact."},
		{KindBlockedRobots, "blocked", false, "The site's robots.txt asks checkers like this one not to request the URL."},
		{KindDNSNXDomain, "dns", false, "The host name does not exist."},
		{KindDNSError, "dns", true, "The host name could not be resolved; its name servers failed or did not answer."},
		{KindConnectRefused, "connection", true, "The host refused the connection; nothing listens on that port."},
		{KindConnectTimeout, "connection", true, "The host did not accept a connection in time."},
		{KindConnectionReset, "connection", true, "The host broke the connection off."},
		{KindConnectionClosed, "connection", true, "The host closed the connection without an answer."},
		{KindNetworkUnreachable, "connection", true, "There is no network route to the host."},
		{KindTLSExpired, "tls", false, "The certificate has expired."},
		{KindTLSNotYetValid, "tls", false, "The certificate is not valid yet."},
		{KindTLSHostname, "tls", false, "The certificate is for another host name."},
		{KindTLSUntrusted, "tls", false, "The certificate is not issued by a trusted authority."},
		{KindTLSHandshake, "tls", false, "The host and this checker could not agree on a TLS connection."},
		{KindTLSError, "tls", false, "The TLS connection failed."},
		{KindTimeout, "timeout", true, "The host did not answer completely in time."},
		{KindTooManyRedirects, "redirect", false, "The site redirects more often than allowed."},
		{KindRedirectInvalid, "redirect", false, "The site redirects to something that is no URL."},
		{KindHeadersTooLarge, "protocol", false, "The answer's headers are larger than allowed."},
		{KindProtocolError, "protocol", false, "The answer is not valid HTTP."},
		{KindBodyError, "body_error", false, "The host sent a status, but the body that followed broke off or was malformed."},
		{KindInternalError, "internal_error", false, "The checker itself failed on this URL."},
	}
}

// ErrorKinds lists every kind in the order of the documentation.
func ErrorKinds() []ErrorKind {
	list := make([]ErrorKind, 0, len(kinds()))
	for _, facts := range kinds() {
		list = append(list, facts.kind)
	}
	return list
}

func (k ErrorKind) facts() kindFacts {
	for _, facts := range kinds() {
		if facts.kind == k {
			return facts
		}
	}
	return kindFacts{}
}

// Group is the family of the kind ("dns", "tls", …), or "" for an unknown kind.
func (k ErrorKind) Group() string { return k.facts().group }

// Sentence explains the kind to people, or is "" for an unknown kind.
func (k ErrorKind) Sentence() string { return k.facts().sentence }

// Transient reports whether another attempt may well end differently.
func (k ErrorKind) Transient() bool { return k.facts().transient }

// Guarded reports whether the guard refused the target: its address, port or scheme, or that of a redirect. That a
// robots.txt asks not to be visited is a wish of the site, not a refusal.
func (k ErrorKind) Guarded() bool {
	switch k {
	case KindBlockedAddress, KindBlockedPort, KindBlockedScheme, KindRedirectBlocked:
		return true
	default:
		return false
	}
}

// Valid reports whether the kind is one of the fixed list.
func (k ErrorKind) Valid() bool { return k.facts().kind != "" }

// Transient reports whether a result should be retried while attempts are left:
// a transient error kind, or HTTP 429, 502, 503 or 504 that is not accepted.
func (r *Result) Transient() bool {
	if r.Status == StatusError {
		return r.ErrorKind.Transient()
	}
	if r.Status == StatusInactive {
		switch r.HTTPStatus {
		case 429, 502, 503, 504:
			return true
		}
	}
	return false
}
