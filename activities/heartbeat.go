package activities

import (
	"context"
	"sync"
	"time"

	"go.temporal.io/sdk/activity"
)

const heartbeatInterval = 2 * time.Second

// heartbeat reports details every heartbeatInterval until the returned function is called.
// Cancellation reaches an activity through its heartbeats only.
func heartbeat(ctx context.Context, details func() any) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		ticker := time.NewTicker(heartbeatInterval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				activity.RecordHeartbeat(ctx, details())
			}
		}
	})
	return func() {
		close(done)
		wg.Wait()
	}
}
