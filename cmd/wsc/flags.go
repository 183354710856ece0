package main

import (
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/urllist"
)

// serverFlags say which server to talk to.
type serverFlags struct {
	Server  string `help:"Address of the server. Default ${default}." default:"http://127.0.0.1:8080" env:"WSC_SERVER" placeholder:"URL"`
	Key     string `help:"API key. Others on this machine can see a command line; the variable and --key-file are safer." env:"WSC_KEY" placeholder:"KEY"`
	KeyFile string `help:"File with the API key in it." env:"WSC_KEY_FILE" placeholder:"FILE" type:"path"`
}

func (f *serverFlags) client(options ...client.Option) (*client.Client, error) {
	key := f.Key
	if key == "" && f.KeyFile != "" {
		text, err := os.ReadFile(f.KeyFile)
		if err != nil {
			return nil, usagef("--key-file: %v", err)
		}
		key = strings.TrimSpace(string(text))
	}
	return client.New(f.Server, append(options, client.WithKey(key))...)
}

// listFlags say how a list is read and where in it the URLs are.
type listFlags struct {
	URLColumn string `help:"Column with the URLs, by name or by letter (A, B, …). Default: a column named like url, website, link or domain, else the one in which most cells look like URLs." placeholder:"NAME"`
	Sheet     string `help:"Sheet of a workbook, by name. Default: the first with URLs in it." placeholder:"NAME"`
	Delimiter string `help:"Character between the cells of a CSV or text file, such as ';' or '^'; '\\t' is a tab. Default: it is found." placeholder:"CHARACTER"`
	Encoding  string `help:"Encoding of a CSV or text file, such as utf-8, windows-1252 or shift_jis. Default: it is found." placeholder:"NAME"`
}

// reading is how a list of that name is read.
func (f *listFlags) reading(name string) urllist.Options {
	return urllist.Options{Filename: name, URLColumn: f.URLColumn, Sheet: f.Sheet, Delimiter: f.Delimiter, Encoding: f.Encoding}
}

// optionFlags say how to check. What is not given has the default of the server or of wsc check.
type optionFlags struct {
	Timeout           *time.Duration `help:"Time limit of one attempt, redirects and body included, such as 500ms or 30s. Default 10s." env:"WSC_TIMEOUT" placeholder:"DURATION"`
	Retries           *int           `help:"Further attempts, 0 to 5, after a transient failure: timeouts, broken connections, HTTP 429, 502, 503 and 504. They wait 5 s, 30 s and then 2 min. Default 2." env:"WSC_RETRIES" placeholder:"N"`
	Method            string         `help:"Request method: GET, HEAD or HEAD_THEN_GET (GET where HEAD is not accepted). Default GET." enum:",GET,HEAD,HEAD_THEN_GET" default:"" env:"WSC_METHOD" placeholder:"METHOD"`
	AcceptStatus      string         `help:"HTTP statuses that count as active: codes and ranges, such as 200-299,304. Default 200-299." env:"WSC_ACCEPT_STATUS" placeholder:"LIST"`
	NoFollowRedirects bool           `help:"Take a redirect as the answer instead of following it."`
	MaxRedirects      *int           `help:"Redirects to follow before giving up, 0 to 20. Default 10." placeholder:"N"`
	Header            []string       `short:"H" help:"Header to send with every request, such as 'Accept-Language: de'. Can be repeated." sep:"none" placeholder:"'NAME: VALUE'"`
	UserAgent         string         `help:"User-Agent header to send." env:"WSC_USER_AGENT" placeholder:"TEXT"`
	HostRate          *float64       `help:"Most requests per second to one host; 0 is no limit. Default 10." env:"WSC_HOST_RATE" placeholder:"N"`
	HostConcurrency   int            `help:"Most requests to one host at the same time. Default 10." env:"WSC_HOST_CONCURRENCY" placeholder:"N"`
	InsecureTLS       bool           `name:"insecure-tls" help:"Accept any certificate, and report what is wrong with it."`
	CaptureTitle      bool           `help:"Record the title of HTML pages."`
	Expect            string         `help:"CEL expression about the answer that must be true, such as 'status == 200 && body.contains(\"Add to cart\")'; if it is false, the result is inactive." env:"WSC_EXPECT" placeholder:"EXPRESSION"`
	Slow              *time.Duration `help:"Mark results that took longer than this as slow, 1ms to 2m." env:"WSC_SLOW" placeholder:"DURATION"`
	HashBody          bool           `help:"Record the SHA-256 of each body, of at most its first 64 KiB."`
	RespectRobots     bool           `help:"Leave out URLs that the site's robots.txt asks checkers not to request." env:"WSC_RESPECT_ROBOTS"`
}

// options are the options as the API knows them.
func (f *optionFlags) options(list listFlags) (wsc.Options, error) {
	o := wsc.Options{
		Retries: f.Retries, Method: f.Method, MaxRedirects: f.MaxRedirects, AcceptStatus: f.AcceptStatus,
		UserAgent: f.UserAgent, HostRate: f.HostRate, HostConcurrency: f.HostConcurrency,
		InsecureTLS: f.InsecureTLS, CaptureTitle: f.CaptureTitle,
		Expect: f.Expect, HashBody: f.HashBody, RespectRobots: f.RespectRobots, URLColumn: list.URLColumn, Sheet: list.Sheet,
		Delimiter: list.Delimiter, Encoding: list.Encoding,
	}
	if f.Timeout != nil {
		if *f.Timeout < 100*time.Millisecond || *f.Timeout > 2*time.Minute {
			return o, usagef("--timeout: %s is not between 100ms and 2m", *f.Timeout)
		}
		o.TimeoutMS = int(f.Timeout.Milliseconds())
	}
	if f.Slow != nil {
		if *f.Slow < time.Millisecond || *f.Slow > 2*time.Minute {
			return o, usagef("--slow: %s is not between 1ms and 2m", *f.Slow)
		}
		o.SlowMS = int(f.Slow.Milliseconds())
	}
	if f.NoFollowRedirects {
		follow := false
		o.FollowRedirects = &follow
	}
	for n, header := range f.Header {
		name, value, found := strings.Cut(header, ":")
		if !found {
			// It may hold a secret, so it is not shown.
			return o, usagef("--header: header number %d is not of the form 'Name: value'; it has no colon", n+1)
		}
		if o.Headers == nil {
			o.Headers = map[string]string{}
		}
		o.Headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	return o, nil
}

// retentionHours turns a duration into the hours of the API, rounded up.
func retentionHours(d time.Duration) (int, error) {
	if d < 0 || d > 8760*time.Hour {
		return 0, usagef("--retention: %s is not between 1h and 8760h", d)
	}
	return int(math.Ceil(d.Hours())), nil
}

// filterFlags select and order results.
type filterFlags struct {
	Status     []wsc.Status    `help:"Only results with these statuses: active, inactive, error." enum:"active,inactive,error" placeholder:"STATUS,…"`
	ErrorKind  []wsc.ErrorKind `help:"Only results with these error kinds, such as dns_nxdomain or timeout." placeholder:"KIND,…"`
	HTTPStatus []int           `name:"http-status" help:"Only results with these HTTP statuses, such as 404." placeholder:"CODE,…"`
	Slow       bool            `help:"Only slow results."`
	Host       string          `help:"Only results of this host." placeholder:"NAME"`
	Query      string          `help:"Only results whose URL or title contains this text, ignoring case." placeholder:"TEXT"`
	Sort       string          `help:"Order: seq (as in the list), url, host, status, http_status or response_time." enum:",seq,url,host,status,http_status,response_time" default:"" placeholder:"FIELD"`
	Desc       bool            `help:"Reverse the order."`
}

func (f *filterFlags) filter() (client.ResultFilter, error) {
	for _, kind := range f.ErrorKind {
		if !kind.Valid() {
			return client.ResultFilter{}, usagef("--error-kind: there is no kind %q; there are %s", kind, strings.Join(kindNames(), ", "))
		}
	}
	for _, code := range f.HTTPStatus {
		if code < 100 || code > 599 {
			return client.ResultFilter{}, usagef("--http-status: %d is not an HTTP status between 100 and 599", code)
		}
	}
	var slow *bool
	if f.Slow {
		slow = &f.Slow
	}
	return client.ResultFilter{
		Statuses: f.Status, ErrorKinds: f.ErrorKind, HTTPStatuses: f.HTTPStatus, Slow: slow,
		Host: f.Host, Query: f.Query, Sort: wsc.ResultSort(f.Sort), Desc: f.Desc,
	}, nil
}

func kindNames() []string {
	var names []string
	for _, kind := range wsc.ErrorKinds() {
		names = append(names, fmt.Sprint(kind))
	}
	return names
}
