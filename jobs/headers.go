package jobs

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"

	wsc "github.com/website-status-checker/wsc"
)

// Sealer encrypts secrets before they are stored. A secret opens only for the purpose for which it was sealed.
type Sealer interface {
	Seal(ctx context.Context, purpose string, secret []byte) (sealed string, err error)
	Open(ctx context.Context, purpose, sealed string) (secret []byte, err error)
}

// acceptHeaders refuses request headers that could not be kept safely, or that are no headers but what is shown of them.
func (s *Service) acceptHeaders(options wsc.Options) error {
	if len(options.Headers) > 0 && s.sealer == nil {
		return wsc.Errorf(wsc.CodeInvalidOptions, "This server stores no request headers, since it has no key to encrypt them with. Its operator can set one: WSC_SECRETS_URL.").
			At(wsc.Place{Field: "options.headers"})
	}
	return options.RefuseMaskedHeaders()
}

// sealHeaders encrypts header values for the row of a job; "" if there are none.
func (s *Service) sealHeaders(ctx context.Context, jobID string, headers map[string]string) (string, error) {
	if len(headers) == 0 {
		return "", nil
	}
	ctx, cancel := context.WithTimeout(ctx, sealTimeout)
	defer cancel()
	values, err := json.Marshal(headers)
	if err != nil {
		return "", fmt.Errorf("seal request headers: %w", err)
	}
	sealed, err := s.sealer.Seal(ctx, wsc.JobHeadersPurpose(jobID), values)
	if err != nil {
		return "", wsc.Errorf(wsc.CodeStorageUnavailable, "The server can't encrypt the request headers now; try again in a minute.").
			Because(fmt.Errorf("seal request headers: %w", err))
	}
	return sealed, nil
}

// openHeaders returns the header values of a stored job; nil if it has none.
func (s *Service) openHeaders(ctx context.Context, job *wsc.Job) (map[string]string, error) {
	if job.SealedHeaders == "" {
		return job.PlainHeaders, nil
	}
	if s.sealer == nil {
		return nil, s.acceptHeaders(job.Options)
	}
	ctx, cancel := context.WithTimeout(ctx, sealTimeout)
	defer cancel()
	values, err := s.sealer.Open(ctx, wsc.JobHeadersPurpose(job.ID), job.SealedHeaders)
	if err != nil {
		return nil, wsc.Errorf(wsc.CodeStorageUnavailable, "The server can't read the request headers of the earlier job now; try again in a minute.").
			Because(fmt.Errorf("read request headers: %w", err))
	}
	var headers map[string]string
	if err := json.Unmarshal(values, &headers); err != nil {
		return nil, errors.New("read request headers: they are not what was sealed") // the error of JSON might quote them
	}
	return headers, nil
}

// hasHeaders reports whether a job was submitted with these header values; their names are known to be the same. A hash of
// the values in the row would do for that too, but whoever reads the row could try passwords on it.
func (s *Service) hasHeaders(ctx context.Context, job *wsc.Job, headers map[string]string) (bool, error) {
	if len(headers) == 0 {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, sealTimeout)
	defer cancel()
	given, err := json.Marshal(headers)
	if err != nil {
		return false, fmt.Errorf("compare request headers: %w", err)
	}
	stored, err := s.sealer.Open(ctx, wsc.JobHeadersPurpose(job.ID), job.SealedHeaders)
	if err != nil {
		return false, wsc.Errorf(wsc.CodeStorageUnavailable, "The server can't read the request headers of the earlier job now; try again in a minute.").
			Because(fmt.Errorf("compare request headers: %w", err))
	}
	return subtle.ConstantTimeCompare(given, stored) == 1, nil // maps become JSON in the order of their keys
}
