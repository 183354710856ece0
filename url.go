package wsc

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// MaxURLBytes is the longest URL that is checked.
const MaxURLBytes = 2048

// URLError says why a text is not a URL that can be checked. Kind is KindInvalidURL or KindBlockedScheme.
type URLError struct {
	Kind   ErrorKind
	Reason string
}

// Error returns the reason, a sentence.
func (e *URLError) Error() string { return e.Reason }

// NormalizedURL is a URL in the form that is requested and compared.
type NormalizedURL struct {
	// URL is the whole URL: scheme, host and port, path and query. It has no userinfo and no fragment.
	URL string
	// Scheme is http or https.
	Scheme string
	// Host is the ASCII host name in lower case without a trailing dot, or an IP address without brackets.
	Host string
	// Port is the port as a number, the scheme's default if the URL has none.
	Port int
}

// NormalizeURL reads one URL and nothing else; ReadURL takes off what stands around one in a list. A text without a
// scheme gets https://.
//
// Following RFC 3986 and UTS #46, scheme and host are lower-cased, the host is converted to ASCII, a default
// port, an empty port and the fragment are dropped, and an empty path becomes "/". Path and query are kept byte for
// byte, but for characters that can't stand in a request: spaces, non-ASCII characters, a % that begins no escape and,
// in the path, any of "<>^`{|} are percent-encoded. User information, backslashes, control characters, IPv6 zones and IPv4 addresses in any other
// form than four decimal numbers are refused, so that no two parsers can read the URL differently.
//
// The error is always a *URLError.
func NormalizeURL(text string) (NormalizedURL, error) {
	text = TrimURL(text)
	if err := checkText(text); err != nil {
		return NormalizedURL{}, err
	}
	scheme, rest, err := splitScheme(text)
	if err != nil {
		return NormalizedURL{}, err
	}
	authority, tail := rest, ""
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		authority, tail = rest[:end], rest[end:]
	}
	if strings.Contains(authority, "@") {
		return NormalizedURL{}, invalidURL("A URL with a user name or password (or an e-mail address) is not checked; remove what stands before the @.")
	}
	hostText, portText, err := splitPort(authority)
	if err != nil {
		return NormalizedURL{}, err
	}
	explicit := len(rest) < len(text)
	if !explicit && strings.Contains(hostText, " ") {
		return NormalizedURL{}, noWebAddress(text)
	}
	host, err := normalizeHost(hostText)
	if err != nil {
		return NormalizedURL{}, err
	}
	if !explicit && portText == "" && !strings.Contains(host, ".") && host != "localhost" && !strings.Contains(host, ":") {
		return NormalizedURL{}, noWebAddress(text)
	}
	port, err := parsePort(scheme, portText)
	if err != nil {
		return NormalizedURL{}, err
	}
	n := NormalizedURL{Scheme: scheme, Host: host, Port: port}
	n.URL = scheme + "://" + hostPort(n) + requestTarget(tail)
	if len(n.URL) > MaxURLBytes {
		return NormalizedURL{}, tooLong(len(n.URL))
	}
	return n, nil
}

func invalidURL(reason string) error { return &URLError{KindInvalidURL, reason} }

func noWebAddress(text string) error {
	return invalidURL(fmt.Sprintf("%q is not a web address; write it like example.com or https://example.com/.", clip(text)))
}

func tooLong(length int) error {
	return invalidURL(fmt.Sprintf("The URL is %d bytes long; at most %d are checked.", length, MaxURLBytes))
}

func checkText(text string) error {
	switch {
	case text == "":
		return invalidURL("The URL is empty.")
	case len(text) > MaxURLBytes:
		return tooLong(len(text))
	case !utf8.ValidString(text):
		return invalidURL("The text is not valid UTF-8; save the file as UTF-8.")
	}
	if isPrintableASCII(text) {
		if strings.IndexByte(text, '\\') >= 0 {
			return invalidURL("A URL must not contain a backslash; write / instead.")
		}
		return nil
	}
	for _, r := range text {
		switch {
		case r == '\\':
			return invalidURL("A URL must not contain a backslash; write / instead.")
		case unicode.IsControl(r):
			return invalidURL("The URL contains " + nameOfControl(r) + ".")
		case unicode.Is(unicode.Bidi_Control, r):
			return invalidURL(fmt.Sprintf("The URL contains the invisible character %U, which changes the direction of text.", r))
		case r == utf8.RuneError:
			return invalidURL("The URL contains U+FFFD, the mark of a character that was lost in a conversion.")
		}
	}
	return nil
}

func nameOfControl(r rune) string {
	switch r {
	case '\t':
		return "a tab (U+0009)"
	case '\n', '\r':
		return fmt.Sprintf("a line break (%U)", r)
	}
	return fmt.Sprintf("the control character %U", r)
}

func isPrintableASCII(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7F {
			return false
		}
	}
	return true
}

// splitScheme returns the scheme and what follows "://". A text without a scheme is https.
func splitScheme(text string) (scheme, rest string, err error) {
	colon := strings.IndexByte(text, ':')
	if end := strings.IndexAny(text, "/?#"); end >= 0 && (colon < 0 || end < colon) {
		if end == 0 {
			return "", "", invalidURL("The URL has no host; write it like https://example.com/.")
		}
		return "https", text, nil
	}
	if colon < 0 || strings.HasPrefix(text, "[") {
		return "https", text, nil
	}
	name, after := text[:colon], text[colon+1:]
	lower := strings.ToLower(name)
	if lower == "http" || lower == "https" {
		rest, found := strings.CutPrefix(after, "//")
		if !found {
			return "", "", invalidURL(fmt.Sprintf("Write two slashes after %s: as in %s://example.com/.", lower, lower))
		}
		return lower, rest, nil
	}
	if !strings.HasPrefix(after, "//") && (startsWithPort(after) || strings.Contains(name, ".") && startsWithPath(after)) {
		return "https", text, nil
	}
	if !isSchemeName(name) {
		return "", "", invalidURL(fmt.Sprintf("%q is not a web address.", clip(text)))
	}
	return "", "", &URLError{KindBlockedScheme, fmt.Sprintf("The scheme %q is not checked, only http and https.", clip(lower))}
}

// startsWithPort reports whether the text is digits up to its end or to the path, so that the colon before it
// separates host and port and not a scheme.
func startsWithPort(text string) bool {
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		text = text[:end]
	}
	return text != "" && strings.Trim(text, "0123456789") == ""
}

// startsWithPath reports whether nothing or a path follows, so that the colon before it is an empty port.
func startsWithPath(text string) bool {
	return text == "" || strings.IndexByte("/?#", text[0]) >= 0
}

func isSchemeName(name string) bool {
	for i, r := range name {
		letter := 'a' <= r|0x20 && r|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", r)) {
			return false
		}
	}
	return name != ""
}

// splitPort cuts an authority without user information into host and port text.
func splitPort(authority string) (host, port string, err error) {
	if strings.HasPrefix(authority, "[") {
		end := strings.IndexByte(authority, ']')
		if end < 0 {
			return "", "", invalidURL("The IPv6 address has no closing bracket.")
		}
		host, port = authority[:end+1], authority[end+1:]
		if port != "" && port[0] != ':' {
			return "", "", invalidURL("Only a port may follow the closing bracket of an IPv6 address.")
		}
		return host, strings.TrimPrefix(port, ":"), nil
	}
	host, port, _ = strings.Cut(authority, ":")
	if strings.Contains(port, ":") {
		return "", "", invalidURL("The host has more than one port; an IPv6 address stands in brackets.")
	}
	return host, port, nil
}

func parsePort(scheme, text string) (int, error) {
	if text == "" {
		if scheme == "http" {
			return 80, nil
		}
		return 443, nil
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 || strings.Trim(text, "0123456789") != "" {
		return 0, invalidURL(fmt.Sprintf("%q is not a port between 1 and 65535.", clip(text)))
	}
	return int(port), nil
}

// hostMapping is UTS #46 as browsers use it for looking names up. Underscores are allowed, since such hosts exist.
func hostMapping() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.StrictDomainName(false), idna.VerifyDNSLength(true))
}

func normalizeHost(text string) (string, error) {
	if text == "" {
		return "", invalidURL("The URL has no host; write it like https://example.com/.")
	}
	if strings.HasPrefix(text, "[") {
		return normalizeIPv6(text[1 : len(text)-1])
	}
	host, err := asciiHost(text)
	if err != nil {
		return "", invalidURL(fmt.Sprintf("%q is not a valid host name.", clip(text)))
	}
	host = strings.TrimSuffix(host, ".")
	if len(host) > 253 {
		return "", invalidURL("The host name is longer than 253 characters.")
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" {
			return "", invalidURL(fmt.Sprintf("%q is not a valid host name: a dot is too many, since each part between dots has 1 to 63 characters.", clip(text)))
		}
		if len(label) > 63 {
			return "", invalidURL(fmt.Sprintf("%q is not a valid host name: each part between dots has 1 to 63 characters.", clip(text)))
		}
	}
	for i := range len(host) {
		if c := host[i]; !isHostByte(c) {
			return "", invalidURL("The host name contains " + nameOfByte(c) + ".")
		}
	}
	if endsInNumber(host) {
		address, err := netip.ParseAddr(host)
		if err != nil || !address.Is4() {
			return "", invalidURL(fmt.Sprintf("%q is not a valid IPv4 address; write four numbers from 0 to 255.", clip(text)))
		}
	}
	return host, nil
}

func nameOfByte(c byte) string {
	if c == ' ' {
		return "a space"
	}
	return fmt.Sprintf("the character %q", c)
}

// asciiHost maps a host name to lower-case ASCII. Plain ASCII names skip the mapping tables;
// names with punycode in them are verified by the tables.
func asciiHost(text string) (string, error) {
	lower := strings.ToLower(text)
	if isASCII(text) && !strings.Contains(lower, "xn--") {
		return lower, nil
	}
	host, err := hostMapping().ToASCII(text)
	if err != nil {
		return "", err
	}
	if !isASCII(host) {
		return "", errors.New("not ASCII after mapping")
	}
	return host, nil
}

func normalizeIPv6(text string) (string, error) {
	if strings.Contains(text, "%") {
		return "", invalidURL("An IPv6 address with a zone is not checked.")
	}
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is6() {
		return "", invalidURL(fmt.Sprintf("%q is not a valid IPv6 address.", clip(text)))
	}
	return address.String(), nil
}

// endsInNumber is the rule of the WHATWG URL standard for hosts that must be IPv4 addresses.
func endsInNumber(host string) bool {
	last := host[strings.LastIndexByte(host, '.')+1:]
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	return strings.HasPrefix(last, "0x") && strings.Trim(last[2:], "0123456789abcdef") == ""
}

func isHostByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_'
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func hostPort(n NormalizedURL) string {
	host := n.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if n.Scheme == "http" && n.Port == 80 || n.Scheme == "https" && n.Port == 443 {
		return host
	}
	return host + ":" + strconv.Itoa(n.Port)
}

// requestTarget turns what follows the authority into path and query, without the fragment.
func requestTarget(tail string) string {
	if hash := strings.IndexByte(tail, '#'); hash >= 0 {
		tail = tail[:hash]
	}
	if !strings.HasPrefix(tail, "/") {
		tail = "/" + tail
	}
	query := strings.IndexByte(tail, '?')
	if query < 0 {
		query = len(tail)
	}
	for i := range len(tail) {
		if !standsInRequest(tail, i, i < query) {
			return escaped(tail, query)
		}
	}
	return tail
}

// escaped percent-encodes what can't stand in a request. The path ends at query.
func escaped(tail string, query int) string {
	var b strings.Builder
	for i := range len(tail) {
		if standsInRequest(tail, i, i < query) {
			b.WriteByte(tail[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", tail[i])
		}
	}
	return b.String()
}

// standsInRequest reports whether a byte is sent as it is. In a path, characters that RFC 3986 does not know have to be
// encoded, or net/url takes the path apart, decodes it and encodes it anew, so that %2F becomes a slash.
func standsInRequest(tail string, i int, inPath bool) bool {
	switch c := tail[i]; c {
	case '%':
		return isEscape(tail[i:])
	case '"', '<', '>', '^', '`', '{', '|', '}':
		return !inPath
	default:
		return c > ' ' && c < 0x7F
	}
}

func isEscape(text string) bool {
	return len(text) >= 3 && isHex(text[1]) && isHex(text[2])
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// clip shortens a text of the input for a message.
func clip(text string) string {
	const limit = 100
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
