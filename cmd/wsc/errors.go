package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/terminal"
)

// The exit statuses.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
)

// errNotAllWell ends the program with status 1 without another word: what was printed says it all.
var errNotAllWell = errors.New("not all is well")

// usageError is a wrong use of the program.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// report prints an error in one line and returns the exit status for it.
func report(w io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errNotAllWell) {
		return exitFail
	}
	message, code := explain(err)
	// A message must fit in a line, whatever it quotes.
	message = strings.Join(strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' }), " ")
	_, _ = fmt.Fprintln(w, "wsc: "+terminal.Escape(message)) // without a working stderr there is nobody to tell
	return code
}

// explain says what went wrong and what to do about it.
func explain(err error) (message string, code int) {
	var parse *kong.ParseError
	var usage *usageError
	var refused *client.Error
	var domain *wsc.Error
	var request *url.Error
	switch {
	case errors.As(err, &parse):
		command := "wsc"
		if selected := parse.Context.Selected(); selected != nil {
			command = selected.FullPath()
		}
		// The empty value of an enumeration is the default, which nobody has to write.
		message := strings.Replace(parse.Error(), `must be one of "",`, "must be one of ", 1)
		return fmt.Sprintf("%s; see %s --help", strings.TrimSuffix(message, "."), command), exitUsage
	case errors.As(err, &usage):
		return usage.message, exitUsage
	case errors.Is(err, context.Canceled):
		return "interrupted", exitFail
	case errors.As(err, &refused) && refused.Problem.Code == wsc.CodeUnauthorized && refused.WithoutKey:
		return "the server needs an API key: set WSC_KEY, or --key-file FILE; a standalone server keeps its admin key in the file admin-key of its data directory", exitUsage
	case errors.As(err, &domain):
		if flag := flagOf(domain.Field); flag != "" {
			return flag + ": " + domain.Message, exitUsage
		}
		return err.Error() + advice(err, domain.Code), exitOf(domain.Code)
	case errors.As(err, &request):
		return explainConnection(request), exitFail
	}
	return err.Error(), exitFail
}

// advice is what to do about an error of the server that does not say it itself, or "".
func advice(err error, code wsc.Code) string {
	switch code {
	case wsc.CodeInsufficientScope:
		return " See what the key may do with: wsc me"
	case wsc.CodeRateLimited, wsc.CodeQuotaExceeded:
		if refused, ok := errors.AsType[*client.Error](err); ok && refused.RetryAfter > 0 {
			return fmt.Sprintf(" Try again in %s.", refused.RetryAfter)
		}
	}
	return ""
}

// exitOf tells what the caller can mend on the command line from what went wrong elsewhere.
func exitOf(code wsc.Code) int {
	elsewhere := []wsc.Code{
		wsc.CodeNotFound, wsc.CodeJobFinished, wsc.CodeConflict, wsc.CodeRequestTimeout, wsc.CodeRateLimited, wsc.CodeQuotaExceeded,
		wsc.CodeStorageUnavailable, wsc.CodeTemporalUnavailable, wsc.CodeInternal,
	}
	if slices.Contains(elsewhere, code) {
		return exitFail
	}
	return exitUsage
}

// flagOf is the flag that sets an option or a property of a key, or "" for a field that is neither.
func flagOf(field string) string {
	property, _, _ := strings.Cut(strings.TrimPrefix(field, "body."), "[")
	switch property {
	case "scopes":
		return "--scope"
	case "owner_email":
		return "--owner-email"
	case "rate_limit_hour":
		return "--rate-limit"
	case "allowed_ips":
		return "--allow-ip"
	case "expires_at":
		return "--expires"
	}
	name, found := strings.CutPrefix(field, "options.")
	switch {
	case !found:
		return ""
	case name == "timeout_ms":
		return "--timeout"
	case name == "slow_ms":
		return "--slow"
	case name == "retention_hours":
		return "--retention"
	case name == "headers":
		return "--header"
	}
	return "--" + strings.ReplaceAll(name, "_", "-")
}

// explainConnection turns net/http's chain of errors into a sentence.
func explainConnection(err *url.Error) string {
	address := err.URL
	if parsed, parseErr := url.Parse(err.URL); parseErr == nil {
		address = parsed.Scheme + "://" + parsed.Host
	}
	cause := err.Err.Error()
	var dns *net.DNSError
	var network *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		cause = "nothing listens there"
	case errors.As(err, &dns):
		cause = "the host name can't be resolved"
	case err.Timeout():
		cause = "it does not answer"
	case errors.As(err, &network):
		cause = network.Err.Error()
	}
	return fmt.Sprintf("no connection to the server at %s: %s; start it, or give its address with --server or WSC_SERVER", address, cause)
}
