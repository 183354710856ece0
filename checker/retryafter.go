package checker

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// parseRetryAfter reads a Retry-After header (RFC 9110, 10.2.3): seconds or a date. The result lies between 0 and
// wsc.MaxRetryAfter; 0 stands for a value that can't be read or has passed.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil { // more digits than fit: as long as possible
			return wsc.MaxRetryAfter
		}
		return min(time.Duration(seconds)*time.Second, wsc.MaxRetryAfter)
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), wsc.MaxRetryAfter)
}
