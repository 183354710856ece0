package web

import (
	"fmt"
	"net/http"
	"strings"

	wsc "github.com/website-status-checker/wsc"
)

// answerView is the result of one URL for a person.
type answerView struct {
	*wsc.Result
	// Sentence says what the outcome means, and Advice what to do; Advice may be "".
	Sentence, Advice string
	// Path is how redirects led to the answer; empty without redirects.
	Path []answerHop
	// Short is what a screen reader says when the answer arrives.
	Short string
}

// answerHop is one URL on the way to the answer.
type answerHop struct {
	URL    string
	Status int
	// TimeMS is how long the hop took, 0 for the last one.
	TimeMS float64
	Last   bool
}

func newAnswerView(result *wsc.Result) *answerView {
	v := &answerView{Result: result, Sentence: sentenceOf(result), Advice: advice(result)}
	if result.ErrorKind == wsc.KindInvalidURL && result.ErrorMessage != "" {
		v.Advice = "" // the reason says how to write it, and there is no list
	}
	for _, redirect := range result.Redirects {
		v.Path = append(v.Path, answerHop{URL: redirect.URL, Status: redirect.HTTPStatus, TimeMS: redirect.TimeMS})
	}
	if len(v.Path) > 0 && result.FinalURL != "" {
		v.Path = append(v.Path, answerHop{URL: result.FinalURL, Status: result.HTTPStatus, Last: true})
	}
	v.Short = fmt.Sprintf("%s: %s. %s", shortened(result.URL, 80), result.Status, v.Sentence)
	return v
}

// sentenceOf says what the outcome means.
func sentenceOf(result *wsc.Result) string {
	answered := strings.TrimSpace(fmt.Sprintf("%d %s", result.HTTPStatus, http.StatusText(result.HTTPStatus)))
	switch result.Status {
	case wsc.StatusActive:
		return fmt.Sprintf("The site answered %s within %s.", answered, milliseconds(result.ResponseTimeMS))
	case wsc.StatusInactive:
		if result.ErrorMessage != "" {
			return result.ErrorMessage
		}
		return fmt.Sprintf("The site answered %s, which does not count as active.", answered)
	case wsc.StatusError:
	}
	if result.ErrorKind == wsc.KindInvalidURL && result.ErrorMessage != "" {
		return result.ErrorMessage // the reason says more than the kind
	}
	return result.ErrorKind.Sentence()
}

// StatusText is the name of the HTTP status.
func (v *answerView) StatusText() string { return http.StatusText(v.HTTPStatus) }

// Link is the address of the site, "" if there is none that a page may link to.
func (v *answerView) Link() string { return webLink(v.NormalizedURL) }
