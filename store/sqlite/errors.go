package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	wsc "github.com/website-status-checker/wsc"
)

// failure turns an error of the driver into the domain's. What was being done is told in the cause, which people don't
// see. The end of the context passes through as it is.
func failure(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, ok := errors.AsType[*wsc.Error](err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return jobNotFound()
	}
	err = fmt.Errorf("%s: %w", what, err)
	if driver, ok := errors.AsType[*sqlite.Error](err); ok {
		switch {
		case driver.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE, driver.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
			return wsc.Errorf(wsc.CodeConflict, "This exists already.").Because(err)
		case strings.Contains(driver.Error(), "no such table"): // SQLite has no code of its own for it
			return notMigrated(err)
		}
	}
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The database is not available at the moment; try again later.").Because(err)
}

func jobNotFound() error { return wsc.Errorf(wsc.CodeNotFound, "There is no such job.") }

func notMigrated(err error) error {
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The database is not migrated; run wsc migrate.").Because(err)
}
