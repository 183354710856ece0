package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/pgtest"
	"github.com/website-status-checker/wsc/store/postgres"
	"github.com/website-status-checker/wsc/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.WithServer(m)) }

func open(t testing.TB, databaseURL string) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(t.Context(), databaseURL, postgres.WithMaxConns(8))
	require.NoError(t, err)
	t.Cleanup(store.Close)
	return store
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store {
		t.Helper()
		return open(t, pgtest.NewDatabase(t))
	})
}

func TestPenalty(t *testing.T) {
	databaseURL := pgtest.NewDatabase(t)
	storetest.RunPenalty(t, open(t, databaseURL), func(t *testing.T, by time.Duration) {
		t.Helper()
		execute(t, databaseURL, fmt.Sprintf(`
UPDATE host_limits SET next_slot = next_slot - span, paused_until = paused_until - span, penalty_at = penalty_at - span
FROM (SELECT interval '%d microseconds' AS span) AS by`, by.Microseconds()))
	})
}

// An older version of the program stores no texts for the search.
func TestResultsWithoutTextsAreSearchedAsWell(t *testing.T) {
	databaseURL := pgtest.NewDatabase(t)
	store := open(t, databaseURL)
	id := storetest.SearchedJob(t, store)
	execute(t, databaseURL, `DELETE FROM result_texts WHERE seq > 10000`)
	storetest.RunSearch(t, store, id)
}

func BenchmarkStore(b *testing.B) {
	storetest.Benchmark(b, func(b *testing.B) storetest.Store {
		b.Helper()
		return open(b, pgtest.NewDatabase(b))
	})
}

func TestOpenWithoutMigrationSaysWhatToDo(t *testing.T) {
	databaseURL := pgtest.NewEmptyDatabase(t)
	_, err := postgres.Open(t.Context(), databaseURL)
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	require.ErrorContains(t, err, "run wsc migrate")

	versions, err := postgres.Migrate(t.Context(), databaseURL)
	require.NoError(t, err)
	require.NotEmpty(t, versions)
	require.NoError(t, open(t, databaseURL).Ping(t.Context()))

	execute(t, databaseURL, `DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`)
	_, err = postgres.Open(t.Context(), databaseURL)
	require.ErrorContains(t, err, "run wsc migrate", "half migrated")
}

func TestMigrateTwiceAndAtTheSameTime(t *testing.T) {
	databaseURL := pgtest.NewEmptyDatabase(t)
	const callers = 3
	applied := make([]int, callers)
	failures := make([]error, callers)
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			versions, err := postgres.Migrate(t.Context(), databaseURL)
			applied[i], failures[i] = len(versions), err
		})
	}
	wait.Wait()
	total := 0
	for i := range callers {
		require.NoError(t, failures[i])
		total += applied[i]
	}
	versions, err := postgres.Migrate(t.Context(), databaseURL)
	require.NoError(t, err)
	require.Empty(t, versions)
	require.Positive(t, total)
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	_, err := postgres.Open(t.Context(), "postgres://user:secret@host:port/db")
	require.ErrorContains(t, err, "database URL")
	require.NotContains(t, err.Error(), "secret")

	_, err = postgres.Open(t.Context(), "postgres://postgres@127.0.0.1:1/none?connect_timeout=2")
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	_, err = postgres.Migrate(t.Context(), "postgres://postgres@127.0.0.1:1/none?connect_timeout=2")
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
}

func TestADatabaseThatIsGoneIsUnavailable(t *testing.T) {
	server, err := pgtest.Start(t.Context())
	require.NoError(t, err)
	store := open(t, server.URL("wsc_template"))
	require.NoError(t, store.Ping(t.Context()))
	require.NoError(t, server.Stop())
	storetest.RequireUnavailable(t, store)
}

func TestATableThatIsMissingAsksForMigration(t *testing.T) {
	databaseURL := pgtest.NewDatabase(t)
	store := open(t, databaseURL)
	execute(t, databaseURL, `DROP TABLE jobs`)
	_, err := store.Jobs(t.Context(), wsc.JobFilter{Limit: 1})
	require.Equal(t, wsc.CodeStorageUnavailable, wsc.CodeOf(err))
	require.ErrorContains(t, err, "run wsc migrate")
}

func execute(t *testing.T, databaseURL, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), databaseURL)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), statement)
	require.NoError(t, err)
	require.NoError(t, conn.Close(context.WithoutCancel(t.Context())))
}

func TestQueriesThatWaitForAConnectionAreSeen(t *testing.T) {
	store, err := postgres.Open(t.Context(), pgtest.NewDatabase(t), postgres.WithMaxConns(1))
	require.NoError(t, err)
	defer store.Close()
	before := store.PoolStats()["main"]
	require.Equal(t, 1, before.MaxOpenConnections)
	var queries sync.WaitGroup
	for range 16 {
		queries.Go(func() {
			for range 20 {
				assert.NoError(t, store.Ping(t.Context()))
			}
		})
	}
	queries.Wait()
	after := store.PoolStats()["main"]
	require.Greater(t, after.WaitCount, before.WaitCount)
	require.Greater(t, after.WaitDuration, before.WaitDuration)
	require.Equal(t, 1, after.OpenConnections)
}
