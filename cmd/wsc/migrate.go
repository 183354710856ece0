package main

import (
	"context"
	"fmt"

	"github.com/website-status-checker/wsc/internal/config"
	"github.com/website-status-checker/wsc/store/postgres"
)

type migrateCommand struct {
	config.Database `embed:""`
}

// Run brings the database up to date.
func (c *migrateCommand) Run(ctx context.Context, p *process) error {
	url, err := c.URL()
	if err != nil {
		return usagef("%s", err)
	}
	versions, err := postgres.Migrate(ctx, url)
	if err != nil {
		return err
	}
	if len(versions) == 0 {
		_, err = fmt.Fprintln(p.stdout, "The database is up to date.")
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "The database is migrated to version %d.\n", versions[len(versions)-1])
	return err
}
