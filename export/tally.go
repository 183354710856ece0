package export

import (
	wsc "github.com/website-status-checker/wsc"
)

// The outcomes of rows of an upload, as the original layout shows them.
const (
	outcomeChecked    = "checked"
	outcomeInvalid    = "invalid"
	outcomeDuplicate  = "duplicate"
	outcomeBlank      = "blank"
	outcomeNotChecked = "not_checked"
)

// outcomeOf completes the outcome that a caller gave for a row.
func outcomeOf(outcome string, result *wsc.Result) string {
	switch {
	case outcome != "":
		return outcome
	case result == nil:
		return outcomeNotChecked
	case result.ErrorKind == wsc.KindInvalidURL:
		return outcomeInvalid
	}
	return outcomeChecked
}

// tally counts what was written to a document.
type tally struct {
	results    int64
	active     int64
	inactive   int64
	errors     int64
	duplicates int64
	blanks     int64
	unchecked  int64
	kinds      map[wsc.ErrorKind]int64
}

// add counts a row. The result of a duplicate is that of another row and is not counted again.
func (t *tally) add(outcome string, result *wsc.Result) {
	switch {
	case outcome == outcomeDuplicate:
		t.duplicates++
		return
	case outcome == outcomeBlank:
		t.blanks++
		return
	case result == nil:
		t.unchecked++
		return
	}
	t.results++
	switch result.Status {
	case wsc.StatusActive:
		t.active++
	case wsc.StatusInactive:
		t.inactive++
	case wsc.StatusError:
		t.errors++
	}
	if result.ErrorKind != "" {
		if t.kinds == nil {
			t.kinds = map[wsc.ErrorKind]int64{}
		}
		t.kinds[result.ErrorKind]++
	}
}
