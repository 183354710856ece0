package activities

import (
	"context"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/plan"
	"github.com/website-status-checker/wsc/runner"
)

const (
	// slotHorizon is how far ahead a batch reserves slots. What its hosts have no time for until then is put off to a
	// later pass, so that no batch waits for long and no slot is taken that something may come in between of.
	slotHorizon = time.Minute
	// shortHorizon is the least that it is for hosts which are slowed down: time for a pause that a host asks for usually.
	shortHorizon = 3 * time.Second
	// putOffRound is the time that is planned at once for targets that are put off; those of one round are due together.
	putOffRound = 30 * time.Second
	// maxPutOff bounds how far a slow host's targets are spread: by then it may be as fast as ever.
	maxPutOff = wsc.MaxPenalty * wsc.PenaltyRecovery
	// startJitter is the part of an interval by which starts are late by chance, so that hosts whose slots were reserved
	// together do not beat in step.
	startJitter = 0.1
)

// pacer plans when the tasks of a batch start, on slots that no other batch of any worker or job has.
type pacer struct {
	cfg      Config
	interval time.Duration // between two requests to one host at the job's rate, 0 without a limit
	pass     int
	horizon  wsc.SlotHorizon // set by start
	// failed has the earlier attempts of the targets that had any, by seq.
	failed map[int64][]wsc.FailedAttempt
	putOff func(task runner.Task, until time.Time)
}

// horizonOf is how far ahead a batch of a pass reserves slots. In the first pass, hosts that are slowed down get no more
// time than the batch takes without them: the targets of other hosts wait behind it, and a few busy hosts must not keep
// it. In later passes busy hosts are among themselves.
func horizonOf(pass int, requests []wsc.SlotRequest) wsc.SlotHorizon {
	horizon := wsc.SlotHorizon{Free: slotHorizon, Slowed: slotHorizon}
	if pass == 0 {
		span := shortHorizon
		for _, request := range requests {
			span = max(span, time.Duration(request.Count-1)*request.Interval)
		}
		horizon.Slowed = min(span, slotHorizon)
	}
	return horizon
}

// start plans a batch, in one statement for all its hosts, and returns the tasks that have a slot.
func (p *pacer) start(ctx context.Context, records []plan.Record) ([]runner.Task, error) {
	number := map[string]int{}
	var requests []wsc.SlotRequest
	for _, record := range records {
		n, known := number[record.Host]
		if !known {
			n = len(requests)
			number[record.Host] = n
			requests = append(requests, wsc.SlotRequest{Host: record.Host, Interval: p.interval})
		}
		requests[n].Count++
	}
	p.horizon = horizonOf(p.pass, requests)
	reserved, err := p.cfg.Store.ReserveSlots(ctx, requests, p.horizon)
	if err != nil {
		return nil, err
	}
	now, used := p.cfg.Now(), make([]int, len(requests))
	tasks := make([]runner.Task, 0, len(records))
	for _, record := range records {
		n := number[record.Host]
		task := runner.Task{
			Target: record.Target, Attempts: record.Attempts, Failed: p.failed[record.Seq], NotBefore: record.NotBefore,
		}
		if p.assign(&task, reserved[n], used[n], now) {
			tasks = append(tasks, task)
		}
		used[n]++
	}
	return tasks, nil
}

// assign gives a task the nth of the slots that were reserved at the given time, or puts it off when there is none.
func (p *pacer) assign(task *runner.Task, slots wsc.Slots, n int, now time.Time) bool {
	if n >= slots.Count {
		behind := min(time.Duration(n-slots.Count)*slots.Interval, maxPutOff)
		p.putOff(*task, now.Add(slots.Slot(slots.Count)+behind.Truncate(putOffRound)))
		return false
	}
	slot := now.Add(slots.Slot(n))
	if slots.Interval > 0 {
		slot = slot.Add(time.Duration(startJitter * p.cfg.Random() * float64(slots.Interval)))
	}
	due := task.NotBefore
	if due.Before(now) {
		due = now
	}
	p.cfg.Observer.HostWait(max(slot.Sub(due), 0))
	if slot.After(task.NotBefore) {
		task.NotBefore = slot
	}
	return true
}

// throttled slows a host down for all workers and plans the rest of its tasks anew. Of their slots they keep those
// behind the pause that are far enough apart for the slowed host; for what is left over, further ones are reserved.
func (p *pacer) throttled(ctx context.Context, host string, pause time.Duration, rest []runner.Task) ([]runner.Task, error) {
	p.cfg.Observer.Throttled()
	penalty, err := p.cfg.Store.SlowHost(ctx, host, pause)
	if err != nil || len(rest) == 0 {
		return nil, err
	}
	kept := 0
	if p.interval > 0 {
		now := p.cfg.Now()
		kept = thin(rest, now.Add(pause), now.Add(p.horizon.Slowed), wsc.SlowedInterval(p.interval, penalty))
	}
	if kept == len(rest) {
		return rest, nil
	}
	request := wsc.SlotRequest{Host: host, Count: len(rest) - kept, Interval: p.interval}
	reserved, err := p.cfg.Store.ReserveSlots(ctx, []wsc.SlotRequest{request}, p.horizon)
	if err != nil {
		return nil, err
	}
	now, planned := p.cfg.Now(), rest[:kept]
	for n, task := range rest[kept:] {
		if p.assign(&task, reserved[0], n, now) {
			planned = append(planned, task)
		}
	}
	return planned, nil
}

// thin gives the first tasks those of all the tasks' times that lie between the given ones and an interval apart but for
// their jitter, and returns how many these are. The tasks are ordered by time.
func thin(tasks []runner.Task, from, until time.Time, interval time.Duration) (kept int) {
	for _, task := range tasks {
		if !task.NotBefore.Before(from) && !task.NotBefore.After(until) {
			tasks[kept].NotBefore = task.NotBefore
			from = task.NotBefore.Add(time.Duration((1 - startJitter) * float64(interval)))
			kept++
		}
	}
	return kept
}
