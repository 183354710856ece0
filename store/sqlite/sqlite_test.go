package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/store/sqlite"
	"github.com/website-status-checker/wsc/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// open migrates and opens a database file.
func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	_, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	store, err := sqlite.Open(t.Context(), path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, store.Close()) })
	return store
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store {
		t.Helper()
		return open(t, filepath.Join(t.TempDir(), "wsc.db"))
	})
}

func TestPenalty(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wsc.db")
	store := open(t, path)
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	storetest.RunPenalty(t, store, func(t *testing.T, by time.Duration) {
		t.Helper()
		_, err := db.ExecContext(t.Context(), `
UPDATE host_limits SET next_slot = next_slot - ?1, paused_until = paused_until - ?1, penalty_at = penalty_at - ?1`, by.Microseconds())
		require.NoError(t, err)
	})
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) storetest.Store {
		b.Helper()
		return open(b, filepath.Join(b.TempDir(), "wsc.db"))
	})
}

func TestOpenWithoutMigrationSaysWhatToDo(t *testing.T) {
	_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "wsc.db"))
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	require.ErrorContains(t, err, "run wsc migrate")
}

func TestMigrateTwice(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wsc.db")
	versions, err := sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	require.NotEmpty(t, versions)
	versions, err = sqlite.Migrate(t.Context(), path)
	require.NoError(t, err)
	require.Empty(t, versions)
}

func TestAPathIsTakenLiterally(t *testing.T) {
	for _, name := range []string{"a b.db", "100%25.db", "what?mode=memory", "hash#1.db", "é.db", "plus+;&=.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			open(t, path)
			require.FileExists(t, path)
		})
	}
}

func TestWhatIsWrittenIsThereAfterOpeningAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "wsc.db")
	first := open(t, path)
	id := "01890a5d-ac96-774b-bcce-b302099a8057"
	require.NoError(t, first.CreateJob(t.Context(), &wsc.Job{ID: id}, wsc.JobQuota{}))
	second := open(t, path) // as after a process that ended without closing
	_, err := second.Job(t.Context(), id)
	require.NoError(t, err)
}

func TestADatabaseThatIsBrokenIsUnavailable(t *testing.T) {
	t.Run("not a database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "wsc.db")
		require.NoError(t, os.WriteFile(path, []byte("this is a text file, and long enough to have a header\n"), 0o600))
		_, err := sqlite.Open(t.Context(), path)
		require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
		_, err = sqlite.Migrate(t.Context(), path)
		require.Error(t, err)
	})
	t.Run("a folder that does not exist", func(t *testing.T) {
		_, err := sqlite.Migrate(t.Context(), filepath.Join(t.TempDir(), "none", "wsc.db"))
		require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	})
	t.Run("closed", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "wsc.db")
		_, err := sqlite.Migrate(t.Context(), path)
		require.NoError(t, err)
		store, err := sqlite.Open(t.Context(), path)
		require.NoError(t, err)
		require.NoError(t, store.Close())
		storetest.RequireUnavailable(t, store)
	})
}
