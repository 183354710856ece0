package web

import (
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
)

// resultDetails is what the page of one result shows.
type resultDetails struct {
	resultRow
	// Dialog is true in the fragment, which stands beside the table.
	Dialog bool
}

// resultDetailsPage shows everything about one result, on a page of its own or as a fragment for a dialog.
func (s *Site) resultDetailsPage(w http.ResponseWriter, r *http.Request) {
	seq, err := strconv.ParseInt(r.PathValue("seq"), 10, 64)
	if err != nil || seq < 0 {
		s.renderProblem(w, r, notFoundProblem())
		return
	}
	job, err := s.client.Job(r.Context(), r.PathValue("id"))
	var result *wsc.Result
	if err == nil {
		result, err = s.client.Result(r.Context(), job.ID, seq)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	view := resultDetails{resultRow{Result: result, Job: job}, isFragment(r)}
	if view.Dialog {
		s.renderFragment(w, r, http.StatusOK, "result", "result-details", view)
		return
	}
	s.render(w, r, http.StatusOK, "result", page{
		Title: view.Heading() + " of " + shortened(visible(job.Filename), 60), Nav: "jobs", Scripts: []string{"results.js"}, Body: view,
	})
}

// Heading names the result by its place in the list.
func (d resultDetails) Heading() string { return "Line " + strconv.FormatInt(d.Line, 10) }

// Filename is the name of the list.
func (d resultDetails) Filename() string { return cell(d.Job.Filename) }

// FullURL is the text of the list in full, with what can't be seen made visible.
func (d resultDetails) FullURL() string { return visible(d.URL) }

// Requested is the URL that was requested, "" if it is the text of the list.
func (d resultDetails) Requested() string {
	if d.NormalizedURL == d.URL {
		return ""
	}
	return visible(d.NormalizedURL)
}

// Message is what the checker said about this very check, in full; "" if it says no more than the sentence of the kind.
func (d resultDetails) Message() string {
	if d.ErrorMessage == d.Sentence() {
		return ""
	}
	return visible(d.ErrorMessage)
}

// Sentence is what the outcome means.
func (d resultDetails) Sentence() string {
	switch {
	case d.ErrorKind != "":
		return d.ErrorKind.Sentence()
	case d.Status == wsc.StatusActive:
		return "The site answered with a status that the job accepts."
	case d.ErrorMessage != "" && d.HTTPStatus >= 200 && d.HTTPStatus <= 299:
		return "The site answered, but not as the job expects."
	default:
		return "The site answered with a status that the job does not accept."
	}
}

// SlowWords says what slow means in the job, "" if the result is not.
func (d resultDetails) SlowWords() string {
	if !d.Slow {
		return ""
	}
	return "It took longer than " + milliseconds(float64(d.Job.Options.SlowMS)) + ", which the job calls slow."
}

// StatusText is the phrase of the HTTP status, "" for an unknown one.
func (d resultDetails) StatusText() string { return http.StatusText(d.HTTPStatus) }

// Advice says what to do, "" if there is nothing to do.
func (d resultDetails) Advice() string { return advice(d.Result) }

// Before and After lead to the neighbours in the list, "" at its ends.
func (d resultDetails) Before() string {
	if d.Seq == 0 {
		return ""
	}
	return d.neighbour(-1)
}

// After leads to the next result of the list.
func (d resultDetails) After() string {
	if d.Seq+1 >= max(d.Job.TotalURLs, d.Job.ProcessedURLs) {
		return ""
	}
	return d.neighbour(1)
}

func (d resultDetails) neighbour(distance int64) string {
	return "/jobs/" + url.PathEscape(d.Job.ID) + "/results/" + strconv.FormatInt(d.Seq+distance, 10)
}

// hop is a station on the way of the redirects.
type hop struct {
	URL, Link  string
	HTTPStatus int
	StatusText string
	// Time is empty for the last station, whose phases are shown on their own.
	Time template.HTML
	Last bool
}

// Hops are the stations on the way, the last one included; none if the site did not redirect.
func (d resultDetails) Hops() []hop {
	var hops []hop
	for _, r := range d.Redirects {
		hops = append(hops, hop{visible(r.URL), webLink(r.URL), r.HTTPStatus, http.StatusText(r.HTTPStatus), localMilliseconds(r.TimeMS), false})
	}
	if len(hops) > 0 && d.FinalURL != "" {
		hops = append(hops, hop{URL: visible(d.FinalURL), Link: webLink(d.FinalURL), HTTPStatus: d.HTTPStatus, StatusText: d.StatusText(), Last: true})
	}
	return hops
}

// chartWidth is the width of the waterfall in its own units.
const chartWidth = 1000

// phase is a part of the request's time.
type phase struct {
	Name, Words string
	Time        template.HTML
	// X and Width place its bar, in units of chartWidth.
	X, Width int
}

// Phases are the parts of the last request's time in their order; those that did not happen are left out.
func (d resultDetails) Phases() []phase {
	if d.Timings == nil {
		return nil
	}
	all := []struct {
		name, words string
		ms          float64
	}{
		{"dns", "Name lookup", d.Timings.DNS},
		{"connect", "Connection", d.Timings.Connect},
		{"tls", "Encryption (TLS)", d.Timings.TLS},
		{"ttfb", "Waiting for the answer", d.Timings.TTFB},
		{"download", "Download", d.Timings.Download},
	}
	sum := 0.0
	for _, part := range all {
		sum += max(part.ms, 0)
	}
	var phases []phase
	before := 0.0
	for _, part := range all {
		if part.ms <= 0 {
			continue
		}
		x := int(chartWidth * before / sum)
		before += part.ms
		width := max(int(chartWidth*before/sum)-x, 4) // so that even a short phase can be seen
		phases = append(phases, phase{part.name, part.words, localMilliseconds(part.ms), min(x, chartWidth-width), width})
	}
	return phases
}

// TotalTime is the time of the last request.
func (d resultDetails) TotalTime() template.HTML { return localMilliseconds(d.Timings.Total) }

// CertificateTone is the tone of colour for the end of the certificate.
func (d resultDetails) CertificateTone() string {
	switch {
	case d.TLS.DaysLeft < 0:
		return "bad"
	case d.TLS.DaysLeft <= 30:
		return "warn"
	default:
		return "good"
	}
}

// CertificateSubject is whom the certificate is for.
func (d resultDetails) CertificateSubject() string { return visible(d.TLS.Subject) }

// CertificateIssuer is who issued the certificate.
func (d resultDetails) CertificateIssuer() string { return visible(d.TLS.Issuer) }

// CertificateProblem is what is wrong with the certificate.
func (d resultDetails) CertificateProblem() string { return visible(d.TLS.Problem) }

// FullTitle is the title of the page in full.
func (d resultDetails) FullTitle() string { return visible(d.Title) }

// FullType is the content type in full.
func (d resultDetails) FullType() string { return visible(d.ContentType) }

// header is a header of the answer.
type header struct{ Name, Value string }

// AnswerHeaders are the headers that are known of the answer, by name.
func (d resultDetails) AnswerHeaders() []header {
	var headers []header
	for _, name := range slices.Sorted(maps.Keys(d.Headers)) {
		headers = append(headers, header{visible(name), visible(d.Headers[name])})
	}
	return headers
}

// Spoken is the protocol of the answer.
func (d resultDetails) Spoken() string { return visible(d.Protocol) }

// attempt is one of the attempts.
type attempt struct {
	wsc.FailedAttempt
	Kind, Why string
	Time      template.HTML
	Last      bool
}

// Tries are the attempts, of which the last one is the result; none if there was only that.
func (d resultDetails) Tries() []attempt {
	var tries []attempt
	for _, failed := range d.FailedAttempts {
		tries = append(tries, attempt{failed, kindName(failed.ErrorKind), visible(failed.Reason), localMilliseconds(failed.ResponseTimeMS), false})
	}
	if len(tries) > 0 {
		tries = append(tries, attempt{
			wsc.FailedAttempt{Attempt: d.Attempts, CheckedAt: d.CheckedAt, HTTPStatus: d.HTTPStatus, ErrorKind: d.ErrorKind},
			kindName(d.ErrorKind), d.Problem(), localMilliseconds(d.ResponseTimeMS), true,
		})
	}
	return tries
}
