package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

const (
	// readyTimeout bounds the start of a server.
	readyTimeout = time.Minute
	// stopTimeout is how long a server may take to end when it is asked to.
	stopTimeout = 15 * time.Second
	// shownLog is how much of a server's log an error shows, in bytes from the end.
	shownLog = 4 << 10
)

// server is a running server of the product.
type server struct {
	command *exec.Cmd
	log     *os.File
	exited  chan struct{}
	err     error // how it ended, once exited is closed
}

// startServer starts a program and waits until the given address answers that it is ready. What it prints goes to a file,
// as a supervisor would have it.
func startServer(ctx context.Context, environment []string, logFile, address, program string, args ...string) (*server, error) {
	log, err := os.Create(logFile)
	if err != nil {
		return nil, fmt.Errorf("make a log file: %w", err)
	}
	command := exec.CommandContext(ctx, program, args...) //nolint:gosec // the programs that the bench is there to run
	s := &server{command: command, log: log, exited: make(chan struct{})}
	s.command.Env, s.command.Stdout, s.command.Stderr = environment, log, log
	s.command.Cancel = func() error { return s.command.Process.Signal(syscall.SIGTERM) }
	s.command.WaitDelay = stopTimeout
	dieWithParent(s.command)
	if err := s.command.Start(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	go func() {
		s.err = s.command.Wait()
		close(s.exited)
	}()
	if err := s.waitReady(ctx, address); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w; its log ends with:\n%s", program, err, s.logTail()), s.stop())
	}
	return s, nil
}

func (s *server) waitReady(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	transport := &http.Transport{DisableKeepAlives: true}
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for {
		if ready(ctx, transport, "http://"+address+"/readyz") {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("it ended before it was ready: %w", s.err)
		case <-ctx.Done():
			return fmt.Errorf("it does not become ready: %w", ctx.Err())
		case <-ticker.C:
		}
	}
}

func ready(ctx context.Context, transport *http.Transport, url string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// stop asks the server to end, kills it if it does not, and waits.
func (s *server) stop() error {
	_ = s.command.Process.Signal(syscall.SIGTERM) // it may have ended
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-s.exited:
	case <-timer.C:
		_ = s.command.Process.Kill() // it may have ended just now
		<-s.exited
	}
	return s.log.Close()
}

func (s *server) logTail() []byte {
	text, err := os.ReadFile(s.log.Name())
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSpace(text[max(len(text)-shownLog, 0):])
}

// freeAddresses are loopback addresses with ports that nothing listens on now.
func freeAddresses(ctx context.Context, n int) ([]string, error) {
	var config net.ListenConfig
	addresses := make([]string, n)
	for i := range addresses {
		listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = listener.Close() }() // nobody connected
		addresses[i] = listener.Addr().String()
	}
	return addresses, nil
}

// portOf is the port of an address with a numeric port.
func portOf(address string) string {
	parsed, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return ""
	}
	return strconv.Itoa(parsed.Port)
}
