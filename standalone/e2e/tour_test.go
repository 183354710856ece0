package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tourSite is the server of the tour in docs/api.md.
const tourSite = "http://127.0.0.1:8080"

// tour is docs/api.md in a folder like the project's, with a list of websites that run here.
type tour struct {
	*product
	page, folder string
}

func newTour(t *testing.T) *tour {
	t.Helper()
	s := newSites(t, 3, 0)
	// Names such as example.com are asked of a name server that is not there: nothing leaves this machine.
	p := newProduct(t, s, map[string]string{"WSC_DNS_SERVERS": fmt.Sprintf("127.0.0.1:%d", freePorts(t, 1)[0])}).start()
	page, err := os.ReadFile("../../docs/api.md")
	require.NoError(t, err)
	folder := t.TempDir()
	for _, name := range []string{"data", "examples"} {
		require.NoError(t, os.Mkdir(filepath.Join(folder, name), 0o700))
	}
	// Without WSC_ADMIN_KEY the product itself would have put it there.
	require.NoError(t, os.WriteFile(filepath.Join(folder, "data", "admin-key"), []byte(adminKey+"\n"), 0o600))
	list := "Name,Website,Category\n"
	for n, path := range []string{"/ok", "/missing", "/ok", "/missing", "/ok"} {
		list += fmt.Sprintf("Site %d,%s,Example\n", n, s.url(path, n))
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, "examples", "websites.csv"), []byte(list), 0o600))
	return &tour{p, strings.ReplaceAll(string(page), tourSite, p.url), folder}
}

// blocks are the parts of the page in a language.
func (tr *tour) blocks(language string) []string {
	var blocks []string
	for _, match := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(tr.page, -1) {
		blocks = append(blocks, match[1])
	}
	return blocks
}

// run runs a program in the tour's folder.
func (tr *tour) run(name string, args ...string) (stdout, stderr string) {
	tr.t.Helper()
	var out, errs strings.Builder
	command := exec.CommandContext(tr.t.Context(), name, args...)
	command.Dir, command.Stdout, command.Stderr = tr.folder, &out, &errs
	command.Env = append(os.Environ(), "WSC_KEY="+adminKey)
	require.NoError(tr.t, command.Run(), "%s\n%s", out.String(), errs.String())
	return out.String(), errs.String()
}

// Every command of the page works as it stands there, one after another.
func TestTheTourInTheShell(t *testing.T) {
	tr := newTour(t)
	blocks := tr.blocks("sh")
	require.Greater(t, len(blocks), 10)
	// curl itself succeeds whatever the server answers; the status goes where the answer does not.
	const report = `curl() { command curl --silent --show-error --write-out '%{stderr}%{http_code} %{method} %{url_effective}\n' "$@"; }` + "\n"
	answers, statuses := tr.run("bash", "-euo", "pipefail", "-c", report+strings.Join(blocks, "\n"))
	var refused []string
	for line := range strings.SplitSeq(strings.TrimSpace(statuses), "\n") {
		require.Regexp(t, `^[1-5]\d\d (GET|POST|PATCH|DELETE) http`, line)
		if line[0] != '2' {
			refused = append(refused, regexp.MustCompile(`http://[^/]+|/jobs/[^/]+`).ReplaceAllString(line, ""))
		}
	}
	require.Equal(t, []string{"409 POST /api/v1/pause", "409 POST /api/v1/resume", "409 POST /api/v1/cancel", "400 POST /api/v1/jobs"}, refused, "the job of the tour has ended")
	require.Contains(t, answers, "event: done")
	require.Contains(t, answers, `"still_broken":2,"changed":0,"added":0,"removed":3`, "the comparison after checking again")
	require.Contains(t, answers, `"detail":"There is no column \"site\". The columns are \"Name\", \"Website\", \"Category\"."`)
	original, err := os.ReadFile(filepath.Join(tr.folder, "original.csv"))
	require.NoError(t, err)
	require.Equal(t, 6, strings.Count(string(original), "\n"), "rows of the original layout with the header")
	failed, err := os.ReadFile(filepath.Join(tr.folder, "failed.csv"))
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(string(failed), "\n"), "rows of what failed with the header")
}

func TestTheTourInGo(t *testing.T) {
	tr := newTour(t)
	programs := tr.blocks("go")
	require.Len(t, programs, 1)
	dir := t.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(source, []byte(programs[0]), 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-o", program, source)
	build.Dir = "../.."
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)
	printed, _ := tr.run(program)
	require.Contains(t, printed, ": 5 of 5\n")
	require.Equal(t, 2, strings.Count(printed, " inactive 404"), printed)
}
