package e2e

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/website-status-checker/wsc/internal/telemetrytest"
)

// answers keeps what a server answers, headers and bodies, as evidence. Answers that show the new secret of a key by
// design are left out, and what shows the lines of a list has the place "results".
type answers struct {
	mu    sync.Mutex
	kept  []func() evidence
	codes map[int]int
}

// RoundTrip sends a request and keeps the answer.
func (a *answers) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	path := request.URL.Path
	showsSecret := response.StatusCode < 300 && request.Method == http.MethodPost && (strings.HasSuffix(path, "/keys") || strings.HasSuffix(path, "/rotate"))
	kind := "answer"
	if strings.HasSuffix(path, "/results") || strings.HasSuffix(path, "/export") || strings.HasSuffix(path, "/checks") {
		kind = "results"
	}
	var head bytes.Buffer
	_ = response.Header.Write(&head) // a buffer takes everything
	body := &lockedBuffer{}
	response.Body = &tee{Reader: io.TeeReader(response.Body, body), Closer: response.Body}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.codes == nil {
		a.codes = map[int]int{}
	}
	a.codes[response.StatusCode]++
	if !showsSecret {
		place := fmt.Sprintf("%s/%s %s %d", kind, request.Method, path, response.StatusCode)
		a.kept = append(a.kept, func() evidence { return evidence{place, []byte(head.String() + body.String())} })
	}
	return response, nil
}

type tee struct {
	io.Reader
	io.Closer
}

// addTo hands over what was kept.
func (a *answers) addTo(s *searcher) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, kept := range a.kept {
		each := kept()
		s.add(each.place, each.data)
	}
}

// addTelemetry adds what arrived at the receivers. The DSN that Sentry's protocol puts in front of each report is left
// out: its key tells the receiver whose report it is.
func addTelemetry(s *searcher, spans *telemetrytest.Collector, reports *telemetrytest.Sentry, dsn string) {
	for _, span := range spans.Spans() {
		s.add("trace/"+span.Service+" "+span.Name, []byte(span.Raw))
	}
	for _, event := range reports.Events() {
		s.add("sentry/"+event.Transaction, []byte(strings.ReplaceAll(event.Raw, `"dsn":"`+dsn+`"`, "")))
	}
}

// addHistories adds everything that Temporal keeps of all workflows of a namespace, as JSON and as bytes: in JSON,
// payloads are base64.
func addHistories(t *testing.T, s *searcher, address, namespace string) (workflows int) {
	t.Helper()
	connection, err := client.Dial(client.Options{HostPort: address, Namespace: namespace})
	require.NoError(t, err)
	defer connection.Close()
	service := connection.WorkflowService()
	add := func(place string, message proto.Message) {
		encoded, err := proto.Marshal(message)
		require.NoError(t, err)
		s.add(place, []byte(protojson.Format(message)))
		s.add(place, encoded)
	}
	list, err := service.ListWorkflowExecutions(t.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: namespace, PageSize: 1000})
	require.NoError(t, err)
	add("history/list of workflows", list)
	for _, execution := range list.GetExecutions() {
		place := "history/" + execution.GetExecution().GetWorkflowId()
		described, err := service.DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{
			Namespace: namespace, Execution: execution.GetExecution(),
		})
		require.NoError(t, err)
		add(place, described)
		var page []byte
		for more := true; more; more = len(page) > 0 {
			answer, err := service.GetWorkflowExecutionHistory(t.Context(), &workflowservice.GetWorkflowExecutionHistoryRequest{
				Namespace: namespace, Execution: execution.GetExecution(), NextPageToken: page, HistoryEventFilterType: enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
			})
			require.NoError(t, err)
			add(place, answer)
			page = answer.GetNextPageToken()
		}
	}
	return len(list.GetExecutions())
}

// addFiles adds every file below a folder.
func addFiles(t *testing.T, s *searcher, dir string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		s.add("file/"+strings.TrimPrefix(path, dir+"/"), data)
		return err
	}))
}

// addTables adds every row of a database as text, bytes in hexadecimal.
func addTables(t *testing.T, s *searcher, databaseURL string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), databaseURL)
	require.NoError(t, err)
	defer func() { require.NoError(t, connection.Close(t.Context())) }()
	text := func(statement string) []string {
		rows, err := connection.Query(t.Context(), statement)
		require.NoError(t, err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		return lines
	}
	tables := text(`SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`)
	require.NotEmpty(t, tables)
	for _, table := range tables {
		name := pgx.Identifier{table}.Sanitize()
		s.add("table/"+table, []byte(strings.Join(text(`SELECT each::text FROM `+name+` each`), "\n")))
	}
}

// addRun runs a program to its end and adds what it printed.
func addRun(t *testing.T, s *searcher, place string, env map[string]string, program string, args ...string) *process {
	t.Helper()
	p := start(t, env, program, args...)
	select {
	case <-p.exited:
	case <-time.After(30 * time.Second):
		p.kill()
		require.Fail(t, "it does not end", "%v printed: %s", args, p.output)
	}
	s.add(place, []byte(p.output.String()))
	return p
}
