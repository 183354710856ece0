package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/website-status-checker/wsc/workflows"
)

// record is whether histories of real runs are written to the workflows' test data, from which the replay tests read
// them. It is set for a version that is deployed, never to make a failing replay pass.
var record = flag.Bool("record", false, "write the histories of the jobs to workflows/testdata/histories")

// recordHistory stores the history of a job's workflow under a name, if asked to.
func recordHistory(t *testing.T, p *product, jobID, name string) {
	t.Helper()
	if !*record {
		return
	}
	connection, err := client.Dial(client.Options{HostPort: p.temporalAddress})
	require.NoError(t, err)
	defer connection.Close()
	events := connection.GetWorkflowHistory(t.Context(), workflows.JobWorkflowID(jobID), "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	var recorded history.History
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(t, err)
		recorded.Events = append(recorded.Events, event)
	}
	data, err := protojson.MarshalOptions{Indent: " "}.Marshal(&recorded)
	require.NoError(t, err)
	folder := filepath.Join("..", "..", "workflows", "testdata", "histories")
	require.NoError(t, os.MkdirAll(folder, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, name+".json"), append(data, '\n'), 0o644))
}
