package main

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	namespaceRetention = 24 * time.Hour
	namespaceTimeout   = time.Minute
)

// registerNamespace registers the API's namespace and waits until the Temporal server knows it everywhere. A namespace of
// its own keeps the API's jobs from the workers of the program that the Temporal server is part of.
func (l *load) registerNamespace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, namespaceTimeout)
	defer cancel()
	namespaces, err := client.NewNamespaceClient(client.Options{HostPort: l.temporal})
	if err != nil {
		return fmt.Errorf("connect to Temporal (-temporal): %w", err)
	}
	defer namespaces.Close()
	if err := namespaces.Register(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: l.namespace, WorkflowExecutionRetentionPeriod: durationpb.New(namespaceRetention),
	}); err != nil {
		return fmt.Errorf("register the namespace: %w", err)
	}
	connection, err := client.DialContext(ctx, client.Options{HostPort: l.temporal, Namespace: l.namespace})
	if err != nil {
		return fmt.Errorf("connect to Temporal (-temporal): %w", err)
	}
	defer connection.Close()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		_, err := connection.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{Namespace: l.namespace})
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the namespace: %w: %w", ctx.Err(), err)
		case <-ticker.C:
		}
	}
}
