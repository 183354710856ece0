package wsc

// AnswerHeaders lists the response headers that results keep, by canonical name: those that say what serves a page, how
// it may be cached, found and framed, and why it was refused. Cookies are not among them.
func AnswerHeaders() []string {
	return []string{
		"Age", "Alt-Svc", "Cache-Control", "Cf-Cache-Status", "Content-Encoding", "Content-Language", "Content-Security-Policy",
		"Etag", "Expires", "Last-Modified", "Link", "Location", "Referrer-Policy", "Retry-After", "Server",
		"Strict-Transport-Security", "Vary", "Via", "Www-Authenticate", "X-Cache", "X-Content-Type-Options", "X-Frame-Options",
		"X-Powered-By", "X-Robots-Tag",
	}
}
