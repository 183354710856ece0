package wsc

import "time"

// MaxRetryAfter caps how long a site's Retry-After header can put an attempt off.
const MaxRetryAfter = 5 * time.Minute

// RetryDelay is how long to wait after the given number of attempts (at least 1) before the next one:
// 5 s, 30 s, then 2 min, spread by up to 20 % in either direction by random, a number in [0, 1).
// A site's own Retry-After is honoured when it is longer, up to MaxRetryAfter.
func RetryDelay(attempts int, retryAfter time.Duration, random float64) time.Duration {
	delay := 2 * time.Minute
	switch attempts {
	case 0, 1:
		delay = 5 * time.Second
	case 2:
		delay = 30 * time.Second
	}
	delay = time.Duration(float64(delay) * (0.8 + 0.4*random))
	return max(delay, min(retryAfter, MaxRetryAfter))
}
