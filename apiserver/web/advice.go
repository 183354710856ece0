package web

import wsc "github.com/website-status-checker/wsc"

// kindAdvice says what a person can do about an error kind, "" if there is nothing to say.
func kindAdvice(kind wsc.ErrorKind) string {
	switch kind {
	case wsc.KindInvalidURL:
		return "Correct the address; it looks like example.com or https://example.com/page."
	case wsc.KindBlockedAddress, wsc.KindRedirectBlocked:
		return "If the site is yours and in a private network, ask whoever runs this checker to allow that network."
	case wsc.KindBlockedPort:
		return "Use a usual web port, or ask whoever runs this checker to allow this one."
	case wsc.KindBlockedScheme:
		return "Write the address with http:// or https://."
	case wsc.KindBlockedRobots:
		return "Check it without respecting robots.txt if the site is yours, or ask its owner."
	case wsc.KindDNSNXDomain:
		return "Look for a typing error. If the name is right, the domain may have expired or was never set up."
	case wsc.KindDNSError:
		return "This may pass, so try again later. If it stays, the domain's name servers need a look."
	case wsc.KindConnectRefused:
		return "Check whether the web server runs and whether the port is right."
	case wsc.KindConnectTimeout, wsc.KindNetworkUnreachable:
		return "Try again later. If it stays, the server is off, or a firewall keeps this checker out."
	case wsc.KindConnectionReset, wsc.KindConnectionClosed:
		return "Try again later. If it stays, the server or a firewall in front of it rejects this checker."
	case wsc.KindTLSExpired:
		return "Renew the certificate; browsers warn every visitor meanwhile."
	case wsc.KindTLSNotYetValid:
		return "Check the certificate's dates and the clock of the server."
	case wsc.KindTLSHostname:
		return "Get a certificate that names this host, or link to the name that the certificate has."
	case wsc.KindTLSUntrusted:
		return "Install a certificate of a public authority, with all intermediate certificates."
	case wsc.KindTLSHandshake, wsc.KindTLSError:
		return "Check the server's TLS settings; it may only offer versions that are out of date."
	case wsc.KindTimeout:
		return "Try again with a longer timeout. If it stays, the server is overloaded or very slow."
	case wsc.KindTooManyRedirects:
		return "Look for a loop, such as http and https redirecting to each other."
	case wsc.KindRedirectInvalid:
		return "Correct the Location header that the site sends."
	case wsc.KindHeadersTooLarge:
		return "The site probably sends far too many cookies."
	case wsc.KindProtocolError:
		return "Check whether a web server is what listens there."
	case wsc.KindBodyError:
		return "The page may show in a browser all the same; check the server's log."
	case wsc.KindInternalError:
		return "Try again. If it stays, tell whoever runs this checker."
	default:
		return ""
	}
}

// httpAdvice says what a person can do about an HTTP status that is not accepted.
func httpAdvice(status int) string {
	switch {
	case status == 401 || status == 403:
		return "The page may need a password, or the site keeps automatic requests out; look at it in a browser."
	case status == 404 || status == 410:
		return "The page is gone. Correct the link, or have the site redirect it."
	case status == 429:
		return "The site asks for fewer requests; check it later, or with a lower rate per host."
	case status >= 500:
		return "The site itself has a problem. Try again later, or tell its owner."
	case status >= 300 && status < 400:
		return "The redirect was not followed. Check the address that it leads to."
	case status >= 400:
		return "Look at the page in a browser to see what it asks for."
	default:
		return ""
	}
}
