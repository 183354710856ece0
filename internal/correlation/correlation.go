// Package correlation carries through a context the ids by which the log lines, the trace and the error reports of one
// piece of work are found together: the request, the API key that sent it, and the job that is worked on.
package correlation

import (
	"context"
	"sync/atomic"
)

type (
	requestKey struct{}
	jobKey     struct{}
)

// request is what is known of a request. The key is learnt after the request began, and is wanted by those who saw it
// begin, such as the access log.
type request struct {
	id    string
	keyID atomic.Pointer[string]
}

// WithRequest returns a context for one request.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{id: id})
}

// RequestID is the id of the request that the context belongs to, "" outside of one.
func RequestID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r.id
	}
	return ""
}

// SetKeyID notes which API key sent the request, for every context of the request, also those from before the call.
// Outside of a request it does nothing.
func SetKeyID(ctx context.Context, id string) {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		r.keyID.Store(&id)
	}
}

// KeyID is the id of the API key that sent the request, "" while it is not known.
func KeyID(ctx context.Context) string {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		if id := r.keyID.Load(); id != nil {
			return *id
		}
	}
	return ""
}

// WithJobID returns a context for work on one job.
func WithJobID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, jobKey{}, id)
}

// JobID is the id of the job that is worked on, "" if there is none.
func JobID(ctx context.Context) string {
	id, _ := ctx.Value(jobKey{}).(string)
	return id
}
