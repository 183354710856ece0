package apiserver

import (
	"context"
	"log/slog"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

const (
	// rateWindow is how far back the rate of results looks.
	rateWindow = 5 * time.Second
	// pollTimeout bounds one read of a job.
	pollTimeout = 5 * time.Second
)

// jobReader reads a job.
type jobReader interface {
	Job(ctx context.Context, id string) (*wsc.Job, error)
}

// update is one event of a stream: where the job stands. It is the last one when final.
type update struct {
	// id grows from update to update.
	id int64
	// text is the event as it is written, the same for all streams.
	text  []byte
	final bool
}

// hub reads every job that is watched once per interval, however many watch it, and hands what it read to all of them.
type hub struct {
	store    jobReader
	interval time.Duration
	logger   *slog.Logger

	wait sync.WaitGroup

	mu     sync.Mutex
	closed bool
	rooms  map[string]*room
}

// room is the watchers of one job and what they were last told.
type room struct {
	cancel   context.CancelFunc
	watchers map[*watcher]struct{}
	last     update
	samples  []sample
}

// sample is the number of results at a time.
type sample struct {
	at        time.Time
	processed int64
}

// watcher is one stream. Its channel holds the newest update that it has not read yet and is closed after the final
// one, when the job disappears and when the hub closes.
type watcher struct {
	updates chan update
}

func newHub(store jobReader, interval time.Duration, logger *slog.Logger) *hub {
	return &hub{store: store, interval: interval, logger: logger, rooms: map[string]*room{}}
}

// watch begins to watch a job, which was just read. The first update is there at once.
func (h *hub) watch(ctx context.Context, job *wsc.Job) *watcher {
	h.mu.Lock()
	defer h.mu.Unlock()
	w := &watcher{updates: make(chan update, 1)}
	if h.closed {
		close(w.updates)
		return w
	}
	r, open := h.rooms[job.ID]
	if !open {
		r = &room{watchers: map[*watcher]struct{}{}}
	}
	r.note(job, time.Now())
	w.updates <- r.last
	if r.last.final {
		close(w.updates) // those who watch already are told by the next poll
		return w
	}
	if !open {
		// Others may still watch when the first one leaves.
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		r.cancel = cancel
		h.rooms[job.ID] = r
		h.wait.Go(func() { h.poll(ctx, job.ID, r) })
	}
	r.watchers[w] = struct{}{}
	return w
}

// leave ends the watching of a job. The last one to leave ends the reading of it.
func (h *hub) leave(jobID string, w *watcher) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[jobID]
	if r == nil {
		return
	}
	delete(r.watchers, w)
	if len(r.watchers) == 0 {
		r.cancel()
		delete(h.rooms, jobID)
	}
}

// close ends all watching and waits until no job is read any more.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	for id, r := range h.rooms {
		h.dismiss(id, r)
	}
	h.mu.Unlock()
	h.wait.Wait()
}

// dismiss closes all streams of a room. The caller holds the lock.
func (h *hub) dismiss(jobID string, r *room) {
	r.cancel()
	for w := range r.watchers {
		close(w.updates)
	}
	r.watchers = nil
	if h.rooms[jobID] == r {
		delete(h.rooms, jobID)
	}
}

func (h *hub) poll(ctx context.Context, jobID string, r *room) {
	ticker := time.NewTicker(h.interval)
	defer ticker.Stop()
	failed := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		job, err := h.read(ctx, jobID)
		switch {
		case ctx.Err() != nil:
			return
		case wsc.CodeOf(err) == wsc.CodeNotFound:
			h.mu.Lock()
			h.dismiss(jobID, r)
			h.mu.Unlock()
			return
		case err != nil:
			if !failed {
				h.logger.WarnContext(ctx, "can't read a watched job", slog.String("job_id", jobID), slog.Any("error", err))
			}
		default:
			if h.publish(jobID, r, job) {
				return
			}
		}
		failed = err != nil
	}
}

func (h *hub) read(ctx context.Context, jobID string) (*wsc.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	return h.store.Job(ctx, jobID)
}

// publish tells all watchers where the job stands, and reports whether that was the last time.
func (h *hub) publish(jobID string, r *room, job *wsc.Job) (final bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.note(job, time.Now())
	for w := range r.watchers {
		select {
		case <-w.updates: // a slow stream gets the newest update only
		default:
		}
		w.updates <- r.last
	}
	if r.last.final {
		h.dismiss(jobID, r)
	}
	return r.last.final
}

// note makes the room's next update of a job that was just read.
func (r *room) note(job *wsc.Job, now time.Time) {
	r.samples = append(r.samples, sample{now, job.ProcessedURLs})
	for len(r.samples) > 2 && now.Sub(r.samples[1].at) >= rateWindow {
		r.samples = r.samples[1:]
	}
	progress := wsc.ProgressOf(job)
	first := r.samples[0]
	if elapsed := now.Sub(first.at).Seconds(); elapsed > 0 && job.Status != wsc.JobPaused {
		progress.Rate = max(float64(job.ProcessedURLs-first.processed)/elapsed, 0)
	}
	if left := job.TotalURLs - job.ProcessedURLs; progress.Rate > 0 && left > 0 && !job.Status.Terminal() {
		seconds := float64(left) / progress.Rate
		progress.ETASeconds = &seconds
	}
	r.last = newUpdate(max(now.UnixMilli(), r.last.id+1), progress, job.Status.Terminal())
}
