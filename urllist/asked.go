package urllist

import (
	wsc "github.com/website-status-checker/wsc"
)

// asked is how a text list was asked to be read.
type asked struct {
	// delimiter is 0 and encoding "" where they are to be found.
	delimiter byte
	encoding  string
}

// The options that asked is made of, as errors name them.
const (
	delimiterField = "options.delimiter"
	encodingField  = "options.encoding"
)

// asked reads the options. The error has wsc.CodeInvalidOptions.
func (o *Options) asked() (a asked, err error) {
	if a.delimiter, err = wsc.ParseDelimiter(o.Delimiter); err != nil {
		return a, err
	}
	a.encoding, err = wsc.ParseEncoding(o.Encoding)
	return a, err
}

// refused is the error for a file in which there is nothing to choose, nil if nothing was chosen.
func (a asked) refused(what string) error {
	option, field := "delimiter", delimiterField
	switch {
	case a.delimiter != 0:
	case a.encoding != "":
		option, field = "encoding", encodingField
	default:
		return nil
	}
	return wsc.Errorf(wsc.CodeInvalidOptions, "%s has no %s to choose; leave %s out.", what, option, option).At(wsc.Place{Field: field})
}

// withoutRefused returns the options without the choice that an error is about; without both, if it is about neither.
func (o Options) withoutRefused(err *wsc.Error) Options {
	switch err.Field {
	case delimiterField:
		o.Delimiter = ""
	case encodingField:
		o.Encoding = ""
	default:
		o.Delimiter, o.Encoding = "", ""
	}
	return o
}
