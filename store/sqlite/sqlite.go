// Package sqlite is the store on SQLite, for one process.
package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"strings"

	"modernc.org/sqlite"

	"github.com/website-status-checker/wsc/schema"
	"github.com/website-status-checker/wsc/store/internal/storable"
)

// Store keeps jobs and results in an SQLite file. It is safe for concurrent use by one process.
//
// SQLite lets one connection write at a time. All writes share one connection, so that they queue in this process, in
// order, instead of polling for the file's lock; reads have connections of their own, which writes do not hold up.
type Store struct {
	writer  *sql.DB
	readers *sql.DB
	version int64
}

// Open opens the database file, which must be migrated: otherwise the error has wsc.CodeStorageUnavailable.
func Open(ctx context.Context, path string, opts ...Option) (*Store, error) {
	var o options
	for _, option := range opts {
		option(&o)
	}
	version, err := schema.SQLiteVersion()
	if err != nil {
		return nil, err
	}
	writer, err := openFile(path, "_txlock=immediate", o)
	if err != nil {
		return nil, err
	}
	writer.SetMaxOpenConns(1)
	readers, err := openFile(path, "_pragma=query_only(1)", o)
	if err != nil {
		return nil, errors.Join(err, writer.Close())
	}
	connections := max(4, runtime.NumCPU())
	readers.SetMaxOpenConns(connections)
	readers.SetMaxIdleConns(connections)
	store := &Store{writer: writer, readers: readers, version: version}
	if err := store.Ping(ctx); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return store, nil
}

// Migrate creates the database file if it does not exist, brings it up to date and returns the versions that it applied.
func Migrate(ctx context.Context, path string) (versions []int64, err error) {
	db, err := openFile(path, "_txlock=immediate", options{})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1)
	if err := db.PingContext(ctx); err != nil {
		return nil, failure(ctx, "open the database", err)
	}
	return schema.MigrateSQLite(ctx, db)
}

// Close waits for queries in progress and closes the file.
func (s *Store) Close() error { return errors.Join(s.readers.Close(), s.writer.Close()) }

const versionSQL = `SELECT coalesce(max(version_id), 0) FROM ` + schema.VersionTable + ` WHERE is_applied`

// SchemaVersion is the version that the database is migrated to; 0 before the first migration.
func (s *Store) SchemaVersion(ctx context.Context) (int64, error) {
	var version int64
	err := s.readers.QueryRowContext(ctx, versionSQL).Scan(&version)
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

// checkpointPages is after how many pages (of 4 KiB) the log is copied into the database. The batches of a job change the
// same pages again and again, so a longer log saves most of the copying.
const checkpointPages = "8000"

// openFile opens the file in WAL mode, in which a commit survives the end of the process, however it ends.
func openFile(path, parameters string, o options) (*sql.DB, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	// A path may contain ? and %, which mean something in a URI.
	name := "file:" + (&url.URL{Path: filepath.ToSlash(absolute)}).EscapedPath() +
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=foreign_keys(1)" +
		"&_pragma=temp_store(MEMORY)&_pragma=cache_size(-16000)&_pragma=wal_autocheckpoint(" + checkpointPages + ")&" + parameters
	d := &sqlite.Driver{}
	if err := d.RegisterDeterministicScalarFunction("contains_fold", 2, containsFold); err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return o.openDB(connector{driver: d, name: name}), nil
}

// containsFold is the SQL function contains_fold(text, lower): whether the text contains what is given in lower case,
// ignoring case. SQLite's own LIKE and lower know the case of ASCII letters only.
func containsFold(_ *sqlite.FunctionContext, arguments []driver.Value) (driver.Value, error) {
	text, isText := arguments[0].(string)
	lower, isLower := arguments[1].(string)
	return isText && isLower && strings.Contains(strings.ToLower(text), lower), nil
}

// lowered prepares a text for contains_fold.
func lowered(text string) string { return strings.ToLower(storable.Text(text)) }

// connector opens connections of a driver of our own, so that the SQL function is registered nowhere else.
type connector struct {
	driver *sqlite.Driver
	name   string
}

// Connect opens a connection.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.driver.Open(c.name)
}

// Driver returns the driver.
func (c connector) Driver() driver.Driver { return c.driver }

// write runs fn in a transaction of the one writing connection. An error of fn rolls it back.
func (s *Store) write(ctx context.Context, what string, fn func(tx *sql.Tx) error) error {
	tx, err := s.writer.BeginTx(ctx, nil)
	if err != nil {
		return failure(ctx, what, err)
	}
	if err := fn(tx); err != nil {
		if rollback := tx.Rollback(); rollback != nil && !errors.Is(rollback, sql.ErrTxDone) {
			err = errors.Join(err, rollback)
		}
		return failure(ctx, what, err)
	}
	return failure(ctx, what, tx.Commit())
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// requireJob returns an error with wsc.CodeNotFound when there is no such job.
func requireJob(ctx context.Context, db querier, jobID string) error {
	var found bool
	return failure(ctx, "look for the job", db.QueryRowContext(ctx, `SELECT true FROM jobs WHERE id = ?`, jobID).Scan(&found))
}

// row is what scan functions read from.
type row interface {
	Scan(destinations ...any) error
}

// collect reads all rows of a query with scan.
func collect[T any](ctx context.Context, db querier, what, query string, arguments []any, scan func(row) (T, error)) ([]T, error) {
	items, err := collectRows(ctx, db, query, arguments, scan)
	return items, failure(ctx, what, err)
}

func collectRows[T any](ctx context.Context, db querier, query string, arguments []any, scan func(row) (T, error)) (items []T, err error) {
	rows, err := db.QueryContext(ctx, query, arguments...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	items = []T{}
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, rows.Err()
}
