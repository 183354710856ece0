package client_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

func TestExportStreamsAndNamesTheFile(t *testing.T) {
	for header, want := range map[string]string{
		`attachment; filename="websites-results.csv"`:                       "websites-results.csv",
		`attachment; filename="x.csv"; filename*=UTF-8''%C3%BCbersicht.csv`: "übersicht.csv",
		`attachment; filename="../../etc/passwd"`:                           "passwd",
		`attachment; filename="..\\..\\win.ini"`:                            "win.ini",
		`attachment; filename=".."`:                                         "",
		`attachment; filename*=UTF-8''a%0D%0Ab%1B.csv`:                      "ab.csv",
		`attachment`: "",
		``:           "",
	} {
		a := newAPI(t)
		a.mux.HandleFunc("GET /api/v1/jobs/1/export", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/csv")
			w.Header().Set("Content-Disposition", header)
			_, _ = io.WriteString(w, "url\nexample.com\n")
		})
		file, err := a.client(t).Export(t.Context(), "1", client.ExportRequest{
			Format: "csv", Layout: client.LayoutOriginal, Filter: client.ResultFilter{Statuses: []wsc.Status{wsc.StatusError}},
		})
		require.NoError(t, err)
		body, err := io.ReadAll(file)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		require.Equal(t, "url\nexample.com\n", string(body))
		require.Equal(t, want, file.Filename, header)
		require.Equal(t, "text/csv", file.ContentType)
		require.Equal(t, "format=csv&layout=original&status=error", a.asked()[0].URL.RawQuery)
	}
}

func TestAnExportThatBreaksOffIsAnError(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("GET /api/v1/jobs/1/export", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "url\n")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	file, err := a.client(t).Export(t.Context(), "1", client.ExportRequest{Format: "csv"})
	require.NoError(t, err)
	_, err = io.ReadAll(file)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NoError(t, file.Close())
}

func TestExportOfAnUnknownJob(t *testing.T) {
	a := newAPI(t)
	a.mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		answer(t, w, 404, wsc.Problem{Code: wsc.CodeNotFound, Detail: "There is no job 1."})
	})
	_, err := a.client(t).Export(t.Context(), "1", client.ExportRequest{Format: "csv"})
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))
}
