package checker

import (
	"context"
	"net"
	"net/http/httptrace"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// stage is how far a request came; it decides what a timeout means.
type stage int

const (
	stageStart stage = iota
	stageDNS
	stageConnect
	stageTLS
	stageAnswer
	stageBody
)

// hopTrace records the phases of one request. The transport may dial on behalf of a request in another goroutine and
// outlive it, hence the lock.
type hopTrace struct {
	mu                sync.Mutex
	stage             stage
	begin             time.Time
	dns, connect, tls time.Duration
	wrote, firstByte  time.Time
	remote            net.Addr
	conn              *answerConn // nil for HTTP/2
	wantsCertificate  bool
}

// enter notes that a stage begins. A dial that lost against a reused connection does not set the stage back.
func (t *hopTrace) enter(s stage) {
	t.mu.Lock()
	t.stage = max(t.stage, s)
	t.mu.Unlock()
}

// certificateWanted notes that the server asked for a client certificate. Most go on without one; the others break the
// connection off in ways of which only some name the reason.
func (t *hopTrace) certificateWanted() {
	t.mu.Lock()
	t.wantsCertificate = true
	t.mu.Unlock()
}

func (t *hopTrace) wasCertificateWanted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.wantsCertificate
}

func (t *hopTrace) reached() stage {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.stage
}

// spent adds the time since begin to one phase.
func (t *hopTrace) spent(phase *time.Duration, begin time.Time) {
	t.mu.Lock()
	*phase += time.Since(begin)
	t.mu.Unlock()
}

func (t *hopTrace) gotConn(info httptrace.GotConnInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stage = stageAnswer
	t.remote = info.Conn.RemoteAddr()
	if conn, ok := info.Conn.(*answerConn); ok {
		t.conn = conn
		conn.expect()
	}
	if info.Reused {
		t.dns, t.connect, t.tls = 0, 0, 0
	}
}

// putIdle is told that the transport keeps the connection, or that it closed it.
func (t *hopTrace) putIdle(err error) {
	if err == nil {
		t.http1().rest()
	}
}

func (t *hopTrace) wroteRequest(httptrace.WroteRequestInfo) {
	t.mu.Lock()
	t.wrote = time.Now()
	t.mu.Unlock()
}

func (t *hopTrace) gotFirstByte() {
	t.mu.Lock()
	t.firstByte = time.Now()
	t.mu.Unlock()
}

// timings is what was recorded up to now.
func (t *hopTrace) timings() *wsc.Timings {
	now := time.Now()
	t.mu.Lock()
	defer t.mu.Unlock()
	timings := &wsc.Timings{DNS: ms(t.dns), Connect: ms(t.connect), TLS: ms(t.tls), Total: ms(now.Sub(t.begin))}
	if !t.firstByte.IsZero() {
		timings.Download = ms(now.Sub(t.firstByte))
		// A server may answer before it read the whole request; then there was nothing to wait for.
		if !t.wrote.IsZero() && t.firstByte.After(t.wrote) {
			timings.TTFB = ms(t.firstByte.Sub(t.wrote))
		}
	}
	return timings
}

// remoteIP is the address of the connection that was used, or "".
func (t *hopTrace) remoteIP() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if address, ok := t.remote.(*net.TCPAddr); ok {
		return address.AddrPort().Addr().Unmap().String()
	}
	return ""
}

// http1 is the connection that was used, if it speaks HTTP/1; otherwise an unused one.
func (t *hopTrace) http1() *answerConn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.conn == nil {
		return &answerConn{}
	}
	return t.conn
}

// ms is a duration in milliseconds with microsecond precision.
func ms(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
}

// scope is what a dial needs to know about the request that it is made for.
type scope struct {
	// ctx ends with the attempt. The transport detaches dials from their request, so that a later one may use the
	// connection; here each attempt must leave nothing running.
	ctx   context.Context //nolint:containedctx // see above
	trace *hopTrace
}

type scopeKey struct{}

// traced returns a context for one request whose phases go to trace.
func traced(ctx context.Context, trace *hopTrace) context.Context {
	ctx = context.WithValue(ctx, scopeKey{}, &scope{ctx: ctx, trace: trace})
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:              trace.gotConn,
		PutIdleConn:          trace.putIdle,
		WroteRequest:         trace.wroteRequest,
		GotFirstResponseByte: trace.gotFirstByte,
	})
}

// scopeOf returns the scope that traced put into the context.
func scopeOf(ctx context.Context) *scope {
	if s, ok := ctx.Value(scopeKey{}).(*scope); ok {
		return s
	}
	return &scope{ctx: ctx, trace: &hopTrace{}}
}
