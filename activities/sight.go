package activities

import (
	"context"
	"time"

	"go.temporal.io/sdk/temporal"
)

const (
	// blindDelay is how long a batch waits after a worker without a network had it, for another worker or for the
	// network, and blindSpread by how much more by chance, so that not all batches come back together.
	blindDelay  = 10 * time.Second
	blindSpread = 5 * time.Second
)

// seeing is an error while the network of this worker is away: a batch gives back what it could not check. The error is
// benign to Temporal, which would otherwise log it for every batch; who made the Sight is told once.
func (a *Activities) seeing(ctx context.Context) error {
	if !a.cfg.Sight.Blind(ctx) {
		return nil
	}
	if err := context.Cause(ctx); err != nil {
		return err
	}
	return temporal.NewApplicationErrorWithOptions("The worker's network is away: even the control URL does not answer. The batch is tried again.",
		ErrBlind, temporal.ApplicationErrorOptions{
			NextRetryDelay: blindDelay + time.Duration(a.cfg.Random()*float64(blindSpread)),
			Category:       temporal.ApplicationErrorCategoryBenign,
		})
}
