package wsc

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// recognise returns what is to be said about a text that is no URL but something that people often have in its place or
// a slip that can be named; nil if the parser's own reason is the best one.
func recognise(text string) error {
	if !isText(text) {
		return nil
	}
	lower := lowerASCII(text)
	for _, explain := range []func(text, lower string) error{filePath, mailAddress, telephone, misspeltScheme, amongText, number} {
		if err := explain(text, lower); err != nil {
			return err
		}
	}
	return nil
}

// isText reports whether a text could be read by a person: it is not empty, not too long, and has no character that is the
// first thing to correct. Backslashes are no such character, since paths of files have them.
func isText(text string) bool {
	return checkText(strings.ReplaceAll(text, `\`, "/")) == nil
}

// quoted puts quotation marks around the beginning of a text, without doubling its backslashes.
func quoted(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(clip(text))
	}
	return `"` + clip(text) + `"`
}

// filePath knows C:\folder, C:/folder, \\server\share and file:.
func filePath(text, lower string) error {
	const reason = "%s is the path of a file on a computer, not a web address."
	switch {
	case strings.HasPrefix(lower, "file:"):
		return &URLError{KindBlockedScheme, fmt.Sprintf(reason, clip(text))}
	case strings.HasPrefix(text, `\\`),
		len(lower) > 2 && 'a' <= lower[0] && lower[0] <= 'z' && lower[1] == ':' && (lower[2] == '\\' || lower[2] == '/'):
		return invalidURL(fmt.Sprintf(reason, quoted(text)))
	}
	return nil
}

// mailAddress knows me@example.com and mailto:. With a scheme or a path, what stands before the @ is a user name.
func mailAddress(text, lower string) error {
	const reason = "%s is a mail address, not a web address; write that of the website."
	if strings.HasPrefix(lower, "mailto:") {
		return &URLError{KindBlockedScheme, fmt.Sprintf(reason, clip(text))}
	}
	local, domain, found := strings.Cut(text, "@")
	if found && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(local, ":/?#") && !strings.ContainsAny(domain, "@/ ") {
		return invalidURL(fmt.Sprintf(reason, quoted(text)))
	}
	return nil
}

func telephone(text, lower string) error {
	if strings.HasPrefix(lower, "tel:") || strings.HasPrefix(lower, "sms:") {
		return &URLError{KindBlockedScheme, fmt.Sprintf("%s is a telephone number, not a web address.", clip(text))}
	}
	return nil
}

// misspeltScheme knows http:/host and http:host, https//host, and schemes like htp and hxxp.
func misspeltScheme(text, lower string) error {
	for _, scheme := range []string{"https", "http"} {
		behind, found := strings.CutPrefix(lower, scheme)
		rest := strings.ReplaceAll(strings.TrimLeft(text[len(text)-len(behind):], `:/\`), `\`, "/")
		switch {
		case !found || rest == "":
		case strings.HasPrefix(behind, "//"):
			return invalidURL(fmt.Sprintf("A colon is missing; write %s://%s.", scheme, clip(rest)))
		case strings.HasPrefix(behind, ":///"):
			return invalidURL(fmt.Sprintf("The URL has no host. Write two slashes after %s:, as in %s://%s.", scheme, scheme, clip(rest)))
		case strings.HasPrefix(behind, ":") && !strings.HasPrefix(behind, "://"):
			return invalidURL(fmt.Sprintf("Write two slashes after %s:, as in %s://%s.", scheme, scheme, clip(rest)))
		}
	}
	scheme, _, found := strings.Cut(lower, "://")
	if found && scheme != "http" && scheme != "https" && scheme != "" && strings.Trim(scheme, "htpsx") == "" {
		return invalidURL(fmt.Sprintf("%q is no scheme; write http:// or https://.", scheme))
	}
	return nil
}

// amongText finds a URL in other text: a formula, HTML, a sentence.
func amongText(text, lower string) error {
	at := strings.Index(lower, "http://")
	if secure := strings.Index(lower, "https://"); at < 0 || secure >= 0 && secure < at {
		at = secure
	}
	switch {
	case at > 0 && !strings.Contains(text[:at], "://"):
		url := text[at:]
		if end := strings.IndexAny(url, " \t\"'`<>()[]{}|\\"); end >= 0 {
			url = url[:end]
		}
		return invalidURL(fmt.Sprintf("Write the URL alone, without the text around it: %s", clip(url)))
	case strings.HasPrefix(text, "="):
		return invalidURL(fmt.Sprintf("%s is a formula; write the URL that it stands for.", quoted(text)))
	case strings.HasPrefix(text, "<"):
		return invalidURL(fmt.Sprintf("%s is HTML; write the URL alone.", quoted(text)))
	}
	return nil
}

// number knows texts without a letter, such as prices, dates and telephone numbers.
func number(text, _ string) error {
	if strings.ContainsAny(text, "[\\") || strings.Count(text, ":") > 1 || strings.Contains(text, ":") && strings.Contains(text, ".") ||
		strings.IndexFunc(text, unicode.IsDigit) < 0 ||
		strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsControl(r) || r == unicode.ReplacementChar }) {
		return nil
	}
	reason := "%s is a number, a date or the like, not a web address."
	if strings.Trim(text, "0123456789.") == "" && strings.Contains(text, ".") {
		reason = "%s is not a web address; an IPv4 address has four numbers from 0 to 255."
	}
	return invalidURL(fmt.Sprintf(reason, quoted(text)))
}
