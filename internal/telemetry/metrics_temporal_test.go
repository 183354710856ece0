package telemetry

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/stretchr/testify/require"
)

// TestEveryMetricOfTheSDKIsKnown compares the list with the constants in the SDK's source, so that a new version of the
// SDK shows what it has that this program would drop.
func TestEveryMetricOfTheSDKIsKnown(t *testing.T) {
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "go.temporal.io/sdk").Output()
	require.NoError(t, err)
	source := filepath.Join(strings.TrimSpace(string(dir)), "internal", "common", "metrics", "constants.go")
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, 0)
	require.NoError(t, err)

	values := map[string]string{}
	var evaluate func(ast.Expr) string
	evaluate = func(expression ast.Expr) string {
		switch e := expression.(type) {
		case *ast.BasicLit:
			text, err := strconv.Unquote(e.Value)
			require.NoError(t, err)
			return text
		case *ast.Ident:
			return values[e.Name]
		case *ast.BinaryExpr:
			return evaluate(e.X) + evaluate(e.Y)
		default:
			t.Fatalf("%T in %s", e, source)
			return ""
		}
	}
	metrics, ok := file.Decls[0].(*ast.GenDecl)
	require.True(t, ok, "the first block has the names of metrics")
	var known []string
	for _, spec := range metrics.Specs {
		value, ok := spec.(*ast.ValueSpec)
		require.True(t, ok)
		name := evaluate(value.Values[0])
		values[value.Names[0].Name] = name
		if name != "temporal_" {
			known = append(known, name)
			if strings.Contains(name, "_request") {
				known = append(known, name+"_attempt") // as internal/grpc_dialer.go has it
			}
		}
	}
	require.Greater(t, len(known), 50)
	var ours []string
	for _, family := range temporalFamilies() {
		ours = append(ours, family.name)
	}
	require.ElementsMatch(t, known, ours)
}

// TestLabelsOfTheSDKAreBounded: the SDK gives one metric different labels at different times, and names of task queues
// that nobody else ever has.
func TestLabelsOfTheSDKAreBounded(t *testing.T) {
	registry := prometheus.NewRegistry()
	handler, err := NewTemporal(registry, []string{"wsc-checks"})
	require.NoError(t, err)
	root := handler.WithTags(map[string]string{"namespace": "default", "client_name": "temporal_go", "worker_type": "none", "task_queue": "none", "activity_type": "none"})

	checks := root.WithTags(map[string]string{"task_queue": "wsc-checks", "activity_type": "CheckBatch", "workflow_type": "JobWorkflow"})
	checks.Counter("temporal_activity_execution_failed").Inc(1)
	checks.WithTags(map[string]string{"failure_reason": "ActivityError"}).Counter("temporal_activity_execution_failed").Inc(2)
	checks.Timer("temporal_activity_schedule_to_start_latency").Record(300 * time.Millisecond)
	checks.Timer("temporal_activity_schedule_to_start_latency").Record(-time.Second)
	for _, queue := range []string{"host-a:6ba7b810", "host-b:1b4e28ba"} {
		root.WithTags(map[string]string{"task_queue": queue, "poller_type": "workflow_sticky_task"}).Gauge("temporal_num_pollers").Update(3)
	}
	root.Gauge("temporal_sticky_cache_size").Update(7)
	root.Counter("temporal_request").Inc(-5)
	root.Counter("temporal_of_a_newer_version").Inc(1)
	root.Gauge("temporal_of_a_newer_version").Update(1)
	root.Timer("temporal_of_a_newer_version").Record(1)

	families, err := registry.Gather()
	require.NoError(t, err)
	var lines []string
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			lines = append(lines, line(family.GetName(), metric))
		}
	}
	require.Equal(t, []string{
		`temporal_activity_execution_failed_total{CheckBatch,,wsc-checks} 1`,
		`temporal_activity_execution_failed_total{CheckBatch,ActivityError,wsc-checks} 2`,
		`temporal_activity_schedule_to_start_latency_seconds{CheckBatch,wsc-checks} 2 0.3`,
		`temporal_num_pollers{workflow_sticky_task,other} 3`,
		`temporal_request_total{} 0`,
		`temporal_sticky_cache_size{} 7`,
	}, lines)
}

// line is a metric with the values of its labels, in the order of their names.
func line(name string, metric *dto.Metric) string {
	var values []string
	for _, label := range metric.GetLabel() {
		values = append(values, label.GetValue())
	}
	text := name + "{" + strings.Join(values, ",") + "} "
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
	switch {
	case metric.GetCounter() != nil:
		return text + number(metric.GetCounter().GetValue())
	case metric.GetHistogram() != nil:
		return text + strconv.FormatUint(metric.GetHistogram().GetSampleCount(), 10) + " " + number(metric.GetHistogram().GetSampleSum())
	default:
		return text + number(metric.GetGauge().GetValue())
	}
}

func TestTimersHaveRisingBuckets(t *testing.T) {
	for _, family := range temporalFamilies() {
		if family.kind == temporalTimer {
			require.Greater(t, len(family.buckets), 5, family.name)
			require.True(t, slices.IsSorted(family.buckets), family.name)
		}
	}
}
