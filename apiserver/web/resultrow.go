package web

import (
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// maxCell is how many characters of a text a cell of the table holds; the details have it in full.
const maxCell = 300

// resultRow is a result as people read it.
type resultRow struct {
	*wsc.Result
	Job *wsc.Job
}

// Details is the address of the details.
func (r resultRow) Details() string {
	return "/jobs/" + url.PathEscape(r.Job.ID) + "/results/" + strconv.FormatInt(r.Seq, 10)
}

// Link leads to the website, "" if the line is no URL that a browser may be sent to.
func (r resultRow) Link() string { return webLink(r.NormalizedURL) }

// FinalLink leads to where the redirects ended.
func (r resultRow) FinalLink() string { return webLink(r.FinalURL) }

// ShownURL is the URL of the list, as far as a cell has room for it.
func (r resultRow) ShownURL() string { return cell(r.URL) }

// ShownFinalURL is where the redirects ended, "" if there were none.
func (r resultRow) ShownFinalURL() string {
	if r.FinalURL == r.NormalizedURL {
		return ""
	}
	return cell(r.FinalURL)
}

// ShownTitle is the title of the page.
func (r resultRow) ShownTitle() string { return cell(r.Title) }

// ShownType is the content type.
func (r resultRow) ShownType() string { return cell(r.ContentType) }

// Kind names what went wrong in a few words.
func (r resultRow) Kind() string { return kindName(r.ErrorKind) }

// Problem says what went wrong in a sentence, "" if nothing did.
func (r resultRow) Problem() string {
	switch {
	case r.ErrorMessage != "":
		return cell(r.ErrorMessage)
	case r.ErrorKind != "":
		return r.ErrorKind.Sentence()
	case r.Status == wsc.StatusInactive:
		return http.StatusText(r.HTTPStatus)
	default:
		return ""
	}
}

// Time is the response time, "" if the line was not requested.
func (r resultRow) Time() template.HTML {
	if r.Attempts == 0 {
		return ""
	}
	return localMilliseconds(r.ResponseTimeMS)
}

// Certificate says how long the certificate is good for, "" without one.
func (r resultRow) Certificate() string {
	switch {
	case r.TLS == nil || r.TLS.NotAfter.IsZero():
		return ""
	case r.TLS.DaysLeft < 0:
		return "expired " + days(-r.TLS.DaysLeft) + " ago"
	default:
		return days(r.TLS.DaysLeft) + " left"
	}
}

func days(n int) string {
	if n == 1 {
		return "1 day"
	}
	return strconv.Itoa(n) + " days"
}

func cell(text string) string { return visible(shortened(text, maxCell)) }

// ShownHost is the host.
func (r resultRow) ShownHost() string { return cell(r.Host) }
