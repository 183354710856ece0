// Package schema holds the migrations of both databases and applies them.
package schema

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed postgres/*.sql
var postgresFiles embed.FS

//go:embed sqlite/*.sql
var sqliteFiles embed.FS

// VersionTable is the table in which the applied versions are recorded; the highest version_id is the schema's.
const VersionTable = goose.DefaultTablename

// MigratePostgres brings a PostgreSQL database up to date and returns the versions that it applied, in order; none when
// nothing was to do. Several processes may call it at the same time: one migrates, the others wait.
func MigratePostgres(ctx context.Context, db *sql.DB) ([]int64, error) {
	const second, tries = 1, 300
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(second, tries))
	if err != nil {
		return nil, fmt.Errorf("prepare the lock of the migrations: %w", err)
	}
	return migrate(ctx, goose.DialectPostgres, db, postgresFiles, "postgres", goose.WithSessionLocker(locker))
}

// MigrateSQLite brings an SQLite database up to date and returns the versions that it applied, in order; none when
// nothing was to do. One process at a time may call it for a file.
func MigrateSQLite(ctx context.Context, db *sql.DB) ([]int64, error) {
	return migrate(ctx, goose.DialectSQLite3, db, sqliteFiles, "sqlite")
}

// PostgresVersion is the version that a migrated PostgreSQL database has.
func PostgresVersion() (int64, error) { return latest(postgresFiles, "postgres") }

// SQLiteVersion is the version that a migrated SQLite database has.
func SQLiteVersion() (int64, error) { return latest(sqliteFiles, "sqlite") }

func migrate(ctx context.Context, dialect goose.Dialect, db *sql.DB, files embed.FS, folder string, options ...goose.ProviderOption) ([]int64, error) {
	migrations, err := fs.Sub(files, folder)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	options = append(options, goose.WithDisableGlobalRegistry(true))
	provider, err := goose.NewProvider(dialect, db, migrations, options...)
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return nil, fmt.Errorf("migrate the database: %w", err)
	}
	versions := make([]int64, 0, len(results))
	for _, result := range results {
		versions = append(versions, result.Source.Version)
	}
	return versions, nil
}

// latest is the highest version among the migrations of a folder.
func latest(files embed.FS, folder string) (int64, error) {
	entries, err := files.ReadDir(folder)
	if err != nil {
		return 0, fmt.Errorf("read the migrations: %w", err)
	}
	var highest int64
	for _, entry := range entries {
		version, err := goose.NumericComponent(entry.Name())
		if err != nil {
			return 0, fmt.Errorf("read the version of migration %s: %w", entry.Name(), err)
		}
		highest = max(highest, version)
	}
	return highest, nil
}
