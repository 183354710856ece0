package e2e

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/testsite"
)

// newBusyCluster is a cluster with one worker that checks at most 500 URLs a second, and the hosts to check.
func newBusyCluster(t *testing.T) (*cluster, *testsite.Hosts) {
	t.Helper()
	hosts := testsite.StartHosts(t, testsite.HostsConfig{Delay: 100 * time.Millisecond, Uncounted: true})
	return newCluster(t, nil, 1, map[string]string{
		"WSC_ALLOW_NETS": "127.0.0.0/8", "WSC_ALLOW_PORTS": strconv.Itoa(int(hosts.Port())), "WSC_CHECK_CONCURRENCY": "50",
	}), hosts
}

// submitPages submits a list of one page of each of n hosts.
func submitPages(t *testing.T, owner *client.Client, hosts *testsite.Hosts, n int) (jobID string) {
	t.Helper()
	list := strings.Join(hosts.URLs(n), "\n")
	job, err := owner.SubmitFile(t.Context(), "list.txt", strings.NewReader(list), wsc.Options{})
	require.NoError(t, err)
	return job.ID
}

// awaitBusyWorker waits until the only worker of the cluster has as many batches under way as it takes.
func (c *cluster) awaitBusyWorker() {
	c.t.Helper()
	const slots = "temporal_worker_task_slots_available"
	eventually(c.t, 30*time.Second, "the worker takes no more batches", func() bool {
		worker := scrape(c.t, c.workers[0].operations)
		return strings.Contains(worker.text, slots) && worker.sum(slots, `task_queue="wsc-checks"`, `worker_type="ActivityWorker"`) == 0
	})
}

// processed is the sum of the results of jobs, all of which are to run still.
func processed(t *testing.T, owner *client.Client, jobIDs ...string) int64 {
	t.Helper()
	sum := int64(0)
	for _, id := range jobIDs {
		job, err := owner.Job(t.Context(), id)
		require.NoError(t, err)
		require.Equal(t, wsc.JobProcessing, job.Status, "after %d results", job.ProcessedURLs)
		sum += job.ProcessedURLs
	}
	return sum
}

func TestASmallListOvertakesTheBigOnesOfAnotherOwner(t *testing.T) {
	const bigLines, smallLines, atMost = 20_000, 10, 5 * time.Second
	c, hosts := newBusyCluster(t)
	big, small := c.withKey(c.newKey("an owner of big lists", 0)), c.withKey(c.newKey("an owner of a small one", 0))
	jobs := []string{submitPages(t, big, hosts, bigLines), submitPages(t, big, hosts, bigLines)}
	c.awaitBusyWorker()

	began := time.Now()
	id := submitPages(t, small, hosts, smallLines)
	var last wsc.Progress
	require.NoError(t, small.Watch(t.Context(), id, func(progress wsc.Progress) error {
		last = progress
		return nil
	}))
	took := time.Since(began)
	require.Equal(t, wsc.JobCompleted, last.Status)
	require.EqualValues(t, smallLines, last.ActiveCount)
	done := processed(t, big, jobs...)
	t.Logf("%d URLs of one owner were checked within %.2f s of their submission, when %d of %d of another were", smallLines, took.Seconds(), done, len(jobs)*bigLines)
	require.Less(t, took, atMost)
}

func TestAWorkerIsSharedByOwnersNotByJobs(t *testing.T) {
	// A list of this length is cut into 20 batches of 100, of which 16 are under way or wait for a worker at a time. The
	// worker takes 32, so that with five jobs 48 of them wait already when the second owner comes.
	const lines, jobsOfMany, workerHas, enough = 2000, 5, 32 * 100, 800
	c, hosts := newBusyCluster(t)
	many, one := c.withKey(c.newKey("an owner of five jobs", 0)), c.withKey(c.newKey("an owner of one", 0))
	var jobs []string
	for range jobsOfMany {
		jobs = append(jobs, submitPages(t, many, hosts, lines))
	}
	for _, id := range jobs {
		eventually(t, 10*time.Second, "the job is prepared", func() bool {
			job, err := many.Job(t.Context(), id)
			require.NoError(t, err)
			return job.Phase == wsc.PhaseChecking
		})
	}
	c.awaitBusyWorker()
	id := submitPages(t, one, hosts, lines)
	c.awaitResults(id, enough)

	// What the worker had when the second owner came is finished first; from then on they share it.
	ofOne, ofMany := processed(t, one, id), processed(t, many, jobs...)-workerHas
	share := float64(ofOne) / float64(ofOne+ofMany)
	t.Logf("while six jobs of one size ran, the owner of one had %d results and the owner of five had %d: a share of %.0f %%", ofOne, ofMany, 100*share)
	require.Greater(t, share, 0.35, "far more than a sixth, which would be its share by jobs")
}
