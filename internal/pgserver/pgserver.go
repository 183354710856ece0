// Package pgserver runs a private PostgreSQL server from the binaries that are installed on the machine, for tests and
// benchmarks.
package pgserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTries is how many ports are tried: another process can take a free port before the server does.
const startTries = 3

// startTimeout bounds the wait for a new server, on a machine that is busy compiling.
const startTimeout = time.Minute

// Server is a private PostgreSQL server on a free loopback port, with its data in a temporary folder. It trades
// durability for speed and must not be used for anything but tests and benchmarks.
type Server struct {
	port    int
	guard   *exec.Cmd
	release io.Closer
	folder  string
}

// Start starts a server. When PostgreSQL is not installed, the error says in one line what to install.
// The server and its folder go away with Stop, and also when this process ends in any other way. Settings like
// "shared_buffers=1GB" go before those that a small server for tests has.
func Start(ctx context.Context, settings ...string) (*Server, error) {
	binaries, err := findBinaries()
	if err != nil {
		return nil, err
	}
	account, err := serverAccount()
	if err != nil {
		return nil, err
	}
	var failures error
	for range startTries {
		server, err := start(ctx, binaries, account, settings)
		if err == nil {
			return server, nil
		}
		failures = errors.Join(failures, err)
	}
	return nil, failures
}

// URL returns the address of a database of the server, of the maintenance database for "".
func (s *Server) URL(database string) string {
	if database == "" {
		database = "postgres"
	}
	return DatabaseURL(fmt.Sprintf("postgres://postgres@127.0.0.1:%d/?sslmode=disable", s.port), database)
}

// Stop ends all sessions, stops the server and removes its folder.
func (s *Server) Stop() error {
	if err := s.release.Close(); err != nil {
		return fmt.Errorf("stop the PostgreSQL server: %w", err)
	}
	if err := s.guard.Wait(); err != nil {
		return fmt.Errorf("stop the PostgreSQL server: %w", err)
	}
	return nil
}

// DatabaseURL is the URL of another database of the server that a URL from Server.URL leads to.
func DatabaseURL(serverURL, database string) string {
	u, err := url.Parse(serverURL)
	if err != nil {
		return serverURL
	}
	u.Path = "/" + database
	return u.String()
}

// findBinaries returns the folder with initdb and postgres: that on the PATH, else Debian's newest.
func findBinaries() (string, error) {
	if path, err := exec.LookPath("initdb"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(path), nil
		}
	}
	const pattern = "/usr/lib/postgresql/*/bin/initdb"
	found, err := filepath.Glob(pattern)
	if err != nil {
		return "", fmt.Errorf("look for PostgreSQL: %w", err)
	}
	if len(found) == 0 {
		return "", fmt.Errorf("PostgreSQL is needed and is neither on the PATH nor in %s; install the package postgresql", pattern)
	}
	major := func(path string) int {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil {
			return 0 // not one of Debian's folders, so the last choice
		}
		return version
	}
	sort.Slice(found, func(i, j int) bool { return major(found[i]) > major(found[j]) })
	return filepath.Dir(found[0]), nil
}

// serverAccount is the unprivileged account to run the server as when this process is root, which PostgreSQL refuses;
// nil otherwise.
func serverAccount() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is "as we are"
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue // the next name may exist
		}
		uid, err := strconv.ParseUint(account.Uid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the uid of %s: %w", name, err)
		}
		gid, err := strconv.ParseUint(account.Gid, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("read the gid of %s: %w", name, err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid), NoSetGroups: true}, nil
	}
	return nil, errors.New("this process is root, and there is neither a user postgres nor nobody to run PostgreSQL as")
}

func start(ctx context.Context, binaries string, account *syscall.Credential, settings []string) (*Server, error) {
	folder, err := os.MkdirTemp("", "wsc-postgres-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the PostgreSQL server: %w", err)
	}
	server, err := startIn(ctx, folder, binaries, account, settings)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	return server, nil
}

func startIn(ctx context.Context, folder, binaries string, account *syscall.Credential, settings []string) (*Server, error) {
	if account != nil {
		if err := os.Chown(folder, int(account.Uid), int(account.Gid)); err != nil {
			return nil, fmt.Errorf("hand the folder of the PostgreSQL server over: %w", err)
		}
	}
	data := filepath.Join(folder, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(binaries, "initdb"), "--pgdata", data, "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions")
	runIn(initdb, folder, account)
	if output, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(output)))
	}
	port, err := freePort(ctx)
	if err != nil {
		return nil, err
	}
	server := &Server{port: port, folder: folder}
	if err := server.launch(data, binaries, account, settings); err != nil {
		return nil, err
	}
	if err := server.waitReady(ctx); err != nil {
		return nil, errors.Join(err, server.Stop())
	}
	return server, nil
}

// guardScript runs the server until the script's standard input ends, which it does when this process closes its end or
// is gone, even by SIGKILL. Then it stops the server (SIGINT: end the sessions, shut down cleanly) and removes the folder.
// A server that ends by itself leaves the file "ended". The first argument is the folder; the others are the command.
const guardScript = `
trap '' HUP INT TERM
folder=$1
shift
"$@" >"$folder/log" 2>&1 </dev/null &
server=$!
exec 3<&0
(read -r _ <&3; kill -INT "$server") 2>/dev/null &
reader=$!
wait "$server"
: >"$folder/ended"
wait "$reader"
cd /
rm -rf "$folder"
`

func (s *Server) launch(data, binaries string, account *syscall.Credential, settings []string) error {
	// No os/exec context: the guard must outlive it, to clean up.
	s.guard = exec.Command("/bin/sh", "-c", guardScript, "guard", s.folder,
		filepath.Join(binaries, "postgres"), "-D", data, "-p", strconv.Itoa(s.port), "-h", "127.0.0.1",
		"-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off",
		"-c", "max_connections=200", "-c", "shared_buffers=64MB", "-c", "logging_collector=off")
	for _, setting := range settings {
		s.guard.Args = append(s.guard.Args, "-c", setting) // of two with the same name the last one counts
	}
	runIn(s.guard, s.folder, account)
	// Its own process group: an interrupt from the terminal is for this process, which then ends the guard by closing the pipe.
	s.guard.SysProcAttr.Setpgid = true
	release, err := s.guard.StdinPipe()
	if err != nil {
		return fmt.Errorf("start the PostgreSQL server: %w", err)
	}
	s.release = release
	if err := s.guard.Start(); err != nil {
		return fmt.Errorf("start the PostgreSQL server: %w", err)
	}
	return nil
}

// waitReady waits until the server answers.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	const interval = 20 * time.Millisecond
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		conn, err := pgx.Connect(ctx, s.URL(""))
		if err == nil {
			return conn.Close(ctx)
		}
		if _, ended := os.Stat(filepath.Join(s.folder, "ended")); ended == nil {
			return fmt.Errorf("the PostgreSQL server ended; its log: %s", s.readLog())
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the PostgreSQL server does not answer: %w; its log: %s", err, s.readLog())
		case <-ticker.C:
		}
	}
}

func (s *Server) readLog() string {
	text, err := os.ReadFile(filepath.Join(s.folder, "log"))
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(text))
}

// runIn sets the folder, account and environment that a program of PostgreSQL runs with.
func runIn(cmd *exec.Cmd, folder string, account *syscall.Credential) {
	cmd.Dir = folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + folder, "TZ=UTC"}
}

func freePort(ctx context.Context) (int, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: unexpected address %v", listener.Addr())
	}
	if err := listener.Close(); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return address.Port, nil
}
