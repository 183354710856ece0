package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/website-status-checker/wsc/internal/pgtest"
)

// programs are the built binaries, made once for all tests.
type programs struct{ wsc, standalone string }

// built is set by TestMain before any test runs and never after.
var built programs

func TestMain(m *testing.M) {
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "wsc-e2e-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, "create a folder for the programs:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	built = programs{wsc: filepath.Join(dir, "wsc"), standalone: filepath.Join(dir, "wsc-standalone")}
	for _, build := range []struct{ folder, output, pkg string }{
		{"../..", built.wsc, "./cmd/wsc"},
		{"..", built.standalone, "."},
	} {
		command := exec.Command("go", "build", "-trimpath", "-o", build.output, build.pkg)
		command.Dir = build.folder
		command.Env = append(os.Environ(), "CGO_ENABLED=0")
		if output, err := command.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "go build %s: %v\n%s", build.pkg, err, output)
			return 1
		}
	}
	return pgtest.WithServer(m).Run()
}
