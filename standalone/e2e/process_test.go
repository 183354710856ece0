package e2e

import (
	"bytes"
	"context"
	"maps"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
)

// process is a program under test.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	output *lockedBuffer
	exited chan struct{}
	err    error // of Wait, once exited is closed
}

// lockedBuffer collects what a process prints while tests read it.
type lockedBuffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}

// start runs a program with variables in addition to those of the test, and kills it at the end of the test if it still
// runs then. It dies with the test process, however that ends.
func start(t *testing.T, env map[string]string, program string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(program, args...), output: &lockedBuffer{}, exited: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), "GOTRACEBACK=all")
	for name, value := range env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.Dir = t.TempDir()
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, p.cmd.Start())
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", program, lastLines(p.output.String(), 60))
		}
	})
	return p
}

func lastLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[max(len(lines)-n, 0):], "\n")
}

// kill ends the process at once, as a crash would.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.exited
}

// terminate asks the process to stop and returns how it ended.
func (p *process) terminate() error {
	p.t.Helper()
	require.NoError(p.t, p.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case <-p.exited:
		return p.err
	case <-time.After(30 * time.Second):
		p.t.Fatal("the process did not stop within 30 seconds of SIGTERM")
		return nil
	}
}

// eventually polls until the condition holds, or fails the test.
func eventually(t *testing.T, timeout time.Duration, what string, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, timeout, 50*time.Millisecond, what)
}

// freePorts returns ports that nobody listens on at the moment.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// adminKey is the admin key of every product under test.
const adminKey = "the-admin-key-of-the-end-to-end-tests"

// product is a standalone product that can be killed and started again on the same data and ports.
type product struct {
	*process
	t               *testing.T
	dir             string
	env             map[string]string
	client          *client.Client
	url             string
	temporalAddress string
	temporalUI      string
}

// newProduct prepares a product that may check the given websites, which may be nil; extra variables override.
func newProduct(t *testing.T, s *sites, extra map[string]string) *product {
	t.Helper()
	ports := freePorts(t, 3)
	p := &product{
		t: t, dir: t.TempDir(), url: "http://127.0.0.1:" + strconv.Itoa(ports[0]),
		temporalAddress: "127.0.0.1:" + strconv.Itoa(ports[1]), temporalUI: "http://127.0.0.1:" + strconv.Itoa(ports[2]),
	}
	p.env = map[string]string{
		"WSC_DATA_DIR": p.dir, "WSC_LISTEN": strings.TrimPrefix(p.url, "http://"),
		"WSC_TEMPORAL_PORT": strconv.Itoa(ports[1]), "WSC_TEMPORAL_UI_PORT": strconv.Itoa(ports[2]),
		"WSC_HOST_RATE": "0", "WSC_ADMIN_KEY": adminKey,
	}
	if s != nil {
		p.env["WSC_ALLOW_NETS"], p.env["WSC_ALLOW_PORTS"] = "127.0.0.0/8", strconv.Itoa(s.port)
	}
	maps.Copy(p.env, extra)
	var err error
	p.client, err = client.New(p.url, client.WithKey(adminKey))
	require.NoError(t, err)
	t.Cleanup(p.client.Close)
	return p
}

// start starts the product and waits until it is ready.
func (p *product) start() *product {
	p.t.Helper()
	p.process = start(p.t, p.env, built.standalone)
	eventually(p.t, time.Minute, "the product is ready", func() bool {
		select {
		case <-p.exited:
			p.t.Fatalf("the product ended: %v\n%s", p.err, p.output)
		default:
		}
		ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Second)
		defer cancel()
		return p.client.Ready(ctx) == nil
	})
	return p
}

// awaitResults waits until a job has more results than n.
func (p *product) awaitResults(jobID string, n int64) {
	p.t.Helper()
	eventually(p.t, time.Minute, "the job is under way", func() bool {
		job, err := p.client.Job(p.t.Context(), jobID)
		require.NoError(p.t, err)
		return job.ProcessedURLs > n
	})
}

// awaitDone waits until a job has ended and its exports are stored.
func (p *product) awaitDone(jobID string) *wsc.Job {
	p.t.Helper()
	var job *wsc.Job
	eventually(p.t, time.Minute, "the job is done", func() bool {
		var err error
		job, err = p.client.Job(p.t.Context(), jobID)
		require.NoError(p.t, err)
		return job.Phase == wsc.PhaseDone
	})
	return job
}
