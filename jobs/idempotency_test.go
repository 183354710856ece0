package jobs_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

func TestIdempotencyKeyIsFreeAfterADay(t *testing.T) {
	b := newBundle(t)
	first, err := b.submit(t, "example.com\n", withKey("a", "k"))
	require.NoError(t, err)

	b.now = b.now.Add(wsc.IdempotencyWindow - time.Second)
	again, err := b.submit(t, "example.com\n", withKey("a", "k"))
	require.NoError(t, err)
	require.Equal(t, first.ID, again.ID)

	b.now = b.now.Add(time.Second)
	other, err := b.submit(t, "example.org\n", withKey("a", "k"))
	require.NoError(t, err, "the key is free for another list")
	require.NotEqual(t, first.ID, other.ID)
	_, err = b.store.Job(t.Context(), first.ID)
	require.NoError(t, err, "the old job is still there")
	again, err = b.submit(t, "example.org\n", withKey("a", "k"))
	require.NoError(t, err)
	require.Equal(t, other.ID, again.ID)
}

// scriptedRows is a store whose CreateJob is replaced.
type scriptedRows struct {
	jobs.Store
	create func(ctx context.Context, job *wsc.Job) error
}

func (s *scriptedRows) CreateJob(ctx context.Context, job *wsc.Job, _ wsc.JobQuota) error {
	return s.create(ctx, job)
}

// submission is what Submit answered.
type submission struct {
	job      *wsc.Job
	replayed bool
	err      error
}

func submitWithKey(t *testing.T, service *jobs.Service, content string) submission {
	t.Helper()
	upload, err := service.NewUpload()
	if err != nil {
		return submission{err: err}
	}
	defer func() { _ = upload.Close() }()
	if _, err := io.WriteString(upload, content); err != nil {
		return submission{err: err}
	}
	job, replayed, err := service.Submit(t.Context(), jobs.Submission{Filename: "list.txt", Owner: "a", IdempotencyKey: "k", Upload: upload})
	return submission{job, replayed, err}
}

// Of many submissions with one key at several replicas one makes the job, and all others answer with it.
func TestOneKeyAtSeveralReplicasIsOneJob(t *testing.T) {
	for range 5 {
		b := newBundle(t)
		services := []*jobs.Service{b.service}
		for range 2 {
			replica, err := jobs.New(jobs.Config{Store: b.store, Workflows: b.workflows, Blobs: b.blobs, SpoolDir: b.spool})
			require.NoError(t, err)
			services = append(services, replica)
		}
		const clients = 12
		answers := make([]submission, clients)
		var wait sync.WaitGroup
		for i := range clients {
			wait.Go(func() { answers[i] = submitWithKey(t, services[i%len(services)], "example.com\n") })
		}
		wait.Wait()
		made := 0
		for _, answer := range answers {
			require.NoError(t, answer.err)
			require.Equal(t, answers[0].job.ID, answer.job.ID)
			if !answer.replayed {
				made++
			}
		}
		require.Equal(t, 1, made)
		require.Len(t, b.files(t, b.blobDir), 1, "the losers' uploads are gone")
		require.Len(t, b.workflows.starts(), 1)
	}
}

// A second submission with a key waits for the first, and goes on by itself when the first comes to nothing.
func TestSecondSubmissionWaitsForTheFirst(t *testing.T) {
	for name, test := range map[string]struct {
		first error
		// replayed says that the second answers with the first one's job.
		replayed bool
	}{
		"that is accepted": {nil, true},
		"that fails":       {wsc.Errorf(wsc.CodeStorageUnavailable, "down"), false},
	} {
		t.Run(name, func(t *testing.T) {
			entered, goOn := make(chan struct{}), make(chan struct{})
			var calls atomic.Int64
			b := newBundle(t, func(c *jobs.Config) {
				store := c.Store
				c.Store = &scriptedRows{store, func(ctx context.Context, job *wsc.Job) error {
					if calls.Add(1) > 1 {
						return store.CreateJob(ctx, job, wsc.JobQuota{})
					}
					close(entered)
					<-goOn
					if test.first != nil {
						return test.first
					}
					return store.CreateJob(ctx, job, wsc.JobQuota{})
				}}
			})
			answers := make(chan submission, 2)
			go func() { answers <- submitWithKey(t, b.service, "example.com\n") }()
			<-entered
			second := make(chan submission, 1)
			go func() { second <- submitWithKey(t, b.service, "example.com\n") }()
			require.Never(t, func() bool { return len(second) > 0 || calls.Load() > 1 }, 50*time.Millisecond, 5*time.Millisecond)
			close(goOn)
			first, waited := <-answers, <-second
			require.Equal(t, wsc.CodeOf(test.first), wsc.CodeOf(first.err))
			require.NoError(t, waited.err)
			require.Equal(t, test.replayed, waited.replayed)
			if test.replayed {
				require.Equal(t, first.job.ID, waited.job.ID)
			}
			require.Len(t, b.files(t, b.blobDir), 1)
			require.Len(t, b.workflows.starts(), 1)
		})
	}
}

// A list that is refused leaves the key to the next one.
func TestRefusedListDoesNotHoldTheKey(t *testing.T) {
	b := newBundle(t)
	require.Equal(t, wsc.CodeNoURLs, wsc.CodeOf(submitWithKey(t, b.service, "# nothing\n").err))
	answer := submitWithKey(t, b.service, "example.com\n")
	require.NoError(t, answer.err)
	require.False(t, answer.replayed)
}

// The job that was in the way can be gone before it is looked up.
func TestJobInTheWayThatVanishesIsNoError(t *testing.T) {
	var calls atomic.Int64
	b := newBundle(t, func(c *jobs.Config) {
		store := c.Store
		c.Store = &scriptedRows{store, func(ctx context.Context, job *wsc.Job) error {
			if calls.Add(1) == 1 {
				return wsc.Errorf(wsc.CodeConflict, "taken")
			}
			return store.CreateJob(ctx, job, wsc.JobQuota{})
		}}
	})
	answer := submitWithKey(t, b.service, "example.com\n")
	require.NoError(t, answer.err)
	require.False(t, answer.replayed)
	require.Len(t, b.files(t, b.blobDir), 1)
	require.Equal(t, []string{answer.job.ID}, b.workflows.starts())
}

// A row that was stored although its statement failed is a job like any other.
func TestLostAnswerOfTheDatabase(t *testing.T) {
	b := newBundle(t, func(c *jobs.Config) {
		store := c.Store
		c.Store = &scriptedRows{store, func(ctx context.Context, job *wsc.Job) error {
			return errors.Join(store.CreateJob(ctx, job, wsc.JobQuota{}), context.DeadlineExceeded)
		}}
	})
	answer := submitWithKey(t, b.service, "example.com\n")
	require.NoError(t, answer.err)
	require.Len(t, b.files(t, b.blobDir), 1)
	require.Equal(t, []string{answer.job.ID}, b.workflows.starts())
}
