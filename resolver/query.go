package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// How long answers are kept; see Resolver.
const (
	maxTTL         = 5 * time.Minute
	maxNegativeTTL = time.Minute
	failureTTL     = 3 * time.Second // shorter than any pause before a check is tried again
)

// start runs a flight in the background.
func (r *Resolver) start(fl *flight) {
	r.asking.Go(func() {
		select {
		case r.slots <- struct{}{}:
		case <-r.ctx.Done():
			r.cache.land(fl, answer{failure: closedFailure()}, 0)
			return
		}
		defer func() { <-r.slots }()
		if r.cache.abandoned(fl) {
			return
		}
		ctx, cancel := context.WithTimeout(r.ctx, flightLimit)
		defer cancel()
		found, ttl := r.ask(ctx, fl.name, fl.family)
		now := r.now()
		found.until = now + ttl
		r.cache.land(fl, found, now)
	})
}

func closedFailure() *failure {
	return &failure{kind: misbehaving, text: "the resolver is closed"}
}

// ask asks the servers until one knows, and returns its answer and how long that may be kept. A server that did not
// answer is asked again after all others, one that does not know is not.
func (r *Resolver) ask(ctx context.Context, name string, f family) (answer, time.Duration) {
	question, err := newQuestion(name, f)
	if err != nil {
		return answer{failure: &failure{kind: notFound, cause: err}}, 0
	}
	settings := r.settings
	if r.system != nil {
		settings = r.system.current(r.now()).settings
	}
	servers := settings.servers
	first := r.favourite.first(len(servers))
	unwilling := make([]bool, len(servers))
	var failed *failure
	for range settings.attempts {
		for i := range servers {
			index := (first + i) % len(servers)
			if unwilling[index] {
				continue
			}
			reply, err := exchange(ctx, servers[index], question, settings.timeout)
			if err == nil {
				r.favourite.answered(index)
				return reply.answer()
			}
			latest := failureOf(err, servers[index])
			failed = worse(failed, latest)
			switch {
			case r.ctx.Err() != nil:
				return answer{failure: closedFailure()}, 0
			case ctx.Err() != nil:
				return answer{failure: failed}, failureTTL
			}
			unwilling[index] = latest.kind == misbehaving
		}
	}
	if failed.kind == local {
		return answer{failure: failed}, 0 // which says nothing about the name
	}
	return answer{failure: failed}, failureTTL
}

// failureOf classifies an error of an exchange. Only an error of this machine is wrapped: callers take the numbers of
// system errors for what happened here.
func failureOf(err error, server netip.AddrPort) *failure {
	f := &failure{kind: misbehaving, server: server.String()}
	var number syscall.Errno
	var refusal *refusalError
	var network net.Error
	switch {
	case errors.As(err, &refusal):
		f.text = "server misbehaving: " + refusal.reason
	case errors.As(err, &number) && isShortage(number, server):
		f.kind, f.text, f.cause = local, number.Error(), err
	case errors.As(err, &network) && network.Timeout():
		f.kind = timeout
	case number != 0:
		f.text = "server not reachable: " + number.Error()
	default:
		f.text = "server not reachable"
	}
	return f
}

// isShortage reports whether this machine lacks a resource for another socket.
func isShortage(number syscall.Errno, server netip.AddrPort) bool {
	switch number {
	case syscall.EMFILE, syscall.ENFILE, syscall.ENOBUFS, syscall.ENOMEM:
		return true
	case syscall.EADDRNOTAVAIL, syscall.EAGAIN: // no port is free; with IPv6 also that there is no address
		return server.Addr().Is4()
	default:
		return false
	}
}
