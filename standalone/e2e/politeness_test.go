package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/testsite"
)

// hostRate is the limit of these tests, in requests per second.
const hostRate = 20.0

// burst is how many requests more than rate x time a host may see in any stretch of time. Every start has a slot of its
// own, a whole interval from the next one, so there is one at each end of the stretch; what comes on top was late, and
// meets others that are on time: by a tenth of an interval on purpose, and by as long as a process stood still between
// reserving its slots and using them. A burst of a second's worth allows for that on a machine where two workers, the
// API, PostgreSQL, Temporal and other tests share two cores; on an idle one it is two or three requests.
const burst = hostRate

// arrivals are the times at which requests came to a host, in order.
type arrivals []time.Time

// excess is the most that any stretch of time has above rate requests per second. It need look at stretches only that
// begin and end with an arrival.
func (a arrivals) excess(rate float64) float64 {
	most, lowest := 0.0, 0.0
	for i, at := range a {
		// Requests from the first one up to this one, above those that its time allows.
		above := float64(i) - rate*at.Sub(a[0]).Seconds()
		lowest = min(lowest, above)
		most = max(most, above-lowest+1)
	}
	return most
}

// busiest is the most arrivals in any stretch of the given length.
func (a arrivals) busiest(length time.Duration) int {
	most, first := 0, 0
	for i, at := range a {
		for at.Sub(a[first]) >= length {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// between returns the arrivals from one time on and before another.
func (a arrivals) between(from, to time.Time) arrivals {
	begin, _ := slices.BinarySearchFunc(a, from, time.Time.Compare)
	end, _ := slices.BinarySearchFunc(a, to, time.Time.Compare)
	return a[begin:max(begin, end)]
}

func (a arrivals) span() time.Duration { return a[len(a)-1].Sub(a[0]) }

// pages is a list of n pages below a URL.
func pages(url string, n int) string {
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, "%s/%d\n", url, i)
	}
	return list.String()
}

// checkers returns the worker processes that checked batches of a job, as Temporal recorded them.
func checkers(t *testing.T, c *cluster, jobID string) []string {
	t.Helper()
	connection, err := client.Dial(client.Options{HostPort: c.env["TEMPORAL_ADDRESS"], Namespace: c.env["TEMPORAL_NAMESPACE"]})
	require.NoError(t, err)
	defer connection.Close()
	batches, workers := map[int64]bool{}, []string{}
	history := connection.GetWorkflowHistory(t.Context(), "job/"+jobID, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if scheduled := event.GetActivityTaskScheduledEventAttributes(); scheduled != nil {
			batches[event.GetEventId()] = scheduled.GetActivityType().GetName() == "CheckBatch"
		}
		if started := event.GetActivityTaskStartedEventAttributes(); started != nil && batches[started.GetScheduledEventId()] {
			workers = append(workers, started.GetIdentity())
		}
	}
	slices.Sort(workers)
	return slices.Compact(workers)
}

func TestTheRateOfAHostHoldsAcrossWorkersAndJobs(t *testing.T) {
	const jobs, lines, rate = 3, 100, hostRate
	hosts := testsite.StartHosts(t, testsite.HostsConfig{Arrivals: true})
	c := newCluster(t, nil, 2, map[string]string{
		"WSC_ALLOW_NETS": "127.0.0.0/8", "WSC_ALLOW_PORTS": strconv.Itoa(int(hosts.Port())), "WSC_HOST_RATE": fmt.Sprint(rate),
	})
	var ids []string
	for n := range jobs {
		ids = append(ids, submit(t, c.product, "list.txt", pages(hosts.URL(0, fmt.Sprintf("/job%d", n)), lines), wsc.Options{}).ID)
	}
	var workers []string
	for _, id := range ids {
		watch(t, c.product, id)
		require.Equal(t, wsc.JobCompleted, c.awaitDone(id).Status)
		for _, result := range requireWhole(t, c.product, id, lines) {
			require.Equal(t, wsc.StatusActive, result.Status, "%s: %s", result.URL, result.ErrorMessage)
		}
		workers = append(workers, checkers(t, c, id)...)
	}
	slices.Sort(workers)
	workers = slices.Compact(workers)

	seen := arrivals(hosts.Arrivals(testsite.Address(0).String()))
	t.Logf("%d jobs and %d workers, limit %.0f requests/s: the host saw %d requests in %.2f s (%.1f/s), at most %d in a second, and never more than %.1f above the limit (burst %.0f)",
		jobs, len(workers), rate, len(seen), seen.span().Seconds(), float64(len(seen)-1)/seen.span().Seconds(), seen.busiest(time.Second), seen.excess(rate), burst)
	require.Len(t, workers, 2, "both workers took part")
	require.Len(t, seen, jobs*lines)
	require.LessOrEqual(t, seen.excess(rate), burst)
}

// busySite answers 503 with a Retry-After for a while after it had a number of requests.
type busySite struct {
	after      int
	busyFor    time.Duration
	retryAfter int

	mu       sync.Mutex
	arrivals arrivals
	refused  arrivals
}

func (s *busySite) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	s.arrivals = append(s.arrivals, now)
	if len(s.arrivals) >= s.after && (len(s.refused) == 0 || now.Sub(s.refused[0]) < s.busyFor) {
		s.refused = append(s.refused, now)
		w.Header().Set("Retry-After", strconv.Itoa(s.retryAfter))
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func TestABusyHostIsLeftAloneAndComesBackToItsRate(t *testing.T) {
	const lines, rate = 480, hostRate
	site := &busySite{after: 40, busyFor: 3 * time.Second, retryAfter: 2}
	server := httptest.NewServer(site)
	t.Cleanup(server.Close)
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	c := newCluster(t, nil, 2, map[string]string{
		"WSC_ALLOW_NETS": "127.0.0.0/8", "WSC_ALLOW_PORTS": port, "WSC_HOST_RATE": fmt.Sprint(rate),
	})
	job := submit(t, c.product, "list.txt", pages(server.URL, lines), wsc.Options{})
	watch(t, c.product, job.ID)
	require.Equal(t, wsc.JobCompleted, c.awaitDone(job.ID).Status)
	for _, result := range requireWhole(t, c.product, job.ID, lines) {
		require.Equal(t, wsc.StatusActive, result.Status, "%s: %s", result.URL, result.ErrorMessage)
	}

	seen, first, last := site.arrivals, site.refused[0], site.refused[len(site.refused)-1]
	begin, end := seen[0], seen[len(seen)-1].Add(1)
	// What was under way when the host refused the first time may still arrive.
	quiet := seen.between(first.Add(500*time.Millisecond), first.Add(1900*time.Millisecond))
	slowed := seen.between(last.Add(time.Second), last.Add(25*time.Second))
	recovered := seen.between(last.Add(wsc.PenaltyRecovery), end)
	t.Logf("limit %.0f requests/s: %d requests in the %.2f s before the first 503 (at most %d in a second); %d were answered 503 within %.2f s; %d came while the host was to be left alone; then at most %d in a second; after %s again at most %d in a second",
		rate, len(seen.between(begin, first)), first.Sub(begin).Seconds(), seen.between(begin, first).busiest(time.Second),
		len(site.refused), last.Sub(first).Seconds(), len(quiet), slowed.busiest(time.Second), wsc.PenaltyRecovery, recovered.busiest(time.Second))
	require.LessOrEqual(t, len(site.refused), 10, "each refusal ends the requests for a while")
	require.Empty(t, quiet)
	slowRate := 1 / wsc.PenaltyInterval.Seconds()
	require.LessOrEqual(t, slowed.excess(slowRate), burst, "slowed down by one step")
	require.Greater(t, recovered.busiest(time.Second), int(0.8*rate), "as fast as before")
	require.LessOrEqual(t, seen.excess(rate), burst)
}
