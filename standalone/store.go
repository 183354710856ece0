package main

import (
	"context"
	"fmt"

	"github.com/website-status-checker/wsc/internal/app"
	"github.com/website-status-checker/wsc/store/sqlite"
)

// openStore opens the database file, creating it or bringing it up to date first.
func (p *program) openStore(ctx context.Context, path string) (app.Store, error) {
	if _, err := sqlite.Migrate(ctx, path); err != nil {
		return nil, fmt.Errorf("migrate %s: %w", path, err)
	}
	store, err := sqlite.Open(ctx, path, sqlite.WithTracing(p.telemetry.Tracing.Provider()))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	p.onStop(store.Close)
	return store, nil
}
