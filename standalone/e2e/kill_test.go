package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestNothingIsLostWhenTheProductIsKilledTwice(t *testing.T) {
	const lines = 4000
	s := newSites(t, 20, 20*time.Millisecond)
	p := newProduct(t, map[string]string{"WSC_CHECK_CONCURRENCY": "20"}).start()
	var list strings.Builder
	for n := range lines {
		fmt.Fprintln(&list, s.url("/slow", n))
	}
	job := submit(t, p, "many.txt", list.String(), wsc.Options{})
	for _, share := range []int64{4, 2} {
		eventually(t, time.Minute, "the job is under way", func() bool {
			current, err := p.client.Job(t.Context(), job.ID)
			require.NoError(t, err)
			return current.ProcessedURLs > lines/share
		})
		p.kill()
		p.start()
	}
	watch(t, p, job.ID)
	eventually(t, time.Minute, "the export is stored", func() bool {
		current, err := p.client.Job(t.Context(), job.ID)
		require.NoError(t, err)
		return current.Phase == wsc.PhaseDone
	})
	recordHistory(t, p, job.ID, "killed-twice")
	for _, result := range requireWhole(t, p, job.ID, lines) {
		require.Equal(t, wsc.StatusActive, result.Status, "%s: %s", result.URL, result.ErrorMessage)
	}
	require.GreaterOrEqual(t, s.total(), lines)
	require.Less(t, s.total(), lines+2*2500, "only what was under way is checked again")
}
