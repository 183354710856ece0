package activities

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

// openTimeout bounds one call to the service that keeps the keys for secrets.
const openTimeout = 5 * time.Second

// Opener decrypts secrets of the store for the purpose for which they were sealed.
type Opener interface {
	Open(ctx context.Context, purpose, sealed string) (secret []byte, err error)
}

// headers are the request headers of a job with their values. When the values can't be decrypted, the job waits: whoever
// runs the product can put the key back.
func (a *Activities) headers(ctx context.Context, job *wsc.Job) (map[string]string, error) {
	if job.SealedHeaders == "" {
		return job.PlainHeaders, nil
	}
	if a.cfg.Secrets == nil {
		return nil, errors.New("the request headers of the job are encrypted, and this worker has no key: set WSC_SECRETS_URL as on the API servers")
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	values, err := a.cfg.Secrets.Open(ctx, wsc.JobHeadersPurpose(job.ID), job.SealedHeaders)
	if err != nil {
		return nil, fmt.Errorf("read the request headers of the job: %w", err)
	}
	var headers map[string]string
	if err := json.Unmarshal(values, &headers); err != nil {
		return nil, errors.New("read the request headers of the job: they are not what was sealed") // the error of JSON might quote them
	}
	return headers, nil
}
