package telemetry

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSecretsAreTakenOutOfTexts(t *testing.T) {
	header := http.Header{"Authorization": {"Bearer s3cr3t-s3cr3t"}, "Cookie": {"session=s3cr3t"}, "X-Api-Key": {"s3cr3t"}, "Accept": {"*/*"}}
	tests := []struct{ name, text, want string }{
		{"nothing to hide", "read batch 3: unexpected EOF", "read batch 3: unexpected EOF"},
		{"a URL stays", `Get "https://example.com/a/b": EOF`, `Get "https://example.com/a/b": EOF`},
		{"a question", "Is it there? Who knows: 3/4?", "Is it there? Who knows: 3/4?"},
		{"credentials of a URL", "dial postgres://wsc:s3cr3t@db:5432/wsc failed", "dial postgres://REDACTED@db:5432/wsc failed"},
		{"user name only", "https://s3cr3t@host/x", "https://REDACTED@host/x"},
		{"an @ in the password", "socks5://u:s3@cr3t@proxy:1080", "socks5://REDACTED@proxy:1080"},
		{"an @ in the path", "https://example.com/@user", "https://example.com/@user"},
		{"query of a URL", `Get "https://example.com/a?token=s3cr3t&b=s3cr3t#s3cr3t": EOF`, `Get "https://example.com/a?REDACTED": EOF`},
		{"query without a path", "https://example.com?s3cr3t", "https://example.com?REDACTED"},
		{"query of a path", "GET /api/v1/jobs?q=s3cr3t 500", "GET /api/v1/jobs?REDACTED 500"},
		{"two URLs", "https://a/?x=s3cr3t and https://b/?y=s3cr3t", "https://a/?REDACTED and https://b/?REDACTED"},
		{"a header line", "X-API-Key: s3cr3t", "X-API-Key: REDACTED"},
		{"header lines", "Authorization: Basic s3cr3ts3cr3t\r\nHost: a", "Authorization: REDACTED\r\nHost: a"},
		{"several cookies", "Cookie: a=s3cr3t; b=s3cr3t", "Cookie: REDACTED"},
		{"a map of headers", fmt.Sprint(header), "map[Accept:[*/*] Authorization:REDACTED] Cookie:REDACTED] X-Api-Key:REDACTED]]"},
		{"a bearer token", "sent bearer s3cr3t-s3cr3t", "sent bearer REDACTED"},
		{"connection string", "host=db user=wsc password=s3cr3t dbname=wsc", "host=db user=wsc password=REDACTED dbname=wsc"},
		{"quoted value", "password='s3 cr3t' x=1", "password=REDACTED x=1"},
		{"JSON", `{"api_key":"s3cr3t","n":1}`, `{"api_key":REDACTED,"n":1}`},
		{"environment", "AWS_SECRET_ACCESS_KEY=s3cr3t", "AWS_SECRET_ACCESS_KEY=REDACTED"},
		{"an API key", "key wsc_s3cr3ts3cr3ts3cr3ts3cr3ts3cr3ts3cr3t is bad", "key wsc_REDACTED is bad"},
		{"a metric is none", "wsc_http_requests_total", "wsc_http_requests_total"},
	}
	scrub := newScrubber()
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			require.Equal(t, tc.want, scrub.text(tc.text))
			require.NotContains(t, scrub.text(tc.text), "s3cr3t")
			require.Equal(t, tc.want, scrub.text(tc.want), "once is enough")
		})
	}
}

func TestTextsThatLeaveAreShort(t *testing.T) {
	scrub := newScrubber()
	require.LessOrEqual(t, len(scrub.text(strings.Repeat("ä", 1_000_000))), maxScrubbed+len("…"))
	secret := strings.Repeat("x", maxScrubbed-3) + " wsc_" + strings.Repeat("s3cr3t", 10)
	require.NotContains(t, scrub.text(secret), "s3")
}
