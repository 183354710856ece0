package storetest

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func testStats(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)
	for _, n := range []int{0, 1, 2, 3, 10, 99, 100, 1000} {
		t.Run(strconv.Itoa(n)+" results", func(t *testing.T) {
			id := createJob(t, store).ID
			results := someResults(0, n)
			_, err := store.InsertResults(t.Context(), id, results)
			require.NoError(t, err)
			requireStats(t, naiveStats(results), store, id)
		})
	}

	t.Run("only results without an answer", func(t *testing.T) {
		id := createJob(t, store).ID
		results := []wsc.Result{{Seq: 0, Status: wsc.StatusError, ErrorKind: wsc.KindTimeout, ResponseTimeMS: 500, Attempts: 1, CheckedAt: someTime()}}
		insert(t, store, id, results)
		requireStats(t, naiveStats(results), store, id)
	})

	t.Run("a certificate of many URLs is listed once, and those of other jobs not at all", func(t *testing.T) {
		id, other := createJob(t, store).ID, createJob(t, store).ID
		certificate := func(seq int64, host string, left time.Duration) wsc.Result {
			return wsc.Result{
				Seq: seq, Host: host, Status: wsc.StatusActive, HTTPStatus: 200, CheckedAt: someTime(),
				TLS: &wsc.TLSInfo{NotAfter: someTime().Add(left), DaysLeft: int(math.Floor(left.Hours() / 24))},
			}
		}
		const day = 24 * time.Hour
		insert(t, store, other, []wsc.Result{certificate(0, "other.example", day)})
		insert(t, store, id, []wsc.Result{
			certificate(0, "a.example", 5*day), certificate(1, "a.example", 5*day), certificate(2, "b.example", 2*day),
			certificate(3, "bound.example", 30*day), certificate(4, "far.example", 30*day+time.Microsecond), certificate(5, "over.example", -day-time.Hour),
		})
		stats, err := store.Stats(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, []wsc.ExpiringCert{
			{Host: "over.example", NotAfter: someTime().Add(-day - time.Hour), DaysLeft: -2},
			{Host: "b.example", NotAfter: someTime().Add(2 * day), DaysLeft: 2},
			{Host: "a.example", NotAfter: someTime().Add(5 * day), DaysLeft: 5},
			{Host: "bound.example", NotAfter: someTime().Add(30 * day), DaysLeft: 30},
		}, stats.ExpiringCert)
	})
}

// testHostsAndSpans is about hosts with failures and the results over time.
func testHostsAndSpans(t *testing.T, open func(*testing.T) Store) {
	t.Helper()
	store := open(t)

	t.Run("hosts with as many failures are in the order of their names, and there are ten", func(t *testing.T) {
		id := createJob(t, store).ID
		var results []wsc.Result
		for host := range 15 {
			for n := range 4 {
				r := wsc.Result{Seq: int64(len(results)), Host: newHost(host), Status: wsc.StatusInactive, HTTPStatus: 404, Attempts: 1, CheckedAt: someTime()}
				if n > host%3 {
					r.Status, r.HTTPStatus = wsc.StatusActive, 200
				}
				results = append(results, r)
			}
		}
		insert(t, store, id, results)
		stats, err := store.Stats(t.Context(), id)
		require.NoError(t, err)
		require.Len(t, stats.FailingHosts, 10)
		require.Equal(t, naiveFailures(results), stats.FailingHosts)
		require.Equal(t, wsc.HostFailures{Host: "host11.example", Failed: 3, Count: 4}, stats.FailingHosts[0])
	})

	for _, span := range []time.Duration{0, time.Second, 119 * time.Second, 120 * time.Second, 121 * time.Second, 24 * time.Hour, 30 * 24 * time.Hour} {
		t.Run("results over "+span.String(), func(t *testing.T) {
			id := createJob(t, store).ID
			results := someResults(0, 400)
			for i := range results {
				results[i].CheckedAt = someTime().Add(span / 399 * time.Duration(i)).Truncate(time.Microsecond)
			}
			results[399].CheckedAt = someTime().Add(span)
			results[0].Attempts, results[0].ErrorKind = 1, ""
			results[399].Attempts, results[399].ErrorKind = 1, ""
			insert(t, store, id, results)
			stats, err := store.Stats(t.Context(), id)
			require.NoError(t, err)
			require.LessOrEqual(t, len(stats.Throughput), 120)
			if span >= 121*time.Second {
				require.Greater(t, len(stats.Throughput), 55)
			}
			require.Equal(t, naiveThroughput(results), stats.Throughput)
		})
	}
}

func requireStats(t *testing.T, want *wsc.Stats, store Store, jobID string) {
	t.Helper()
	got, err := store.Stats(t.Context(), jobID)
	require.NoError(t, err)
	const tolerance = 1e-6 // sums of floats depend on their order
	require.InDelta(t, want.ResponseTime.Mean, got.ResponseTime.Mean, tolerance)
	require.Len(t, got.SlowestHosts, len(want.SlowestHosts))
	for i := range want.SlowestHosts {
		require.InDelta(t, want.SlowestHosts[i].MeanMS, got.SlowestHosts[i].MeanMS, tolerance)
		got.SlowestHosts[i].MeanMS = want.SlowestHosts[i].MeanMS
	}
	got.ResponseTime.Mean = want.ResponseTime.Mean
	if len(want.SlowestHosts) == 0 {
		want.SlowestHosts = got.SlowestHosts
	}
	require.NotNil(t, got.FailingHosts, "JSON shows an empty list")
	require.NotNil(t, got.Throughput, "JSON shows an empty list")
	if len(want.ExpiringCert) == 0 {
		require.Empty(t, got.ExpiringCert)
		want.ExpiringCert = got.ExpiringCert
	}
	require.NotNil(t, got.SlowestHosts, "JSON shows an empty list")
	require.NotNil(t, got.ExpiringCert, "JSON shows an empty list")
	require.Equal(t, want, got)
}

// naiveStats computes the statistics from the results in memory.
func naiveStats(results []wsc.Result) *wsc.Stats {
	stats := &wsc.Stats{ByStatus: map[string]int64{}, ByHTTPStatus: map[string]int64{}, ByErrorKind: map[string]int64{}}
	var times []float64
	hosts := map[string][]float64{}
	certificates := map[wsc.ExpiringCert]bool{}
	stats.FailingHosts, stats.Throughput = naiveFailures(results), naiveThroughput(results)
	for i := range results {
		r := &results[i]
		stats.Total++
		stats.ByStatus[string(r.Status)]++
		if r.Slow {
			stats.Slow++
		}
		if r.ErrorKind != "" {
			stats.ByErrorKind[string(r.ErrorKind)]++
		}
		if r.HTTPStatus > 0 {
			stats.ByHTTPStatus[strconv.Itoa(r.HTTPStatus)]++
			times = append(times, r.ResponseTimeMS)
			hosts[r.Host] = append(hosts[r.Host], r.ResponseTimeMS)
		}
		if r.TLS != nil && !r.TLS.NotAfter.After(r.CheckedAt.Add(30*24*time.Hour)) {
			certificates[wsc.ExpiringCert{Host: r.Host, NotAfter: r.TLS.NotAfter, DaysLeft: r.TLS.DaysLeft}] = true
		}
	}
	stats.ResponseTime = naiveTimes(times)
	for host, times := range hosts {
		stats.SlowestHosts = append(stats.SlowestHosts, wsc.HostStats{Host: host, Count: int64(len(times)), MeanMS: mean(times)})
	}
	slices.SortFunc(stats.SlowestHosts, func(a, b wsc.HostStats) int {
		return cmp.Or(cmp.Compare(b.MeanMS, a.MeanMS), cmp.Compare(a.Host, b.Host))
	})
	stats.SlowestHosts = stats.SlowestHosts[:min(10, len(stats.SlowestHosts))]
	for certificate := range certificates {
		stats.ExpiringCert = append(stats.ExpiringCert, certificate)
	}
	slices.SortFunc(stats.ExpiringCert, func(a, b wsc.ExpiringCert) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.Host, b.Host))
	})
	stats.ExpiringCert = stats.ExpiringCert[:min(50, len(stats.ExpiringCert))]
	return stats
}

func naiveTimes(times []float64) wsc.ResponseTimes {
	slices.Sort(times)
	rank := func(p float64) float64 {
		if len(times) == 0 {
			return 0
		}
		return times[int(math.Ceil(p*float64(len(times))/100))-1]
	}
	t := wsc.ResponseTimes{Count: int64(len(times)), Mean: mean(times), P50: rank(50), P90: rank(90), P95: rank(95), P99: rank(99), Max: rank(100)}
	lower := math.Inf(-1)
	for _, upper := range append(wsc.HistogramBounds(), math.Inf(1)) {
		bucket := wsc.HistogramBucket{UpTo: upper}
		for _, time := range times {
			if time > lower && time <= upper {
				bucket.Count++
			}
		}
		if math.IsInf(upper, 1) {
			bucket.UpTo = 0
		}
		t.Histogram = append(t.Histogram, bucket)
		lower = upper
	}
	return t
}

func mean(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sum := 0.0
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values))
}

func naiveFailures(results []wsc.Result) []wsc.HostFailures {
	byHost := map[string]wsc.HostFailures{}
	for i := range results {
		if results[i].Host == "" {
			continue
		}
		host := byHost[results[i].Host]
		host.Host = results[i].Host
		host.Count++
		if results[i].Status != wsc.StatusActive {
			host.Failed++
		}
		byHost[host.Host] = host
	}
	failing := []wsc.HostFailures{}
	for _, host := range byHost {
		if host.Failed > 0 {
			failing = append(failing, host)
		}
	}
	slices.SortFunc(failing, func(a, b wsc.HostFailures) int {
		return cmp.Or(cmp.Compare(b.Failed, a.Failed), cmp.Compare(a.Host, b.Host))
	})
	return failing[:min(10, len(failing))]
}

func naiveThroughput(results []wsc.Result) []wsc.Throughput {
	checked := slices.DeleteFunc(slices.Clone(results), func(r wsc.Result) bool {
		return r.Attempts == 0 && (r.ErrorKind == wsc.KindInvalidURL || r.ErrorKind == wsc.KindBlockedScheme)
	})
	spans := []wsc.Throughput{}
	if len(checked) == 0 {
		return spans
	}
	slices.SortFunc(checked, func(a, b wsc.Result) int { return a.CheckedAt.Compare(b.CheckedAt) })
	begin := checked[0].CheckedAt.Truncate(time.Second)
	seconds := 1.0
	for checked[len(checked)-1].CheckedAt.Truncate(time.Second).Sub(begin).Seconds() >= 120*seconds {
		seconds++
	}
	for i := range checked {
		n := math.Floor(checked[i].CheckedAt.Sub(begin).Seconds() / seconds)
		at := begin.Add(time.Duration(n*seconds) * time.Second)
		if len(spans) == 0 || !spans[len(spans)-1].At.Equal(at) {
			spans = append(spans, wsc.Throughput{At: at, Seconds: seconds})
		}
		span := &spans[len(spans)-1]
		switch checked[i].Status {
		case wsc.StatusActive:
			span.Active++
		case wsc.StatusInactive:
			span.Inactive++
		case wsc.StatusError:
			span.Error++
		}
	}
	return spans
}
