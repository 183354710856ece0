package e2e

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// A person uploads a list, looks at it, chooses another column, and starts it; meanwhile the server is killed.
func TestAnUploadIsLookedAtAndStartedAfterAKill(t *testing.T) {
	s := newSites(t, 3, 0)
	p := newProduct(t, s, nil).start()
	var list strings.Builder
	list.WriteString("Website,Shop\n")
	for n := range 30 {
		fmt.Fprintf(&list, "%s,%s\n", s.url("/ok", n), s.url("/missing", n%20))
	}
	kept, err := p.client.Upload(t.Context(), "leads.csv", strings.NewReader(list.String()))
	require.NoError(t, err)
	require.Equal(t, "Website", kept.Preview.URLColumn)
	require.EqualValues(t, 30, kept.Preview.URLs)
	require.Zero(t, s.total(), "nothing is checked by looking")

	p.kill()
	p.start()
	shop, err := p.client.PreviewUpload(t.Context(), kept.ID, client.Reading{URLColumn: "Shop"})
	require.NoError(t, err)
	require.EqualValues(t, 10, shop.Preview.Duplicates)
	job, err := p.client.SubmitURLs(t.Context(), wsc.SubmitRequest{UploadID: kept.ID, Options: wsc.Options{URLColumn: "Shop"}})
	require.NoError(t, err)
	watch(t, p, job.ID)
	p.awaitDone(job.ID)
	for _, result := range requireWhole(t, p, job.ID, 20) {
		require.Equal(t, 404, result.HTTPStatus)
	}
	original, err := p.client.Export(t.Context(), job.ID, client.ExportRequest{Format: "csv", Layout: client.LayoutOriginal})
	require.NoError(t, err)
	defer original.Close()
	var text bytes.Buffer
	_, err = text.ReadFrom(original)
	require.NoError(t, err)
	rows, err := csv.NewReader(&text).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 31, "every row of the upload")
	_, err = p.client.PreviewUpload(t.Context(), kept.ID, client.Reading{})
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
}
