package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	wsc "github.com/website-status-checker/wsc"
)

// SQLSTATEs, from appendix A of the PostgreSQL manual.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	undefinedTable       = "42P01"
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
	if errors.Is(err, pgx.ErrNoRows) {
		return jobNotFound()
	}
	err = fmt.Errorf("%s: %w", what, err)
	if server, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch server.Code {
		case uniqueViolation:
			return wsc.Errorf(wsc.CodeConflict, "This exists already.").Because(err)
		case undefinedTable:
			return notMigrated(err)
		}
	}
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The database is not available at the moment; try again later.").Because(err)
}

func notMigrated(err error) error {
	return wsc.Errorf(wsc.CodeStorageUnavailable, "The database is not migrated; run wsc migrate.").Because(err)
}

// parseID reads a job's id. What is not a UUID in its usual form is the id of no job.
func parseID(id string) ([16]byte, error) {
	parsed, err := uuid.Parse(id)
	if err != nil || parsed.String() != id {
		return [16]byte{}, jobNotFound()
	}
	return parsed, nil
}
