package apiserver

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/jobs"
)

// stallBytes is the progress that an upload must make within the stall time to be given the same time again.
const stallBytes = 16 << 10

// uploadBody reads the body of an upload. It bounds the body's size and, by a read deadline that moves on with the
// upload's progress, its slowness. Its errors are ready for the client: wsc.CodeUploadTooLarge, wsc.CodeRequestTimeout, or
// wsc.CodeMalformedBody for a body that breaks off.
type uploadBody struct {
	body    io.ReadCloser
	control *http.ResponseController
	stall   time.Duration
	limit   int64
	fresh   int // bytes since the deadline was set
}

// newUploadBody wraps the request's body. limit is what is told to the client; envelope is what may come on top of it.
// 0 is no limit.
func newUploadBody(w http.ResponseWriter, r *http.Request, limit, envelope int64, stall time.Duration) *uploadBody {
	body := r.Body
	if limit > 0 {
		body = http.MaxBytesReader(w, r.Body, limit+envelope)
	}
	b := &uploadBody{body: body, control: http.NewResponseController(w), stall: stall, limit: limit}
	b.extend()
	return b
}

// Read reads from the body.
func (b *uploadBody) Read(data []byte) (int, error) {
	n, err := b.body.Read(data)
	if b.fresh += n; b.fresh >= stallBytes {
		b.extend()
	}
	if err == nil || err == io.EOF { // not a wrapped one, which is a fault
		return n, err
	}
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return n, jobs.TooLarge(b.limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, wsc.Errorf(wsc.CodeRequestTimeout, "The upload came to a halt; it must make progress at least every %s.", b.stall).Because(err)
	default:
		return n, wsc.Errorf(wsc.CodeMalformedBody, "The upload broke off before its end.").Because(err)
	}
}

// Close closes the body.
func (b *uploadBody) Close() error { return b.body.Close() }

func (b *uploadBody) extend() {
	b.fresh = 0
	b.setDeadline(time.Now().Add(b.stall))
}

// release lifts the deadline. Without it net/http would take its passing for the end of the connection and cancel
// the request's context while the upload is still being validated.
func (b *uploadBody) release() { b.setDeadline(time.Time{}) }

func (b *uploadBody) setDeadline(deadline time.Time) {
	// Connections that know no deadlines (tests' recorders) need none.
	_ = b.control.SetReadDeadline(deadline)
}
