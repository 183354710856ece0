// Package temporalclient is how the API, the workers and the standalone product talk to Temporal:
// connecting, registering search attributes, and starting and stopping the workflows of jobs.
package temporalclient

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/log"
)

// dialTimeout bounds one try to connect.
const dialTimeout = 10 * time.Second

// Dial connects as the standard TEMPORAL_* environment variables say (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
// TEMPORAL_API_KEY, TEMPORAL_TLS…).
func Dial(ctx context.Context, logger *slog.Logger) (client.Client, error) {
	opts, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read the TEMPORAL_* settings: %w", err)
	}
	return dial(ctx, opts, logger)
}

// DialAddress connects to a server without TLS at host:port, for one that runs beside or inside this process.
func DialAddress(ctx context.Context, address, namespace string, logger *slog.Logger) (client.Client, error) {
	return dial(ctx, client.Options{HostPort: address, Namespace: namespace}, logger)
}

func dial(ctx context.Context, opts client.Options, logger *slog.Logger) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	opts.Logger = log.NewStructuredLogger(logger)
	c, err := client.DialContext(ctx, opts)
	if err != nil {
		address := opts.HostPort
		if address == "" {
			address = client.DefaultHostPort
		}
		return nil, fmt.Errorf("connect to Temporal at %s (set by TEMPORAL_ADDRESS): %w", address, err)
	}
	return c, nil
}
