package activities_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.uber.org/goleak"
	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
	"github.com/website-status-checker/wsc/runner"
	"github.com/website-status-checker/wsc/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const jobID = "0198c0de-0000-7000-8000-000000000001"

// fixture is the activities on a real database and a real blob folder, with a checker that answers as told.
type fixture struct {
	t       *testing.T
	store   *sqlite.Store
	faults  *faultyStore
	blobs   *blob.Bucket
	checker *scriptedChecker
	cleanup *cleanups
	cfg     activities.Config
	acts    *activities.Activities
	env     *testsuite.TestActivityEnvironment
	// now is the time at the start; tests move it on to skip waiting.
	now time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wsc.db")
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	bucket, err := fileblob.OpenBucket(t.TempDir(), &fileblob.Options{NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bucket.Close()) })
	begin := time.Now()
	f := &fixture{t: t, store: store, blobs: bucket, checker: &scriptedChecker{calls: map[string]int{}}, cleanup: &cleanups{}, now: begin}
	f.faults = &faultyStore{Store: store}
	f.cfg = activities.Config{
		Store: f.faults, Blobs: bucket, Checker: f.checker, Limiter: runner.NewLimiter(8), Cleanup: f.cleanup,
		Defaults: wsc.Defaults{Retention: time.Hour}, TempDir: t.TempDir(), Logger: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return f.now.Add(time.Since(begin)) }, Random: func() float64 { return 0.5 },
	}
	f.acts, err = activities.New(f.cfg)
	require.NoError(t, err)
	f.reset()
	return f
}

// reset makes a fresh environment, as after a crash of the worker.
func (f *fixture) reset() {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	f.env = suite.NewTestActivityEnvironment()
	f.env.SetTestTimeout(20 * time.Second)
	f.env.RegisterActivity(f.acts)
}

// upload stores a list and its pending job.
func (f *fixture) upload(list string, options wsc.Options) {
	f.t.Helper()
	require.NoError(f.t, f.blobs.WriteAll(f.t.Context(), wsc.UploadPath(jobID), []byte(list), nil))
	require.NoError(f.t, f.store.CreateJob(f.t.Context(), &wsc.Job{
		ID: jobID, Owner: "local", Filename: "list.txt", Status: wsc.JobPending, Phase: wsc.PhaseValidating,
		Options: options, UploadPath: wsc.UploadPath(jobID), CreatedAt: f.now, UpdatedAt: f.now,
	}, wsc.JobQuota{}))
}

// execute runs an activity as a worker would, its input and output encoded.
func execute[Out any](f *fixture, activity, in any) (Out, error) {
	var out Out
	value, err := f.env.ExecuteActivity(activity, in)
	if err == nil {
		err = get(value, &out)
	}
	return out, err
}

func get(value converter.EncodedValue, out any) error {
	if !value.HasValue() {
		return nil
	}
	return value.Get(out)
}

func (f *fixture) job() *wsc.Job {
	f.t.Helper()
	job, err := f.store.Job(f.t.Context(), jobID)
	require.NoError(f.t, err)
	return job
}

func (f *fixture) results() []wsc.Result {
	f.t.Helper()
	results, err := f.store.Results(f.t.Context(), jobID, wsc.ResultFilter{Limit: 1000})
	require.NoError(f.t, err)
	return results
}

// requireCounted checks that the counters equal the rows.
func (f *fixture) requireCounted() {
	f.t.Helper()
	var counts wsc.JobCounts
	for _, result := range f.results() {
		counts.ProcessedURLs++
		switch result.Status {
		case wsc.StatusActive:
			counts.ActiveCount++
		case wsc.StatusInactive:
			counts.InactiveCount++
		case wsc.StatusError:
			counts.ErrorCount++
		}
	}
	job := f.job()
	require.Equal(f.t, wsc.JobCounts{ProcessedURLs: job.ProcessedURLs, ActiveCount: job.ActiveCount, InactiveCount: job.InactiveCount, ErrorCount: job.ErrorCount}, counts)
}

// sites is a list of n URLs, five to a host.
func sites(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "https://host%d.test/%d\n", i/5, i)
	}
	return b.String()
}

func errorType(err error) string {
	if application, ok := errors.AsType[*temporal.ApplicationError](err); ok {
		return application.Type()
	}
	return ""
}

// scriptedChecker answers 200, or as told.
type scriptedChecker struct {
	mu     sync.Mutex
	calls  map[string]int
	answer func(ctx context.Context, target wsc.Target, call int) wsc.Result
}

func (c *scriptedChecker) Check(ctx context.Context, target wsc.Target, _ wsc.CheckOptions) wsc.Result {
	c.mu.Lock()
	c.calls[target.NormalizedURL]++
	call := c.calls[target.NormalizedURL]
	answer := c.answer
	c.mu.Unlock()
	result := wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}
	if answer != nil {
		result = answer(ctx, target, call)
	}
	result.Seq, result.Line, result.URL, result.NormalizedURL, result.Host = target.Seq, target.Line, target.URL, target.NormalizedURL, target.Host
	result.CheckedAt = time.Now()
	return result
}

// total is the number of checks so far.
func (c *scriptedChecker) total() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := 0
	for _, calls := range c.calls {
		sum += calls
	}
	return sum
}

// faultyStore is the real store, away when told.
type faultyStore struct {
	*sqlite.Store
	mu      sync.Mutex
	inserts int
	failAt  int // the number of the insert that fails, 0 for none
}

func (s *faultyStore) InsertResults(ctx context.Context, jobID string, results []wsc.Result) (int, error) {
	s.mu.Lock()
	s.inserts++
	fail := s.inserts == s.failAt
	s.mu.Unlock()
	if fail {
		return 0, wsc.Errorf(wsc.CodeStorageUnavailable, "The database is away.")
	}
	return s.Store.InsertResults(ctx, jobID, results)
}

// cleanups records what was scheduled.
type cleanups struct{ delays map[string]time.Duration }

func (c *cleanups) ScheduleCleanup(_ context.Context, jobID string, delay time.Duration) error {
	if c.delays == nil {
		c.delays = map[string]time.Duration{}
	}
	c.delays[jobID] = delay
	return nil
}
