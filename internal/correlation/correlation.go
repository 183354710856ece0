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

// request is what is known of a request. The key and the job are learnt after the request began, and are wanted by those
// who saw it begin, such as the access log.
type request struct {
	id           string
	keyID, jobID atomic.Pointer[string]
}

func requestOf(ctx context.Context) *request {
	r, _ := ctx.Value(requestKey{}).(*request)
	return r
}

// WithRequest returns a context for one request.
func WithRequest(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{id: id})
}

// RequestID is the id of the request that the context belongs to, "" outside of one.
func RequestID(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.id
	}
	return ""
}

// SetKeyID notes which API key sent the request, for every context of the request, also those from before the call.
// Outside of a request it does nothing.
func SetKeyID(ctx context.Context, id string) {
	if r := requestOf(ctx); r != nil {
		r.keyID.Store(&id)
	}
}

// KeyID is the id of the API key that sent the request, "" while it is not known.
func KeyID(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return loaded(&r.keyID)
	}
	return ""
}

// SetJobID notes which job the request is about, for every context of the request, also those from before the call.
// Outside of a request it does nothing.
func SetJobID(ctx context.Context, id string) {
	if r := requestOf(ctx); r != nil {
		r.jobID.Store(&id)
	}
}

// WithJobID returns a context for work on one job.
func WithJobID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, jobKey{}, id)
}

// JobID is the id of the job that is worked on or that the request is about, "" if there is none.
func JobID(ctx context.Context) string {
	if id, ok := ctx.Value(jobKey{}).(string); ok {
		return id
	}
	if r := requestOf(ctx); r != nil {
		return loaded(&r.jobID)
	}
	return ""
}

func loaded(id *atomic.Pointer[string]) string {
	if text := id.Load(); text != nil {
		return *text
	}
	return ""
}
