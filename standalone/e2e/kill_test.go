package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
)

func TestNothingIsLostWhenTheProductIsKilledTwice(t *testing.T) {
	const lines = 4000
	s := newSites(t, 20, 20*time.Millisecond)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "20"}).start()
	job := submit(t, p, "many.txt", s.list("/slow", lines), wsc.Options{})
	for _, share := range []int64{4, 2} {
		p.awaitResults(job.ID, lines/share)
		p.kill()
		p.start()
	}
	watch(t, p, job.ID)
	p.awaitDone(job.ID)
	recordHistory(t, p, job.ID, "killed-twice")
	for _, result := range requireWhole(t, p, job.ID, lines) {
		require.Equal(t, wsc.StatusActive, result.Status, "%s: %s", result.URL, result.ErrorMessage)
	}
	require.GreaterOrEqual(t, s.total(), lines)
	require.Less(t, s.total(), lines+2*2500, "only what was under way is checked again")
}
