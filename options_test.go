package wsc_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func serverDefaults() wsc.Defaults { return wsc.Defaults{HostRate: 7, Retention: 12 * time.Hour} }

func TestOptionsDefaults(t *testing.T) {
	got, err := wsc.Options{}.Resolve(serverDefaults())
	require.NoError(t, err)
	require.Equal(t, wsc.CheckOptions{
		Timeout: 10 * time.Second, Retries: 2, Method: wsc.MethodGet, FollowRedirects: true, MaxRedirects: 10,
		AcceptStatus: wsc.StatusSet{{Low: 200, High: 299}}, HostRate: 7, HostConcurrency: 10, Retention: 12 * time.Hour,
	}, got)
}

func TestOptionsOverrideEveryDefault(t *testing.T) {
	got, err := wsc.Options{
		TimeoutMS: 100, Retries: new(0), Method: "HEAD", FollowRedirects: new(false), MaxRedirects: new(0), AcceptStatus: "204",
		Headers: map[string]string{"X-A": "b"}, UserAgent: "me/1", HostRate: new(0.0), HostConcurrency: 1,
		InsecureTLS: true, CaptureTitle: true, RetentionHours: 1,
		Expect: "status == 200 &&\n\tredirects == 0", SlowMS: 1500, HashBody: true, RespectRobots: true,
	}.Resolve(serverDefaults())
	require.NoError(t, err)
	require.Equal(t, wsc.CheckOptions{
		Timeout: 100 * time.Millisecond, Method: wsc.MethodHead, AcceptStatus: wsc.StatusSet{{Low: 204, High: 204}},
		Headers: map[string]string{"X-A": "b"}, UserAgent: "me/1", HostConcurrency: 1, InsecureTLS: true, CaptureTitle: true, Retention: time.Hour,
		Expect: "status == 200 &&\n\tredirects == 0", SlowAfter: 1500 * time.Millisecond, HashBody: true, RespectRobots: true,
	}, got)
}

func TestOptionsOutOfRangeNameTheField(t *testing.T) {
	tooMany := map[string]string{}
	for i := range 21 {
		tooMany[fmt.Sprintf("X-%d", i)] = "v"
	}
	for _, test := range []struct {
		name    string
		options wsc.Options
		field   string
	}{
		{"timeout too short", wsc.Options{TimeoutMS: 99}, "timeout_ms"},
		{"timeout negative", wsc.Options{TimeoutMS: -1}, "timeout_ms"},
		{"timeout too long", wsc.Options{TimeoutMS: 120_001}, "timeout_ms"},
		{"retries negative", wsc.Options{Retries: new(-1)}, "retries"},
		{"retries too many", wsc.Options{Retries: new(6)}, "retries"},
		{"redirects negative", wsc.Options{MaxRedirects: new(-1)}, "max_redirects"},
		{"redirects too many", wsc.Options{MaxRedirects: new(21)}, "max_redirects"},
		{"unknown method", wsc.Options{Method: "POST"}, "method"},
		{"method in lower case", wsc.Options{Method: "get"}, "method"},
		{"rate negative", wsc.Options{HostRate: new(-0.5)}, "host_rate"},
		{"rate too high", wsc.Options{HostRate: new(1000.5)}, "host_rate"},
		{"concurrency negative", wsc.Options{HostConcurrency: -1}, "host_concurrency"},
		{"concurrency too high", wsc.Options{HostConcurrency: 1001}, "host_concurrency"},
		{"retention negative", wsc.Options{RetentionHours: -1}, "retention_hours"},
		{"retention too long", wsc.Options{RetentionHours: 8761}, "retention_hours"},
		{"status out of range", wsc.Options{AcceptStatus: "600"}, "accept_status"},
		{"several delimiters", wsc.Options{Delimiter: ",;"}, "delimiter"},
		{"letter for a delimiter", wsc.Options{Delimiter: "x"}, "delimiter"},
		{"NUL for a delimiter", wsc.Options{Delimiter: "\x00"}, "delimiter"},
		{"encoding that is not read", wsc.Options{Encoding: "utf-32"}, "encoding"},
		{"slow negative", wsc.Options{SlowMS: -1}, "slow_ms"},
		{"slow too long", wsc.Options{SlowMS: 120_001}, "slow_ms"},
		{"expectation too long", wsc.Options{Expect: strings.Repeat("é", 2001)}, "expect"},
		{"NUL in expectation", wsc.Options{Expect: "status == 200\x00"}, "expect"},
		{"escape in expectation", wsc.Options{Expect: "\x1b[2J"}, "expect"},
		{"expectation that is no UTF-8", wsc.Options{Expect: "\xff"}, "expect"},
		{"line end in user agent", wsc.Options{UserAgent: "a\r\nX: y"}, "user_agent"},
		{"space in header name", wsc.Options{Headers: map[string]string{"a b": "c"}}, "headers"},
		{"line end in header value", wsc.Options{Headers: map[string]string{"a": "b\nc"}}, "headers"},
		{"header of the connection", wsc.Options{Headers: map[string]string{"transfer-encoding": "chunked"}}, "headers"},
		{"host header", wsc.Options{Headers: map[string]string{"Host": "evil.com"}}, "headers"},
		{"too many headers", wsc.Options{Headers: tooMany}, "headers"},
		{"headers too long", wsc.Options{Headers: map[string]string{"a": strings.Repeat("b", 4096)}}, "headers"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.options.Resolve(serverDefaults())
			var known *wsc.Error
			require.ErrorAs(t, err, &known)
			require.Equal(t, wsc.CodeInvalidOptions, known.Code)
			require.Equal(t, "options."+test.field, known.Field)
			require.Contains(t, known.Message, ".")
		})
	}
}

func TestStatusSets(t *testing.T) {
	set, err := wsc.ParseStatusSet(" 200-299, 304,401 - 403 ")
	require.NoError(t, err)
	for code, want := range map[int]bool{199: false, 200: true, 250: true, 299: true, 300: false, 304: true, 401: true, 403: true, 404: false, 0: false} {
		require.Equal(t, want, set.Contains(code), code)
	}
	for _, text := range []string{"", ",", "200,", "2xx", "99", "600", "299-200", "200-", "-200", "200-250-299", "200;201", "1e2", "٢٠٠"} {
		_, err := wsc.ParseStatusSet(text)
		require.Error(t, err, text)
	}
}
