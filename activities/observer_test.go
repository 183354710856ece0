package activities_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/activities"
)

// recorder notes what it is told.
type recorder struct {
	mu        sync.Mutex
	stored    map[string]int // by status and error kind
	refused   map[string]int // by job, owner and error kind
	retried   int
	putOff    int
	waits     []time.Duration
	throttled int
	batches   []string
}

func (r *recorder) Stored(results []wsc.Result) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, result := range results {
		r.stored[string(result.Status)+" "+string(result.ErrorKind)]++
	}
}

func (r *recorder) note(what func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	what()
}

func (r *recorder) Refused(jobID, owner string, kind wsc.ErrorKind) {
	r.note(func() { r.refused[jobID+" "+owner+" "+string(kind)]++ })
}

func (r *recorder) Retried()                    { r.note(func() { r.retried++ }) }
func (r *recorder) PutOff()                     { r.note(func() { r.putOff++ }) }
func (r *recorder) Throttled()                  { r.note(func() { r.throttled++ }) }
func (r *recorder) HostWait(wait time.Duration) { r.note(func() { r.waits = append(r.waits, wait) }) }
func (r *recorder) BatchDone(outcome string, _ time.Duration) {
	r.note(func() { r.batches = append(r.batches, outcome) })
}

// observed is the fixture with an observer.
func observed(t *testing.T) (*fixture, *recorder) {
	t.Helper()
	f, r := newFixture(t), &recorder{stored: map[string]int{}, refused: map[string]int{}}
	f.observe(r)
	return f, r
}

func (f *fixture) observe(r *recorder) {
	f.t.Helper()
	f.cfg.Observer = r
	var err error
	f.acts, err = activities.New(f.cfg)
	require.NoError(f.t, err)
	f.reset()
}

func TestTheObserverIsToldOfEveryResultOnce(t *testing.T) {
	f, r := observed(t)
	f.upload(sites(6)+"not a url\nftp://x.test/\n", wsc.Options{})
	f.prepare()
	require.Equal(t, map[string]int{"error invalid_url": 1, "error blocked_scheme": 1}, r.stored)
	shape := f.prepare().Plan
	require.Equal(t, map[string]int{"error invalid_url": 1, "error blocked_scheme": 1}, r.stored, "a repeated Prepare tells nothing again")

	f.checker.answer = func(_ context.Context, target wsc.Target, _ int) wsc.Result {
		switch {
		case strings.HasSuffix(target.URL, "/1"):
			return wsc.Result{Status: wsc.StatusInactive, HTTPStatus: 404}
		case strings.HasSuffix(target.URL, "/2"):
			return wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindDNSNXDomain}
		case strings.HasSuffix(target.URL, "/3"):
			return wsc.Result{Status: wsc.StatusError, ErrorKind: wsc.KindTimeout}
		default:
			return wsc.Result{Status: wsc.StatusActive, HTTPStatus: 200}
		}
	}
	for batch := range shape.Batches {
		_, err := f.checkBatch(0, batch)
		require.NoError(t, err)
	}
	require.Equal(t, map[string]int{
		"error invalid_url": 1, "error blocked_scheme": 1, "active ": 3, "inactive ": 1, "error dns_nxdomain": 1,
	}, r.stored)
	require.Equal(t, 1, r.retried, "the timeout is tried again")
	require.Len(t, r.waits, 6)
	require.Equal(t, slices.Repeat([]string{activities.BatchDone}, shape.Batches), r.batches)
	require.Zero(t, r.putOff)
	require.Zero(t, r.throttled)
}

func TestTheObserverIsToldOfTargetsThatTheGuardRefused(t *testing.T) {
	f, r := observed(t)
	f.upload(sites(6)+"ftp://x.test/\n", wsc.Options{})
	shape := f.prepare().Plan
	kinds := []wsc.ErrorKind{wsc.KindBlockedAddress, wsc.KindBlockedAddress, wsc.KindBlockedPort, wsc.KindRedirectBlocked, wsc.KindBlockedRobots, wsc.KindDNSNXDomain}
	var mu sync.Mutex
	f.checker.answer = func(context.Context, wsc.Target, int) wsc.Result {
		mu.Lock()
		defer mu.Unlock()
		kind := kinds[0]
		kinds = kinds[1:]
		return wsc.Result{Status: wsc.StatusError, ErrorKind: kind}
	}
	for batch := range shape.Batches {
		_, err := f.checkBatch(0, batch)
		require.NoError(t, err)
	}
	require.Empty(t, kinds)
	require.Equal(t, map[string]int{
		jobID + " local blocked_address": 2, jobID + " local blocked_port": 1, jobID + " local redirect_blocked": 1,
	}, r.refused, "a wish of a robots.txt and a line that is no web address are no attempts at what is guarded")
}

func TestTheObserverIsToldHowLongTargetsWaitForTheirHost(t *testing.T) {
	f, r := observed(t)
	rate := 0.2
	f.upload(oneHost(5), wsc.Options{HostRate: &rate})
	require.Equal(t, 1, f.prepare().Plan.Batches)
	taken := wsc.SlotRequest{Host: "busy.test", Count: 10, Interval: 5 * time.Second}
	_, err := f.store.ReserveSlots(t.Context(), []wsc.SlotRequest{taken}, wsc.SlotHorizon{Free: time.Minute, Slowed: time.Minute})
	require.NoError(t, err)
	stop := make(chan struct{})
	f.env.SetWorkerStopChannel(stop)
	close(stop) // what waits is not waited for
	_, err = f.checkBatch(0, 0)
	require.Equal(t, activities.ErrWorkerStopping, errorType(err), "%v", err)
	require.Equal(t, []string{activities.BatchHandedOver}, r.batches)
	require.Equal(t, 5, len(r.waits)+r.putOff, "each waits or is put off")
	require.InDelta(t, 2.5, float64(len(r.waits)), 0.5, "ten of the slots of a minute were taken")
	require.InDelta(t, 50, r.waits[0].Seconds(), 1)
	require.InDelta(t, 55, r.waits[1].Seconds(), 1)
}

func TestTheObserverIsToldOfAHostThatAsksForQuiet(t *testing.T) {
	f, r := observed(t)
	f.upload(oneHost(20), wsc.Options{HostConcurrency: 1})
	f.prepare()
	f.refuseFirst(4 * time.Minute)
	out, err := f.checkBatch(0, 0)
	require.NoError(t, err)
	require.Equal(t, 1, r.throttled)
	require.Equal(t, 1, r.retried)
	require.EqualValues(t, out.Deferred-1, r.putOff)
}

func TestTheObserverIsToldHowBatchesEnd(t *testing.T) {
	t.Run("in a failure of the database", func(t *testing.T) {
		f, r := observed(t)
		f.upload(sites(3), wsc.Options{})
		f.prepare()
		f.faults.failAt = 1
		_, err := f.checkBatch(0, 0)
		require.Error(t, err)
		require.Equal(t, []string{activities.BatchFailed}, r.batches)
		require.Empty(t, r.stored, "what was not stored is not told of")
	})
	t.Run("without a network", func(t *testing.T) {
		n, r := newNetworked(t, 20), &recorder{stored: map[string]int{}, refused: map[string]int{}}
		n.observe(r)
		n.upload(strings.Join(n.sites, "\n"), wsc.Options{})
		n.prepare()
		n.unplug()
		_, err := n.checkBatch(0, 0)
		require.Equal(t, activities.ErrBlind, errorType(err), "%v", err)
		require.Equal(t, []string{activities.BatchBlind}, r.batches)
	})
	t.Run("cancelled", func(t *testing.T) {
		f, r := observed(t)
		f.upload(sites(3), wsc.Options{})
		f.prepare()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := f.acts.CheckBatch(ctx, activities.BatchInput{JobID: jobID})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, []string{activities.BatchCancelled}, r.batches)
	})
	require.Len(t, activities.BatchOutcomes(), 5)
}
