package activities

import (
	"errors"

	"go.temporal.io/sdk/temporal"

	wsc "github.com/website-status-checker/wsc"
)

// The types of application errors that workflows tell apart. All others are infrastructure faults and are retried.
const (
	// ErrJobGone: the job was deleted. There is nothing left to do.
	ErrJobGone = "JobGone"
	// ErrBadList: the upload can't be read. The message is a sentence for people.
	ErrBadList = "BadList"
	// ErrJobOver: the job had its final status before its workflow began.
	ErrJobOver = "JobOver"
	// ErrWorkerStopping: the worker shuts down; another one goes on with the batch.
	ErrWorkerStopping = "WorkerStopping"
	// ErrBlind: the worker's network is away, so that its checks would blame the sites. The batch is tried again.
	ErrBlind = "Blind"
)

// storeError ends retries when the job is gone.
func storeError(err error) error {
	if wsc.CodeOf(err) == wsc.CodeNotFound {
		return temporal.NewNonRetryableApplicationError("The job was deleted.", ErrJobGone, err)
	}
	return err
}

// listError ends retries when the upload itself is at fault.
func listError(err error) error {
	var e *wsc.Error
	if !errors.As(err, &e) || e.Code == wsc.CodeInternal || e.Code == wsc.CodeStorageUnavailable {
		return err
	}
	message := e.Message
	if place := e.Place.String(); place != "" {
		message = place + ": " + message
	}
	return temporal.NewNonRetryableApplicationError(message, ErrBadList, err)
}
