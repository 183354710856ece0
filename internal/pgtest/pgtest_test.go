package pgtest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/website-status-checker/wsc/internal/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.WithServer(m)) }

func tables(t *testing.T, url string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	rows, err := conn.Query(t.Context(), `SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.NoError(t, conn.Close(t.Context()))
	return names
}

func TestNewDatabaseIsMigratedAndItsOwn(t *testing.T) {
	first, second := pgtest.NewDatabase(t), pgtest.NewDatabase(t)
	require.NotEqual(t, first, second)
	for _, url := range []string{first, second} {
		require.Contains(t, tables(t, url), "jobs")
	}
}

func TestNewEmptyDatabaseHasNoTables(t *testing.T) {
	require.Empty(t, tables(t, pgtest.NewEmptyDatabase(t)))
}

// childVariable makes this test program the child of TestNothingIsLeftWhenTheTestsAreKilled.
const childVariable = "WSC_TEST_PGTEST_CHILD"

func TestNothingIsLeftWhenTheTestsAreKilled(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		fmt.Fprintln(os.Stdout, "url", pgtest.NewDatabase(t)) // the parent reads it
		<-t.Context().Done()
		return
	}
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o777))
	for parent := filepath.Dir(folder); parent != os.TempDir() && parent != "/"; parent = filepath.Dir(parent) {
		require.NoError(t, os.Chmod(parent, 0o755))
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), childVariable+"=1", "TMPDIR="+folder)
	output, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	url := ""
	lines := bufio.NewScanner(output)
	for url == "" && lines.Scan() {
		url, _ = strings.CutPrefix(lines.Text(), "url ")
		if !strings.HasPrefix(url, "postgres://") {
			url = ""
		}
	}
	require.NotEmpty(t, url)
	require.NotEmpty(t, tables(t, url))

	require.NoError(t, child.Process.Kill())
	require.Error(t, child.Wait(), "killed")
	require.Eventually(t, func() bool {
		left, err := os.ReadDir(folder)
		return err == nil && len(left) == 0
	}, time.Minute, 20*time.Millisecond, "the folder is removed, after the server has ended")
	_, err = pgx.Connect(t.Context(), url)
	require.Error(t, err)
}
