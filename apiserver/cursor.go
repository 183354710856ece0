package apiserver

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"strings"
	"unicode/utf8"

	wsc "github.com/website-status-checker/wsc"
)

// resultCursor is a position in a list of results, with the order that it belongs to.
type resultCursor struct {
	Sort string `json:"o"`
	// Back is whether the page lies before the position instead of behind it.
	Back bool `json:"b,omitempty"`
	wsc.ResultCursor
}

// encodeCursor makes an opaque text of a position.
func encodeCursor(position any) string {
	data, err := json.Marshal(position)
	if err != nil {
		// Positions are plain structs; only a response time that is no number could fail.
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func decodeCursor(text string, position any) error {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return invalidCursor()
	}
	if err := unmarshalStrict(data, position); err != nil {
		return invalidCursor()
	}
	return nil
}

// jobCursor is a position in a list of jobs, with the order that it belongs to. Back asks for the page before it.
type jobCursor struct {
	Sort wsc.JobSort `json:"o,omitempty"`
	Back bool        `json:"b,omitempty"`
	wsc.JobCursor
}

func decodeJobCursor(text string, sort wsc.JobSort) (*jobCursor, error) {
	var cursor jobCursor
	if err := decodeCursor(text, &cursor); err != nil {
		return nil, err
	}
	if _, err := jobID(cursor.ID); err != nil || cmp.Or(cursor.Sort, wsc.JobsNewest) != sort || !storable(cursor.Filename) {
		return nil, invalidCursor()
	}
	return &cursor, nil
}

func decodeResultCursor(text, sort string) (*resultCursor, error) {
	var cursor resultCursor
	if err := decodeCursor(text, &cursor); err != nil {
		return nil, err
	}
	if cursor.Sort != sort || !storable(cursor.Text) {
		return nil, invalidCursor()
	}
	return &cursor, nil
}

func invalidCursor() *wsc.Error {
	return wsc.Errorf(wsc.CodeInvalidCursor, "The cursor does not belong to this list and order. Begin again without it.").At(wsc.Place{Field: "cursor"})
}

// storable reports whether a database can compare the text with one of its own.
func storable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}

// checkText refuses a parameter that no stored text can equal.
func checkText(field, text string) error {
	if storable(text) {
		return nil
	}
	return wsc.Errorf(wsc.CodeInvalidRequest, "%s must be valid UTF-8 without NUL.", field).At(wsc.Place{Field: field})
}
