package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// shutdownTimeout bounds how long answers under way may take when a server stops.
const shutdownTimeout = 5 * time.Second

// Serve answers requests on the listener, and starts jobs that were accepted without a workflow, until ctx ends. Then it
// lets answers under way finish, for a few seconds, and returns nil. It closes the listener and the API.
func Serve(ctx context.Context, listener net.Listener, api *API) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	server := api.HTTPServer()
	failed := make(chan error, 1)
	var background sync.WaitGroup
	background.Go(func() { api.Reconcile(ctx) })
	background.Go(func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve the API: %w", err)
		}
	})
	var failure error
	select {
	case <-ctx.Done():
	case failure = <-failed:
	}
	cancel()
	shutdown, cancelShutdown := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancelShutdown()
	err := server.Shutdown(shutdown)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close() // downloads that take longer are broken off
	}
	background.Wait()
	api.Close() //nolint:contextcheck // the context has ended
	return errors.Join(failure, err)
}
