// Package temporalclient is how the API, the workers and the standalone product talk to Temporal:
// connecting, registering search attributes, and starting, pausing and stopping the workflows of jobs.
package temporalclient

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
)

// Connection is a client and the namespace that it works in. The client is a field, since workers want the SDK's own type.
type Connection struct {
	Client    client.Client
	Namespace string
	// Encrypted is whether payloads are encrypted, so that nothing of a list should be readable in Temporal.
	Encrypted bool
}

// Close ends the connection.
func (c *Connection) Close() { c.Client.Close() }

// dialTimeout bounds one try to connect.
const dialTimeout = 10 * time.Second

// Option changes how a connection is made.
type Option func(*client.Options, *Connection)

// WithMetrics has the SDK tell its metrics.
func WithMetrics(handler client.MetricsHandler) Option {
	return func(options *client.Options, _ *Connection) { options.MetricsHandler = handler }
}

// WithInterceptors has calls, and the workflows and activities of workers on the connection, pass through interceptors,
// the first one outermost. Those that are nil are left out.
func WithInterceptors(interceptors ...interceptor.Interceptor) Option {
	return func(opts *client.Options, _ *Connection) {
		for _, each := range interceptors {
			if each != nil {
				opts.Interceptors = append(opts.Interceptors, each)
			}
		}
	}
}

// Dial connects as the standard TEMPORAL_* environment variables say (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
// TEMPORAL_API_KEY, TEMPORAL_TLS…).
func Dial(ctx context.Context, logger *slog.Logger, options ...Option) (*Connection, error) {
	opts, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, fmt.Errorf("read the TEMPORAL_* settings: %w", err)
	}
	return dial(ctx, opts, logger, options)
}

// DialAddress connects to a server without TLS at host:port, for one that runs beside or inside this process.
func DialAddress(ctx context.Context, address, namespace string, logger *slog.Logger, options ...Option) (*Connection, error) {
	return dial(ctx, client.Options{HostPort: address, Namespace: namespace}, logger, options)
}

func dial(ctx context.Context, opts client.Options, logger *slog.Logger, options []Option) (*Connection, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if opts.Namespace == "" {
		opts.Namespace = client.DefaultNamespace
	}
	opts.Logger = log.NewStructuredLogger(slog.New(quiet{logger.Handler()}))
	opts.Interceptors = append(opts.Interceptors, &jobIDs{})
	connection := &Connection{Namespace: opts.Namespace}
	for _, option := range options {
		option(&opts, connection)
	}
	c, err := client.DialContext(ctx, opts)
	if err != nil {
		address := opts.HostPort
		if address == "" {
			address = client.DefaultHostPort
		}
		return nil, fmt.Errorf("connect to Temporal at %s (set by TEMPORAL_ADDRESS): %w", address, err)
	}
	connection.Client = c
	return connection, nil
}
