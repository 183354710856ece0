package wsc

import "time"

// Stats summarises the results of a job.
type Stats struct {
	Total        int64            `json:"total" doc:"Results so far."`
	ByStatus     map[string]int64 `json:"by_status" doc:"Results by status."`
	ByHTTPStatus map[string]int64 `json:"by_http_status" doc:"Results by HTTP status code."`
	ByErrorKind  map[string]int64 `json:"by_error_kind" doc:"Results by error kind."`
	Slow         int64            `json:"slow" doc:"Results that took longer than slow_ms."`
	ResponseTime ResponseTimes    `json:"response_time" doc:"Distribution of the response times of results with an HTTP status."`
	SlowestHosts []HostStats      `json:"slowest_hosts" doc:"The ten hosts with the highest mean response time."`
	FailingHosts []HostFailures   `json:"failing_hosts" doc:"The ten hosts with the most results that are not active."`
	Throughput   []Throughput     `json:"throughput" doc:"Results over time, oldest first, in at most 120 spans of the same length; spans without results are left out."`
	ExpiringCert []ExpiringCert   `json:"expiring_certificates" doc:"Certificates that end within 30 days, soonest first, at most 50."`
}

// ResponseTimes is the distribution of response times in milliseconds.
type ResponseTimes struct {
	Count     int64             `json:"count" doc:"Results with an HTTP status."`
	Mean      float64           `json:"mean" doc:"Mean, ms."`
	P50       float64           `json:"p50" doc:"Median, ms."`
	P90       float64           `json:"p90" doc:"90th percentile, ms."`
	P95       float64           `json:"p95" doc:"95th percentile, ms."`
	P99       float64           `json:"p99" doc:"99th percentile, ms."`
	Max       float64           `json:"max" doc:"Slowest, ms."`
	Histogram []HistogramBucket `json:"histogram" doc:"Counts by response time; the buckets do not overlap."`
}

// HistogramBucket counts response times at or below UpTo and above the bucket before it.
type HistogramBucket struct {
	UpTo  float64 `json:"up_to" doc:"Upper bound in ms, inclusive; 0 in the last bucket, which has none."`
	Count int64   `json:"count" doc:"Results in the bucket."`
}

// HistogramBounds are the upper bounds of the buckets in ms; a last bucket without bound follows.
func HistogramBounds() []float64 {
	return []float64{50, 100, 200, 300, 500, 750, 1000, 2000, 3000, 5000, 10000}
}

// HostStats is the mean response time of one host.
type HostStats struct {
	Host   string  `json:"host" doc:"Host name."`
	Count  int64   `json:"count" doc:"Results with an HTTP status on this host."`
	MeanMS float64 `json:"mean" doc:"Mean response time, ms."`
}

// HostFailures counts the results of one host that are not active.
type HostFailures struct {
	Host   string `json:"host" doc:"Host name."`
	Failed int64  `json:"failed" doc:"Results with status inactive or error."`
	Count  int64  `json:"count" doc:"All results of the host."`
}

// Throughput counts the results of one span of time, by when their last attempt began.
type Throughput struct {
	At       time.Time `json:"at" doc:"Begin of the span (UTC)."`
	Seconds  float64   `json:"seconds" doc:"Length of the span."`
	Active   int64     `json:"active" doc:"Results with status active."`
	Inactive int64     `json:"inactive" doc:"Results with status inactive."`
	Error    int64     `json:"error" doc:"Results with status error, invalid lines left out."`
}

// ExpiringCert is a certificate that ends soon.
type ExpiringCert struct {
	Host     string    `json:"host" doc:"Host name."`
	NotAfter time.Time `json:"not_after" doc:"End of validity (UTC)."`
	DaysLeft int       `json:"days_left" doc:"Whole days left at the time of the check."`
}

// throughputSpans is the most spans of Stats.Throughput.
const throughputSpans = 120

// ThroughputSpans says how the time from the first check to the last one is divided for Stats.Throughput: when the first
// span begins, and how many whole seconds each is long, so that there are at most 120.
func ThroughputSpans(first, last time.Time) (begin time.Time, seconds int64) {
	begin = time.Unix(first.Unix(), 0).UTC()
	return begin, max(last.Unix()-begin.Unix(), 0)/throughputSpans + 1
}
