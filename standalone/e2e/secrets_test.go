package e2e

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/proxy"
	"go.temporal.io/api/query/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/pgtest"
	"github.com/website-status-checker/wsc/workflows"
)

const (
	// markedName is the name of a list, which Temporal sees in plain text unless payloads are encrypted.
	markedName = "marked-list-name"
	// markedHeader is the value of a header, which nobody but the site may see.
	markedHeader = "marked-header-value"
)

func temporalKeys(ids ...string) string {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte(id[:1]), 32))
	}
	return strings.Join(keys, ",")
}

// rawWorkflow is everything that Temporal's server tells about the workflow of a job: its history, its description, and
// the answers of its queries. Payloads in JSON are base64, so everything is appended as bytes too. encodings counts the
// payloads by their encoding, without search attributes.
func rawWorkflow(t *testing.T, address, jobID string) (everything string, encodings map[string]int) {
	t.Helper()
	connection, err := client.Dial(client.Options{HostPort: address})
	require.NoError(t, err)
	defer connection.Close()
	service, execution := connection.WorkflowService(), &common.WorkflowExecution{WorkflowId: workflows.JobWorkflowID(jobID)}
	var text strings.Builder
	encodings = map[string]int{}
	visit := proxy.VisitPayloadsOptions{SkipSearchAttributes: true, Visitor: func(_ *proxy.VisitPayloadsContext, payloads []*common.Payload) ([]*common.Payload, error) {
		for _, payload := range payloads {
			encodings[string(payload.GetMetadata()["encoding"])]++
		}
		return payloads, nil
	}}
	add := func(message proto.Message) {
		text.WriteString(protojson.Format(message) + "\n")
		encoded, err := proto.Marshal(message)
		require.NoError(t, err)
		text.Write(encoded)
		require.NoError(t, proxy.VisitPayloads(t.Context(), message, visit))
	}
	described, err := service.DescribeWorkflowExecution(t.Context(), &workflowservice.DescribeWorkflowExecutionRequest{Namespace: "default", Execution: execution})
	require.NoError(t, err)
	add(described)
	for _, name := range []string{workflows.QueryProgress, "__temporal_workflow_metadata"} {
		answer, err := service.QueryWorkflow(t.Context(), &workflowservice.QueryWorkflowRequest{
			Namespace: "default", Execution: execution, Query: &query.WorkflowQuery{QueryType: name},
		})
		require.NoError(t, err)
		add(answer)
	}
	var page []byte
	for {
		answer, err := service.GetWorkflowExecutionHistory(t.Context(), &workflowservice.GetWorkflowExecutionHistoryRequest{
			Namespace: "default", Execution: execution, NextPageToken: page, HistoryEventFilterType: enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
		})
		require.NoError(t, err)
		add(answer)
		if page = answer.GetNextPageToken(); len(page) == 0 {
			return text.String(), encodings
		}
	}
}

// marks returns the files below a folder that contain a text.
func marks(t *testing.T, dir, text string) []string {
	t.Helper()
	var found []string
	require.NoError(t, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	}))
	return found
}

// headerSite answers 200 to requests with the marked header, and 401 to others.
func headerSite(t *testing.T) *sites {
	t.Helper()
	s := newSites(t, 1, 0)
	s.authorize = func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+markedHeader }
	return s
}

func TestTemporalSeesNoListsWhenPayloadsAreEncrypted(t *testing.T) {
	s := newSites(t, 1, 0)
	list := s.url("/ok", 1) + "\n" + s.url("/flaky", 2) + "\n"
	p := newProduct(t, s, map[string]string{"WSC_LOG_LEVEL": "debug"}).start()

	plain := submit(t, p, markedName+".txt", list, wsc.Options{})
	p.awaitDone(plain.ID)
	raw, encodings := rawWorkflow(t, p.temporalAddress, plain.ID)
	require.Contains(t, raw, markedName, "without encryption the name can be read")
	require.Positive(t, encodings["json/plain"])
	require.NoError(t, p.terminate())

	p.env["WSC_TEMPORAL_KEYS"] = temporalKeys("first")
	p.start()
	secret := submit(t, p, markedName+".txt", list, wsc.Options{})
	require.Equal(t, wsc.JobCompleted, p.awaitDone(secret.ID).Status)
	requireWhole(t, p, secret.ID, 2)
	raw, encodings = rawWorkflow(t, p.temporalAddress, secret.ID)
	require.NotContains(t, raw, markedName)
	t.Logf("payloads of the encrypted workflow by encoding: %v", encodings)
	require.Len(t, encodings, 1, "every payload but search attributes is encrypted: %v", encodings)
	require.Positive(t, encodings["binary/encrypted"])
	require.NoError(t, p.terminate())

	// The key is rotated: what the old one encrypted is still read, by a query that replays the history.
	p.env["WSC_TEMPORAL_KEYS"] = temporalKeys("second", "first")
	p.start()
	raw, _ = rawWorkflow(t, p.temporalAddress, secret.ID)
	require.NotContains(t, raw, markedName)
	rotated := submit(t, p, markedName+".txt", list, wsc.Options{})
	require.Equal(t, wsc.JobCompleted, p.awaitDone(rotated.ID).Status)
	require.NoError(t, p.terminate())
}

func TestARunningJobOutlivesChangesOfTheKeys(t *testing.T) {
	const lines = 600
	s := newSites(t, 4, 50*time.Millisecond)
	p := newProduct(t, s, map[string]string{"WSC_CHECK_CONCURRENCY": "4"}).start()
	job := submit(t, p, "many.txt", s.list("/slow", lines), wsc.Options{})
	p.awaitResults(job.ID, 20)
	require.NoError(t, p.terminate())

	p.env["WSC_TEMPORAL_KEYS"] = temporalKeys("first")
	p.start()
	secret := submit(t, p, "secret.txt", s.list("/slow", lines), wsc.Options{})
	p.awaitResults(secret.ID, 20)
	require.NoError(t, p.terminate())

	for _, keys := range []string{temporalKeys("second"), ""} {
		p.env["WSC_TEMPORAL_KEYS"] = keys
		p.start()
		eventually(t, time.Minute, "what is missing is logged", func() bool {
			return strings.Contains(p.output.String(), `its key \"first\" is not among those of WSC_TEMPORAL_KEYS`)
		})
		require.NoError(t, p.terminate())
	}

	p.env["WSC_TEMPORAL_KEYS"] = temporalKeys("second", "first")
	p.start()
	for _, id := range []string{job.ID, secret.ID} {
		require.Equal(t, wsc.JobCompleted, p.awaitDone(id).Status)
		requireWhole(t, p, id, lines)
	}
}

func TestANewJobWaitsForAWorkerWithTheKeys(t *testing.T) {
	s := newSites(t, 1, 0)
	c := newCluster(t, s, 0, map[string]string{"WSC_TEMPORAL_KEYS": temporalKeys("first")})
	env := maps.Clone(c.env)
	env["WSC_TEMPORAL_KEYS"] = ""
	without := start(t, env, built.wsc, "worker")
	job := submit(t, c.product, "list.txt", s.url("/ok", 1)+"\n", wsc.Options{})
	eventually(t, time.Minute, "what is missing is logged", func() bool {
		return strings.Contains(without.output.String(), `its key \"first\" is not among those of WSC_TEMPORAL_KEYS`)
	})
	require.NoError(t, without.terminate())

	start(t, c.env, built.wsc, "worker")
	require.Equal(t, wsc.JobCompleted, c.awaitDone(job.ID).Status)
	requireWhole(t, c.product, job.ID, 1)
}

func TestHeaderValuesAreReadableNowhere(t *testing.T) {
	s := headerSite(t)
	p := newProduct(t, s, map[string]string{"WSC_LOG_LEVEL": "debug"}).start()
	job := submit(t, p, "list.txt", s.url("/ok", 1)+"\n", wsc.Options{Headers: map[string]string{"Authorization": "Bearer " + markedHeader}})
	require.Equal(t, "***", job.Options.Headers["Authorization"])
	require.Equal(t, "***", p.awaitDone(job.ID).Options.Headers["Authorization"])
	for _, result := range requireWhole(t, p, job.ID, 1) {
		require.Equal(t, wsc.StatusActive, result.Status, "the site was sent the header: %s", result.ErrorMessage)
	}
	raw, _ := rawWorkflow(t, p.temporalAddress, job.ID)
	require.NotContains(t, raw, markedHeader)

	info, err := os.Stat(filepath.Join(p.dir, "secrets.key"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, p.terminate())
	require.NotContains(t, p.output.String(), markedHeader)
	require.Empty(t, marks(t, p.dir, markedHeader), "neither in databases and their logs nor in files")
	require.NotEmpty(t, marks(t, p.dir, s.url("/ok", 1)), "the search finds what is there")
}

func TestASecretsKeyIsMadeOnceAndAWrongOneIsOneLine(t *testing.T) {
	p := newProduct(t, nil, nil).start()
	path := filepath.Join(p.dir, "secrets.key")
	made, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, p.terminate())
	p.start()
	kept, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, made, kept)
	require.NoError(t, p.terminate())

	require.NoError(t, os.WriteFile(path, []byte("base64key://hunter2\n"), 0o600))
	for variable, value := range map[string]string{"WSC_SECRETS_URL_FILE": path, "WSC_SECRETS_URL": "hunter2", "WSC_TEMPORAL_KEYS": "hunter2"} {
		env := map[string]string{"WSC_DATA_DIR": t.TempDir(), variable: value}
		for name, value := range p.env {
			if name != "WSC_DATA_DIR" {
				env[name] = value
			}
		}
		second := start(t, env, built.standalone)
		<-second.exited
		require.Error(t, second.err)
		text := strings.TrimSpace(second.output.String())
		require.NotContains(t, text, "\n", "one line")
		require.Contains(t, text, variable)
		require.NotContains(t, text, "hunter2")
	}
}

func TestAClusterSealsHeadersOnlyWithAKey(t *testing.T) {
	s := headerSite(t)
	keyFile := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(keyFile, []byte("base64key://"+base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32))), 0o600))
	c := newCluster(t, s, 1, map[string]string{"WSC_SECRETS_URL_FILE": keyFile, "WSC_TEMPORAL_KEYS": temporalKeys("k")})
	options := wsc.Options{Headers: map[string]string{"Authorization": "Bearer " + markedHeader}}
	job := submit(t, c.product, "list.txt", s.url("/ok", 1)+"\n", options)
	require.Equal(t, wsc.JobCompleted, c.awaitDone(job.ID).Status)
	for _, result := range requireWhole(t, c.product, job.ID, 1) {
		require.Equal(t, wsc.StatusActive, result.Status, result.ErrorMessage)
	}

	require.NoError(t, c.terminate())
	c.env["WSC_SECRETS_URL_FILE"] = ""
	c.env["WSC_DATABASE_URL"] = pgtest.NewDatabase(t)
	c.process = start(t, c.env, built.wsc, "api")
	eventually(t, time.Minute, "the API is ready", func() bool { return c.client.Ready(t.Context()) == nil })
	_, err := c.client.SubmitURLs(t.Context(), wsc.SubmitRequest{URLs: []string{s.url("/ok", 1)}, Options: options})
	require.Equal(t, wsc.CodeInvalidOptions, wsc.CodeOf(err))
	require.ErrorContains(t, err, "WSC_SECRETS_URL")
}
