package urllist

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	// maxPeakBytes is what reading any list may take, and maxWorkbookBytes up to which size of a workbook that holds.
	maxPeakBytes     = 150e6
	maxWorkbookBytes = 20e6
	// maxScanSeconds catches what takes more than linear time; a busy machine takes several times what a quiet one does.
	maxScanSeconds = 60
)

// No list that we can think of takes much memory, whatever it unpacks to. Each is read by a process of its own, which is
// built without the race detector, as the product is.
func TestHostileListsTakeLittleMemory(t *testing.T) {
	program := filepath.Join(t.TempDir(), "hostile")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, "./internal/hostile")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	run := func(t *testing.T, args ...string) []byte {
		t.Helper()
		command := exec.CommandContext(t.Context(), program, args...)
		command.Env = append(os.Environ(), "GOMEMLIMIT=off", "GOGC=100")
		var stderr strings.Builder
		command.Stderr = &stderr
		output, err := command.Output()
		require.NoError(t, err, "%s", stderr.String())
		return output
	}
	for name := range strings.FieldsSeq(string(run(t, "list"))) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			run(t, "make", name, path)
			var figures struct {
				Bytes     int64   `json:"bytes"`
				PeakBytes int64   `json:"peak_bytes"`
				Seconds   float64 `json:"seconds"`
				URLs      int64   `json:"urls"`
				Code      string  `json:"code"`
			}
			require.NoError(t, json.Unmarshal(run(t, "scan", path), &figures))
			t.Logf("%.1f MB in the file, %.1f MB at most in memory, %.1f s: %d URLs %s",
				float64(figures.Bytes)/1e6, float64(figures.PeakBytes)/1e6, figures.Seconds, figures.URLs, figures.Code)
			if strings.HasSuffix(name, ".xlsx") {
				require.LessOrEqual(t, figures.Bytes, int64(maxWorkbookBytes))
			}
			require.LessOrEqual(t, figures.PeakBytes, int64(maxPeakBytes))
			require.Less(t, figures.Seconds, float64(maxScanSeconds))
		})
	}
}
