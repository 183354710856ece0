package checker

import (
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

// hopTrace records the phases of one request. Goroutines of net/http, which makes the requests over HTTP/2 and through a
// proxy, write to it too and may outlive the request, hence the lock.
type hopTrace struct {
	mu                sync.Mutex
	stage             stage
	begin             time.Time
	dns, connect, tls time.Duration
	sent, firstByte   time.Time
	remote            string
	wantsCertificate  bool
}

func newHopTrace() *hopTrace { return &hopTrace{begin: time.Now()} }

// restart forgets a connection that turned out to be closed. What it took counts for the total only.
func (t *hopTrace) restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stage, t.sent, t.firstByte, t.remote = stageStart, time.Time{}, time.Time{}, ""
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

// use notes over which connection the request goes.
func (t *hopTrace) use(remote string) {
	t.mu.Lock()
	t.stage, t.remote = stageAnswer, remote
	t.mu.Unlock()
}

// exchanged notes when a request was sent and when the first byte of the answer came, zero if none did.
func (t *hopTrace) exchanged(sent, firstByte time.Time) {
	t.mu.Lock()
	t.sent, t.firstByte = sent, firstByte
	t.mu.Unlock()
}

func (t *hopTrace) gotConn(info httptrace.GotConnInfo) {
	t.use(addressText(info.Conn.RemoteAddr()))
	if info.Reused {
		t.mu.Lock()
		t.dns, t.connect, t.tls = 0, 0, 0
		t.mu.Unlock()
	}
}

func (t *hopTrace) wroteRequest(httptrace.WroteRequestInfo) {
	t.mu.Lock()
	t.sent = time.Now()
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
		if !t.sent.IsZero() && t.firstByte.After(t.sent) {
			timings.TTFB = ms(t.firstByte.Sub(t.sent))
		}
	}
	return timings
}

// remoteIP is the address of the connection that was used, or "".
func (t *hopTrace) remoteIP() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.remote
}

// ms is a duration in milliseconds with microsecond precision.
func ms(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond).Microseconds()) / 1000
}
