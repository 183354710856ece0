package web

import (
	"net/http"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// kindAdvice is what people read about an error kind besides its sentence: a name, and what to do.
type kindAdvice struct {
	kind         wsc.ErrorKind
	name, advice string
}

// kindAdvices has an entry for every kind. docs/results.md says the same at more length. Options are named as their fields
// are called, in quotation marks.
func kindAdvices() []kindAdvice {
	return []kindAdvice{
		{wsc.KindInvalidURL, "Not a URL", "Correct this line of the list; the message says what is wrong with it. If many lines have this, the URLs stand in another column: choose it when you start the list."},
		{wsc.KindBlockedAddress, "Private address", "If the site is public, correct its DNS records: they point into a private network. If it is one of your own network, whoever runs this checker can allow that network (WSC_ALLOW_NETS)."},
		{wsc.KindBlockedPort, "Port not allowed", "Remove the port from the URL if it is a slip. Otherwise whoever runs this checker can allow the port (WSC_ALLOW_PORTS)."},
		{wsc.KindBlockedScheme, "Not http or https", "Take the line off the list, or write the address of a web page that begins with https:// instead."},
		{wsc.KindRedirectBlocked, "Redirect not allowed", "The redirects above show the way there. Often the site names an internal host or port in its redirect: correct it in the settings of the site."},
		{wsc.KindBlockedRobots, "Refused by robots.txt", "Ask the owner of the site to allow checkers in its robots.txt. For a site of your own, start the list without “Respect robots.txt”."},
		{wsc.KindDNSNXDomain, "No such host", "Look for a typing error in the name. If it is right, the domain has lapsed or its record was removed: renew it, or take the URL off the list."},
		{wsc.KindDNSError, "Name lookup failed", "Check the domain's name servers, its delegation and DNSSEC, with dig for example. If many hosts have this at the same time, the name servers of this checker are to blame."},
		{wsc.KindConnectRefused, "Connection refused", "Start the web server, or correct the port. If only https fails, the site may offer http alone: put http:// in front of the URL."},
		{wsc.KindConnectTimeout, "No connection in time", "See whether the machine is up and whether a firewall drops the packets. Try the URL from another network too: some firewalls block data centres."},
		{wsc.KindConnectionReset, "Connection broken off", "Look into the log of the server: it may crash, be too busy, or keep robots out. A lower “Rate per host” or another “User-Agent” helps against the last two."},
		{wsc.KindConnectionClosed, "Closed without answer", "Look into the log of the server: it may crash, be too busy, or keep robots out. A lower “Rate per host” or another “User-Agent” helps against the last two."},
		{wsc.KindNetworkUnreachable, "No route to the host", "If many hosts have this, the checker is offline: check its network. If it is one host that has only an IPv6 address, the network of the checker may have no IPv6."},
		{wsc.KindTLSExpired, "Certificate expired", "Renew the certificate and reload what serves it. If it was renewed already, the server still sends the old one."},
		{wsc.KindTLSNotYetValid, "Certificate not valid yet", "Wait until the certificate begins, or correct the clock of the machine that issued it, or that of the checker."},
		{wsc.KindTLSHostname, "Certificate for another name", "Get a certificate that has this name too, or correct the virtual host of the server. Often the name with or without www. is missing."},
		{wsc.KindTLSUntrusted, "Certificate not trusted", "If browsers accept the site, its server leaves out the intermediate certificate: install the full chain. If it signs its own certificate on purpose, start the list with “Accept any certificate”."},
		{wsc.KindTLSHandshake, "No secure connection", "Update the TLS settings of the server: it may know only old protocols and ciphers, or ask for a client certificate."},
		{wsc.KindTLSError, "Secure connection failed", "Often plain http is served on the https port: correct the server, or put http:// in front of the URL."},
		{wsc.KindTimeout, "No answer in time", "Open the page yourself: if it is slow for you too, the table of phases shows where the time goes. Otherwise start the list with a longer “Timeout”."},
		{wsc.KindTooManyRedirects, "Too many redirects", "The redirects above show whether the site goes round in a circle, which often needs a cookie or a language. If it does not, raise “Most redirects”."},
		{wsc.KindRedirectInvalid, "Redirect to nowhere", "Correct the Location header that the site sends with its redirect."},
		{wsc.KindHeadersTooLarge, "Headers too large", "Look for cookies that pile up, or headers that repeat, in what the site sends. Browsers and proxies may refuse such an answer too."},
		{wsc.KindProtocolError, "Not valid HTTP", "See whether another service listens on this port. If it is a web server, it or a proxy in front of it is faulty."},
		{wsc.KindBodyError, "Answer broke off", "Look for crashes while the page is made, for a wrong compression, or a wrong Content-Length. The HTTP status above is the one that the site sent."},
		{wsc.KindInternalError, "Checker failed", "Check the URL again: the site was not judged. If it happens once more, tell whoever runs this checker, with the message above."},
	}
}

// kindName is a kind in a few words, "" for none.
func kindName(kind wsc.ErrorKind) string {
	for _, entry := range kindAdvices() {
		if entry.kind == kind {
			return entry.name
		}
	}
	return string(kind)
}

// groupName is a group of kinds in a few words.
func groupName(group string) string {
	switch group {
	case "invalid_url":
		return "List"
	case "blocked":
		return "Not contacted"
	case "dns":
		return "Name lookup (DNS)"
	case "connection":
		return "Connection"
	case "tls":
		return "Certificate and encryption (TLS)"
	case "timeout":
		return "Time limit"
	case "redirect":
		return "Redirects"
	case "protocol", "body_error":
		return "Answer"
	case "internal_error":
		return "Checker"
	default:
		return group
	}
}

// advice says what to do about a result, "" if there is nothing to do.
func advice(r *wsc.Result) string {
	if r.ErrorKind != "" {
		for _, entry := range kindAdvices() {
			if entry.kind == r.ErrorKind {
				return entry.advice
			}
		}
		return ""
	}
	accepted := r.HTTPStatus >= 200 && r.HTTPStatus <= 299
	switch {
	case r.Status == wsc.StatusActive && moved(r):
		return "The address has moved for good. Write the final URL into your list and into links, so that visitors and checks save the detour."
	case r.Status != wsc.StatusInactive:
		return ""
	case r.ErrorMessage != "" && accepted:
		return "The site answered, but not as expected. Open it and compare; if the page is right, correct the “Expectation” of the job."
	default:
		return statusAdvice(r.HTTPStatus)
	}
}

// moved reports whether the first redirect is a permanent one.
func moved(r *wsc.Result) bool {
	if len(r.Redirects) == 0 {
		return false
	}
	first := r.Redirects[0].HTTPStatus
	return first == http.StatusMovedPermanently || first == http.StatusPermanentRedirect
}

// statusAdvice says what to do about an HTTP status that was not accepted.
func statusAdvice(status int) string {
	switch status {
	case http.StatusMovedPermanently, http.StatusPermanentRedirect:
		return "The page has moved for good. Write its new address into the list, or start the list with “Follow redirects”."
	case http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect:
		return "The page sends visitors elsewhere for now. Start the list with “Follow redirects” to see whether they arrive."
	case http.StatusNotModified:
		return "The site answered that nothing has changed, which counts as up: add 304 to the “Accepted status codes”."
	case http.StatusBadRequest:
		return "The server did not understand the request. Look for characters in the URL that were copied wrongly, and for “Request headers” that you added to the job."
	case http.StatusUnauthorized:
		return "The page wants a login. Put an Authorization header into the “Request headers” of the job, or add 401 to the “Accepted status codes” if reaching the login counts as up."
	case http.StatusForbidden:
		return "The server keeps this visitor out. People may still get in: many sites refuse robots, so try another “User-Agent” or a lower “Rate per host”. If the page is private on purpose, add 403 to the “Accepted status codes”."
	case http.StatusNotFound:
		return "There is no page at this address. Look for a typing error, correct the link, or set up a redirect to the page that took its place."
	case http.StatusMethodNotAllowed:
		return "The server does not allow this method. If the job uses HEAD, choose another “Request”: GET, or HEAD with GET if it is refused."
	case http.StatusRequestTimeout:
		return "The server gave up waiting. Check it again at a quieter time or with a lower “Rate per host”."
	case http.StatusGone:
		return "The page was removed for good. Take the URL off the list and remove links to it."
	case http.StatusTooManyRequests:
		return "The site asks for fewer requests. Lower the “Rate per host” of the job, and check the URL again later."
	case http.StatusUnavailableForLegalReasons:
		return "The page is withheld for legal reasons, perhaps only in the country that the checker is in. Try from another one."
	case http.StatusInternalServerError:
		return "The site's own program failed. Its log at the time of the check says why."
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return "The server can't answer this kind of request. See whether its software is up to date, and whether the job adds unusual “Request headers”."
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return "The server in front of the site works, but the one behind it is down, busy or under maintenance. It was tried again already; see whether the site's program runs, and check once more later."
	}
	switch status / 100 {
	case 1, 2, 3:
		return "The site answered with a status that the job does not accept. If " + strconv.Itoa(status) + " is fine for this site, add it to the “Accepted status codes”."
	case 4:
		return "The server refuses this request. Open the page yourself: if it works there, the site treats robots differently, so try another “User-Agent”."
	case 5:
		return "The server, or a service in front of it, failed. Its log at the time of the check says why; check again later."
	default:
		return ""
	}
}
