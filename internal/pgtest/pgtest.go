// Package pgtest runs a private PostgreSQL server for tests, from the binaries that are installed on the machine.
//
// A test package starts one server for all its tests in TestMain, and every test takes a database of its own:
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.WithServer(m).Run()) }
//
//	func TestSomething(t *testing.T) {
//		store, err := postgres.Open(t.Context(), pgtest.NewDatabase(t))
//		…
//	}
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/website-status-checker/wsc/internal/pgserver"
	"github.com/website-status-checker/wsc/store/postgres"
)

// serverVariable carries the server's URL from TestMain to the tests, and to the programs that they start.
const serverVariable = "WSC_TEST_POSTGRES_URL"

const (
	emptyTemplate    = "template1"
	migratedTemplate = "wsc_template"
)

// Tests is what a *testing.M does.
type Tests interface{ Run() int }

// WithServer wraps the tests of a package so that Run starts a server before them and stops it afterwards. When that is
// not possible, Run says why in one line and fails.
func WithServer(tests Tests) Tests { return testsWithServer{tests} }

type testsWithServer struct{ tests Tests }

// Run runs the tests and returns their exit code, or 1 when the server failed.
func (t testsWithServer) Run() int {
	code, err := t.run(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, "FAIL:", err)
		return max(code, 1)
	}
	return code
}

func (t testsWithServer) run(ctx context.Context) (int, error) {
	server, err := Start(ctx)
	if err != nil {
		return 1, err
	}
	if err := os.Setenv(serverVariable, server.URL("")); err != nil {
		return 1, fmt.Errorf("pass the server's address on: %w", err)
	}
	code := t.tests.Run()
	return code, server.Stop()
}

// Start starts a server of its own for a test that stops it. It has the database wsc_template, which is migrated.
func Start(ctx context.Context) (*pgserver.Server, error) {
	server, err := pgserver.Start(ctx)
	if err != nil {
		return nil, err
	}
	if err := prepareTemplate(ctx, server); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return server, nil
}

// NewDatabase creates a migrated database that is dropped at the end of the test, and returns its URL.
// It needs WithServer in TestMain.
func NewDatabase(t testing.TB) string {
	t.Helper()
	return newDatabase(t, migratedTemplate)
}

// NewEmptyDatabase is NewDatabase without any table in the database.
func NewEmptyDatabase(t testing.TB) string {
	t.Helper()
	return newDatabase(t, emptyTemplate)
}

func newDatabase(t testing.TB, template string) string {
	t.Helper()
	serverURL := os.Getenv(serverVariable)
	require.NotEmpty(t, serverURL, "pgtest.WithServer was not called in TestMain")
	name := "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	execute(t, serverURL, `CREATE DATABASE `+name+` TEMPLATE `+template)
	t.Cleanup(func() { execute(t, serverURL, `DROP DATABASE `+name+` WITH (FORCE)`) })
	return pgserver.DatabaseURL(serverURL, name)
}

func execute(t testing.TB, serverURL, statement string) {
	t.Helper()
	// The test's own context has ended when its clean-up runs.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	require.NoError(t, executeOn(ctx, serverURL, statement))
}

func executeOn(ctx context.Context, databaseURL, statement string) error {
	conn, err := pgx.Connect(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("connect to the test server: %w", err)
	}
	_, err = conn.Exec(ctx, statement)
	if closeErr := conn.Close(ctx); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}

// prepareTemplate creates the migrated database that the tests' databases are copies of.
func prepareTemplate(ctx context.Context, server *pgserver.Server) error {
	if err := executeOn(ctx, server.URL(""), `CREATE DATABASE `+migratedTemplate+` TEMPLATE `+emptyTemplate); err != nil {
		return err
	}
	_, err := postgres.Migrate(ctx, server.URL(migratedTemplate))
	return err
}
