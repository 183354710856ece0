package jobs

import (
	"context"
	"fmt"
	"sync"

	wsc "github.com/website-status-checker/wsc"
)

// keyOfOwner is an idempotency key; every owner has keys of its own.
type keyOfOwner struct{ owner, key string }

// keysInUse lets one submission at a time work under an idempotency key.
type keysInUse struct {
	mu sync.Mutex
	// done has a channel for each key in use, which is closed when the key is free again.
	done map[keyOfOwner]chan struct{}
}

// take waits until the key is free and takes it. The caller releases it. The error is the context's.
func (k *keysInUse) take(ctx context.Context, owner, key string) (release func(), err error) {
	id := keyOfOwner{owner, key}
	for {
		k.mu.Lock()
		busy, taken := k.done[id]
		if !taken {
			done := make(chan struct{})
			k.done[id] = done
			k.mu.Unlock()
			return func() {
				k.mu.Lock()
				defer k.mu.Unlock()
				delete(k.done, id)
				close(done)
			}, nil
		}
		k.mu.Unlock()
		select {
		case <-busy:
		case <-ctx.Done():
			return nil, fmt.Errorf("wait for the submission with the same key: %w", context.Cause(ctx))
		}
	}
}

// repeated finds the job that an earlier submission with the same idempotency key made, as long as the key stands for it.
func (s *Service) repeated(ctx context.Context, sub Submission, hash string) (job *wsc.Job, found bool, err error) {
	if sub.IdempotencyKey == "" {
		return nil, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, rowTimeout)
	defer cancel()
	job, err = s.store.JobByIdempotencyKey(ctx, sub.Owner, sub.IdempotencyKey)
	if wsc.CodeOf(err) == wsc.CodeNotFound {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("look up idempotency key: %w", err)
	}
	if s.now().Sub(job.CreatedAt) >= wsc.IdempotencyWindow {
		return nil, false, nil
	}
	same := job.RequestHash == hash
	if same {
		if same, err = s.hasHeaders(ctx, job, sub.Options.Headers); err != nil {
			return nil, false, err
		}
	}
	if !same {
		return nil, false, wsc.Errorf(wsc.CodeIdempotencyConflict, "This Idempotency-Key was already used for another list or other options. Use a new key for a new submission.")
	}
	return job, true, nil
}
