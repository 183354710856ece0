// Package postgres is the store on PostgreSQL 15 or later.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the migrations run through database/sql

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/schema"
)

// Store keeps jobs and results in PostgreSQL. It is safe for concurrent use.
type Store struct {
	pool    *pgxpool.Pool
	version int64
}

// Option changes how a Store is opened.
type Option func(*pgxpool.Config)

// WithMaxConns bounds the number of connections. The default is pgxpool's, 4 or the number of CPUs if that is more,
// or pool_max_conns in the URL.
func WithMaxConns(connections int32) Option {
	return func(config *pgxpool.Config) { config.MaxConns = connections }
}

// Open connects to the database, which must be migrated. A URL that can't be read is an error that does not repeat the
// URL's password; a database that does not answer or is not migrated is an error with wsc.CodeStorageUnavailable.
func Open(ctx context.Context, databaseURL string, options ...Option) (*Store, error) {
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	parameters := config.ConnConfig.RuntimeParams
	parameters["timezone"] = "UTC"
	if parameters["application_name"] == "" {
		parameters["application_name"] = "wsc"
	}
	for _, option := range options {
		option(config)
	}
	version, err := schema.PostgresVersion()
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	store := &Store{pool: pool, version: version}
	if err := store.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return store, nil
}

// Migrate brings the database up to date and returns the versions that it applied.
func Migrate(ctx context.Context, databaseURL string) (versions []int64, err error) {
	if _, err := pgx.ParseConfig(databaseURL); err != nil {
		return nil, fmt.Errorf("read the database URL: %w", err)
	}
	db, err := sql.Open("pgx", databaseURL)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.PingContext(ctx); err != nil {
		return nil, failure(ctx, "connect to the database", err)
	}
	return schema.MigratePostgres(ctx, db)
}

// Close waits for queries in progress and closes all connections.
func (s *Store) Close() { s.pool.Close() }

const versionSQL = `SELECT coalesce(max(version_id), 0) FROM ` + schema.VersionTable + ` WHERE is_applied`

// SchemaVersion is the version that the database is migrated to; 0 before the first migration.
func (s *Store) SchemaVersion(ctx context.Context) (int64, error) {
	var version int64
	err := s.pool.QueryRow(ctx, versionSQL).Scan(&version)
	return version, failure(ctx, "read the version of the schema", err)
}

// Ping reports whether the database answers and is migrated.
func (s *Store) Ping(ctx context.Context) error {
	version, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	if version < s.version {
		return notMigrated(fmt.Errorf("the schema has version %d, this program needs %d", version, s.version))
	}
	return nil
}

// withLockedJob runs the statements in one transaction that holds the lock of the job's row, and hands the results of
// the last to read. Everything that writes rows of a job begins so: writers of one job take turns, so that they can't
// deadlock or count a row twice, and no row comes into being for a job that is deleted meanwhile. The statements are
// separate, since one that waits for the lock within itself would look at the state from before the wait.
func (s *Store) withLockedJob(ctx context.Context, what, jobID string, statement string, arguments []any, read func(pgx.Row) error) error {
	id, err := parseID(jobID)
	if err != nil {
		return err
	}
	return s.retry(ctx, what, func() error {
		batch := &pgx.Batch{}
		batch.Queue(`SELECT true FROM jobs WHERE id = $1 FOR NO KEY UPDATE`, id)
		batch.Queue(statement, append([]any{id}, arguments...)...)
		results := s.pool.SendBatch(ctx, batch)
		var found bool
		err := results.QueryRow().Scan(&found)
		if err == nil {
			err = read(results.QueryRow())
		}
		// The transaction ends here, so an error of closing is an error of the write.
		if closeErr := results.Close(); err == nil {
			err = closeErr
		}
		return err
	})
}

// retry runs fn again when the database ended its transaction in favour of another one.
func (s *Store) retry(ctx context.Context, what string, fn func() error) error {
	const tries = 5
	for try := 1; ; try++ {
		err := fn()
		server, ok := errors.AsType[*pgconn.PgError](err)
		lost := ok && (server.Code == serializationFailure || server.Code == deadlockDetected)
		if !lost || try == tries {
			return failure(ctx, what, err)
		}
	}
}

// requireJob returns an error with wsc.CodeNotFound when there is no such job.
func (s *Store) requireJob(ctx context.Context, jobID string) error {
	id, err := parseID(jobID)
	if err != nil {
		return err
	}
	var found bool
	return failure(ctx, "look for the job", s.pool.QueryRow(ctx, `SELECT true FROM jobs WHERE id = $1`, id).Scan(&found))
}

// collect reads all rows of a query with scan.
func collect[T any](ctx context.Context, s *Store, what, query string, arguments []any, scan func(pgx.CollectableRow) (T, error)) ([]T, error) {
	rows, err := s.pool.Query(ctx, query, arguments...)
	if err != nil {
		return nil, failure(ctx, what, err)
	}
	items, err := pgx.CollectRows(rows, scan)
	return items, failure(ctx, what, err)
}

func jobNotFound() error { return wsc.Errorf(wsc.CodeNotFound, "There is no such job.") }
