package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// mixedList has 40 good, 5 missing, 5 flaky pages, 3 lines that are no URLs, a duplicate and a blank line,
// in a spreadsheet's way: several columns, the URLs in the second.
func mixedList(s *sites) string {
	var b strings.Builder
	b.WriteString("Name;Website;Note\n")
	row := 0
	add := func(url string) {
		row++
		fmt.Fprintf(&b, "Site %d;%s;=SUM(1)\n", row, url)
	}
	for n := range 40 {
		add(s.url("/ok", n))
	}
	for n := range 5 {
		add(s.url("/missing", n))
		add(s.url("/flaky", n))
	}
	add("not a url")
	add("ftp://example.com/")
	add("http://user:pw@example.com/")
	add(s.url("/ok", 7))
	b.WriteString(";;\n")
	return b.String()
}

const (
	mixedTargets = 50
	mixedRows    = 53
)

func submit(t *testing.T, p *product, name, list string, options wsc.Options) *wsc.Job {
	t.Helper()
	job, err := p.client.SubmitFile(t.Context(), name, strings.NewReader(list), options)
	require.NoError(t, err)
	return job
}

// watch follows a job to its end and returns every progress event.
func watch(t *testing.T, p *product, id string) []wsc.Progress {
	t.Helper()
	var events []wsc.Progress
	require.NoError(t, p.client.Watch(t.Context(), id, func(progress wsc.Progress) error {
		events = append(events, progress)
		return nil
	}))
	require.NotEmpty(t, events)
	return events
}

func download(t *testing.T, p *product, id, format string) []byte {
	t.Helper()
	file, err := p.client.Export(t.Context(), id, client.ExportRequest{Format: format})
	require.NoError(t, err)
	defer file.Close()
	data, err := io.ReadAll(file)
	require.NoError(t, err)
	return data
}

// requireWhole checks that the job, its counters, its results and its exports all agree on the number of rows.
func requireWhole(t *testing.T, p *product, id string, rows int) []wsc.Result {
	t.Helper()
	job, err := p.client.Job(t.Context(), id)
	require.NoError(t, err)
	require.EqualValues(t, rows, job.TotalURLs)
	require.EqualValues(t, rows, job.ProcessedURLs)
	require.EqualValues(t, rows, job.ActiveCount+job.InactiveCount+job.ErrorCount)
	seen := map[int64]bool{}
	var results []wsc.Result
	for result, err := range p.client.AllResults(t.Context(), id, client.ResultQuery{Limit: 1000}) {
		require.NoError(t, err)
		require.False(t, seen[result.Seq], "seq %d twice", result.Seq)
		seen[result.Seq] = true
		results = append(results, *result)
	}
	require.Len(t, results, rows)

	records, err := csv.NewReader(bytes.NewReader(download(t, p, id, "csv"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, rows+1, "CSV rows with header")
	var list []wsc.Result
	require.NoError(t, json.Unmarshal(download(t, p, id, "json"), &list))
	require.Len(t, list, rows)
	book, err := excelize.OpenReader(bytes.NewReader(download(t, p, id, "xlsx")))
	require.NoError(t, err)
	defer book.Close()
	sheet, err := book.GetRows("Results")
	require.NoError(t, err)
	require.Len(t, sheet, rows+1, "XLSX rows with header")
	return results
}

func TestAFileGoesInAndASpreadsheetComesOut(t *testing.T) {
	s := newSites(t, 5, 0)
	p := newProduct(t, s, nil).start()
	job := submit(t, p, "leads.csv", mixedList(s), wsc.Options{CaptureTitle: true})
	require.Contains(t, []wsc.JobStatus{wsc.JobPending, wsc.JobProcessing}, job.Status)

	events := watch(t, p, job.ID)
	last := events[len(events)-1]
	require.Equal(t, wsc.JobCompleted, last.Status)
	require.InDelta(t, 100, last.Percent, 0)
	waited := false
	for _, event := range events {
		waited = waited || event.Phase == wsc.PhaseWaitingToRetry
	}
	require.True(t, waited, "flaky pages are tried again after a pause")

	p.awaitDone(job.ID)
	recordHistory(t, p, job.ID, "completed-with-retries")
	results := requireWhole(t, p, job.ID, mixedRows)
	byStatus := map[wsc.Status]int{}
	for _, result := range results {
		byStatus[result.Status]++
		if strings.Contains(result.URL, "/flaky/") {
			require.Equal(t, 2, result.Attempts, result.URL)
			require.Equal(t, wsc.StatusActive, result.Status)
		}
	}
	require.Equal(t, map[wsc.Status]int{wsc.StatusActive: 45, wsc.StatusInactive: 5, wsc.StatusError: 3}, byStatus)
	job, err := p.client.Job(t.Context(), job.ID)
	require.NoError(t, err)
	require.EqualValues(t, 3, job.InvalidCount)
	require.EqualValues(t, 1, job.DuplicateCount)
	require.EqualValues(t, 1, job.BlankCount)
	require.Equal(t, "Website", job.List.URLColumn)
	require.Equal(t, mixedTargets+len("flak")+1, s.total(), "every target once, flaky ones twice")

	original, err := p.client.Export(t.Context(), job.ID, client.ExportRequest{Format: "csv", Layout: "original"})
	require.NoError(t, err)
	defer original.Close()
	records, err := csv.NewReader(original).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, 1+mixedRows+2, "every row of the upload, the duplicate and the blank one included")
	require.Equal(t, []string{"Name", "Website", "Note"}, records[0][:3])

	response, err := http.Get(p.temporalUI)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)

	require.NoError(t, p.client.Delete(t.Context(), job.ID))
	_, err = p.client.Job(t.Context(), job.ID)
	require.Equal(t, wsc.CodeNotFound, wsc.CodeOf(err))

	require.NoError(t, p.terminate(), "a product that was asked to stop ends without an error")
	require.NotContains(t, p.output.String(), "panic")
}

func TestProgressIsShownEverySecondWhileSlowSitesAreChecked(t *testing.T) {
	s := newSites(t, 20, 300*time.Millisecond)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "50"}).start()
	job := submit(t, p, "slow.txt", s.list("/slow", 1000), wsc.Options{})
	last, longest, distinct, percent := time.Now(), time.Duration(0), 0, -1.0
	require.NoError(t, p.client.Watch(t.Context(), job.ID, func(progress wsc.Progress) error {
		longest, last = max(longest, time.Since(last)), time.Now()
		require.GreaterOrEqual(t, progress.Percent, percent, "progress never goes back")
		if progress.Percent > percent {
			distinct++
		}
		percent = progress.Percent
		return nil
	}))
	require.InDelta(t, 100, percent, 0)
	require.GreaterOrEqual(t, distinct, 5)
	require.Less(t, longest, 2*time.Second)
}

func TestACancelledJobKeepsWhatItHas(t *testing.T) {
	s := newSites(t, 5, 500*time.Millisecond)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "20"}).start()
	job := submit(t, p, "long.txt", s.list("/slow", 2000), wsc.Options{})
	p.awaitResults(job.ID, 50)
	_, err := p.client.Cancel(t.Context(), job.ID)
	require.NoError(t, err)
	cancelled := p.awaitDone(job.ID)
	require.Equal(t, wsc.JobCancelled, cancelled.Status)
	recordHistory(t, p, job.ID, "cancelled")
	require.Less(t, cancelled.ProcessedURLs, int64(2000))
	records, err := csv.NewReader(bytes.NewReader(download(t, p, job.ID, "csv"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, records, int(cancelled.ProcessedURLs)+1)
	_, err = p.client.Cancel(t.Context(), job.ID)
	require.Equal(t, wsc.CodeJobFinished, wsc.CodeOf(err))
}

func TestAJobIsDeletedWhenItsTimeIsOver(t *testing.T) {
	s := newSites(t, 1, 0)
	p := newProduct(t, s, map[string]string{"WSC_RETENTION": "2s"}).start()
	job := submit(t, p, "short.txt", s.url("/ok", 1), wsc.Options{})
	watch(t, p, job.ID)
	eventually(t, 30*time.Second, "the job is gone", func() bool {
		_, err := p.client.Job(t.Context(), job.ID)
		return wsc.CodeOf(err) == wsc.CodeNotFound
	})
}

func TestATakenPortIsOneClearLine(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	for _, variable := range []string{"WSC_LISTEN", "WSC_TEMPORAL_PORT", "WSC_TEMPORAL_UI_PORT"} {
		ports := freePorts(t, 3)
		env := map[string]string{
			"WSC_DATA_DIR": t.TempDir(), "WSC_LISTEN": "127.0.0.1:" + strconv.Itoa(ports[0]),
			"WSC_TEMPORAL_PORT": strconv.Itoa(ports[1]), "WSC_TEMPORAL_UI_PORT": strconv.Itoa(ports[2]),
		}
		env[variable] = p.env[variable]
		second := start(t, env, built.standalone)
		<-second.exited
		require.Error(t, second.err)
		text := strings.TrimSpace(second.output.String())
		require.NotContains(t, text, "\n", "one line")
		require.Contains(t, text, "another program uses the port")
		require.Contains(t, text, variable)
	}
	second := start(t, map[string]string{"WSC_DATA_DIR": p.dir}, built.standalone)
	<-second.exited
	require.Contains(t, second.output.String(), "another wsc-standalone uses it")
}
