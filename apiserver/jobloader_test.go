package apiserver

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

// query is one query that reached a heldStore.
type query struct {
	ctx context.Context
	ids []string
	// answer ends the query; nil answers with the jobs.
	answer chan error
}

// heldStore has every job but those whose id begins with "no", and answers when the test says so.
type heldStore struct{ queries chan query }

func newHeldStore() heldStore { return heldStore{make(chan query, 100)} }

func (s heldStore) JobsByID(ctx context.Context, ids []string) ([]wsc.Job, error) {
	slices.Sort(ids)
	q := query{ctx, ids, make(chan error, 1)}
	s.queries <- q
	select {
	case err := <-q.answer:
		if err != nil {
			return nil, err
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var jobs []wsc.Job
	for _, id := range ids {
		if !strings.HasPrefix(id, "no") {
			jobs = append(jobs, wsc.Job{ID: id})
		}
	}
	return jobs, nil
}

// answer is what a call came back with.
type answer struct {
	job *wsc.Job
	err error
}

// call asks for a job and returns when the loader has taken note of it.
func call(ctx context.Context, t *testing.T, l *jobLoader, id string) <-chan answer {
	t.Helper()
	before := calls(l)
	answers := make(chan answer, 1)
	go func() {
		job, err := l.Job(ctx, id)
		answers <- answer{job, err}
	}()
	require.Eventually(t, func() bool { return calls(l) != before }, 10*time.Second, time.Millisecond)
	return answers
}

// calls is a number that every call changes: queries under way, and calls that wait for one.
func calls(l *jobLoader) [2]int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		return [2]int{l.running, 0}
	}
	return [2]int{l.running, l.next.waiting}
}

// busyLoader is a loader all of whose queries are under way.
func busyLoader(t *testing.T) (*jobLoader, heldStore, []query, []<-chan answer) {
	t.Helper()
	store := newHeldStore()
	l := newJobLoader(store, time.Minute)
	l.slow = time.Hour
	var queries []query
	var answers []<-chan answer
	for i := range jobQueries {
		answers = append(answers, call(t.Context(), t, l, "first"+strconv.Itoa(i)))
		queries = append(queries, <-store.queries)
		require.Equal(t, []string{"first" + strconv.Itoa(i)}, queries[i].ids, "a query that is free is made at once")
	}
	return l, store, queries, answers
}

func TestJobsThatAreAskedForDuringAQueryAreReadTogetherByTheNext(t *testing.T) {
	l, store, under, first := busyLoader(t)
	a, again, b := call(t.Context(), t, l, "a"), call(t.Context(), t, l, "a"), call(t.Context(), t, l, "b")
	missing := call(t.Context(), t, l, "no such job")
	require.Empty(t, store.queries, "they wait")

	under[0].answer <- nil
	require.Equal(t, "first0", (<-first[0]).job.ID)
	next := <-store.queries
	require.Equal(t, []string{"a", "b", "no such job"}, next.ids)
	next.answer <- nil
	one, other := <-a, <-again
	require.Equal(t, "a", one.job.ID)
	require.Equal(t, "a", other.job.ID)
	require.NotSame(t, one.job, other.job, "each has a job of its own")
	require.Equal(t, "b", (<-b).job.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf((<-missing).err))
	under[1].answer <- nil
	require.NoError(t, (<-first[1]).err)
	require.Equal(t, [2]int{}, calls(l))
}

func TestAFailureReachesAllWhoseQueryItWas(t *testing.T) {
	l, store, under, first := busyLoader(t)
	a, b := call(t.Context(), t, l, "a"), call(t.Context(), t, l, "b")
	down := errors.New("down")
	under[0].answer <- down
	require.ErrorIs(t, (<-first[0]).err, down)
	next := <-store.queries
	later := call(t.Context(), t, l, "c")
	next.answer <- down
	require.ErrorIs(t, (<-a).err, down)
	require.ErrorIs(t, (<-b).err, down)
	(<-store.queries).answer <- nil
	require.NoError(t, (<-later).err, "the next query is another one")
	under[1].answer <- nil
	require.NoError(t, (<-first[1]).err)
}

func TestACallerWhoGivesUpDisturbsNobody(t *testing.T) {
	l, store, under, first := busyLoader(t)
	ctx, giveUp := context.WithCancel(t.Context())
	// The first of a batch gives the query its context, so it is the one that leaves.
	impatient, patient := call(ctx, t, l, "a"), call(t.Context(), t, l, "b")
	giveUp()
	require.ErrorIs(t, (<-impatient).err, context.Canceled)
	under[0].answer <- nil
	require.NoError(t, (<-first[0]).err)
	(<-store.queries).answer <- nil
	require.Equal(t, "b", (<-patient).job.ID)
	under[1].answer <- nil
	require.NoError(t, (<-first[1]).err)
}

func TestAQueryThatNobodyWaitsForIsBrokenOff(t *testing.T) {
	l, store, under, first := busyLoader(t)
	ctx, giveUp := context.WithCancel(t.Context())
	a := call(ctx, t, l, "a")
	under[0].answer <- nil
	require.NoError(t, (<-first[0]).err)
	running := <-store.queries
	otherCtx, otherGivesUp := context.WithCancel(t.Context())
	b := call(otherCtx, t, l, "b")
	otherGivesUp()
	require.ErrorIs(t, (<-b).err, context.Canceled)
	giveUp()
	require.ErrorIs(t, (<-a).err, context.Canceled)
	<-running.ctx.Done()
	under[1].answer <- nil
	require.NoError(t, (<-first[1]).err)
	require.Eventually(t, func() bool { return calls(l) == [2]int{} }, 10*time.Second, time.Millisecond)
	require.Empty(t, store.queries, "what nobody waited for was never asked")

	_, err := l.Job(ctx, "c")
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, store.queries)
}

func TestSlowQueriesHoldNobodyElseUp(t *testing.T) {
	store := newHeldStore()
	l := newJobLoader(store, time.Minute)
	l.slow = time.Millisecond
	var hanging []query
	var answers []<-chan answer
	for range 3 * jobQueries {
		answers = append(answers, func() <-chan answer {
			answers := make(chan answer, 1)
			go func() {
				job, err := l.Job(t.Context(), "slow")
				answers <- answer{job, err}
			}()
			return answers
		}())
		hanging = append(hanging, <-store.queries)
	}
	for i := range hanging {
		hanging[i].answer <- nil
		require.NoError(t, (<-answers[i]).err)
	}
	require.Eventually(t, func() bool { return calls(l) == [2]int{} }, 10*time.Second, time.Millisecond, "each query is counted once")
}

func TestAQueryEndsByItsTimeout(t *testing.T) {
	l := newJobLoader(newHeldStore(), time.Millisecond)
	_, err := l.Job(t.Context(), "a")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// countingStore's jobs have as many processed URLs as the counter said when the query began.
type countingStore struct {
	written *atomic.Int64
	queries *atomic.Int64
}

func (s countingStore) JobsByID(_ context.Context, ids []string) ([]wsc.Job, error) {
	s.queries.Add(1)
	jobs := make([]wsc.Job, 0, len(ids))
	processed := s.written.Load()
	for _, id := range ids {
		jobs = append(jobs, wsc.Job{ID: id, JobCounts: wsc.JobCounts{ProcessedURLs: processed}})
	}
	return jobs, nil
}

func TestACallSeesWhatWasWrittenBeforeIt(t *testing.T) {
	const callers, rounds = 32, 300
	store := countingStore{new(atomic.Int64), new(atomic.Int64)}
	l := newJobLoader(store, time.Minute)
	var wait sync.WaitGroup
	var stale, failed atomic.Int64
	for i := range callers {
		wait.Go(func() {
			for range rounds {
				written := store.written.Add(1)
				job, err := l.Job(t.Context(), strconv.Itoa(i%4))
				switch {
				case err != nil:
					failed.Add(1)
				case job.ProcessedURLs < written:
					stale.Add(1)
				}
			}
		})
	}
	wait.Wait()
	require.Zero(t, failed.Load())
	require.Zero(t, stale.Load())
	t.Logf("%d calls took %d queries", callers*rounds, store.queries.Load())
}
