// Package wsc holds the words that every part of Website Status Checker shares:
// jobs, targets, results, their statuses and error kinds, the options of a check,
// the errors that people see, and the normalisation of URLs.
//
// It imports the standard library and golang.org/x/net only, and has no side effects.
package wsc
