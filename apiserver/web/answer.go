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
	Path []hop
	// Short is what a screen reader says when the answer arrives.
	Short string
}

// hop is one URL on the way to the answer.
type hop struct {
	URL    string
	Status int
	// TimeMS is how long the hop took, 0 for the last one.
	TimeMS float64
	Last   bool
}

func newAnswerView(result *wsc.Result) *answerView {
	v := &answerView{Result: result, Sentence: sentenceOf(result), Advice: adviceOf(result)}
	for _, redirect := range result.Redirects {
		v.Path = append(v.Path, hop{URL: redirect.URL, Status: redirect.HTTPStatus, TimeMS: redirect.TimeMS})
	}
	if len(v.Path) > 0 && result.FinalURL != "" {
		v.Path = append(v.Path, hop{URL: result.FinalURL, Status: result.HTTPStatus, Last: true})
	}
	v.Short = fmt.Sprintf("%s: %s. %s", shortText(result.URL), result.Status, v.Sentence)
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

func adviceOf(result *wsc.Result) string {
	switch result.Status {
	case wsc.StatusError:
		if result.ErrorKind == wsc.KindInvalidURL && result.ErrorMessage != "" {
			return "" // the reason says how to write it
		}
		return kindAdvice(result.ErrorKind)
	case wsc.StatusInactive:
		return httpAdvice(result.HTTPStatus)
	case wsc.StatusActive:
	}
	return ""
}

// webURL is a URL that a page may link to: only http and https are, and every other text is "".
func webURL(text string) string {
	for _, scheme := range []string{"http://", "https://"} {
		if len(text) > len(scheme) && strings.EqualFold(text[:len(scheme)], scheme) {
			return text
		}
	}
	return ""
}

// shortText cuts a text for a sentence.
func shortText(text string) string {
	const most = 80
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
