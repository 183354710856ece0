package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/website-status-checker/wsc/internal/testsite"
)

// sitesCommand is the argument that makes the bench the websites.
const sitesCommand = "sites"

// siteAddresses say where the websites are. Every address in 127.0.0.0/8 answers on each port.
type siteAddresses struct {
	// Plain serves small pages, Bodies pages of 64 KiB, TLS small pages over HTTPS.
	Plain  uint16 `json:"plain"`
	Bodies uint16 `json:"bodies"`
	TLS    uint16 `json:"tls"`
	// Authority is the one that issued the certificates, in PEM.
	Authority []byte `json:"authority"`
}

// serveSites serves the websites until stdin ends, so that they never outlive the bench, and prints siteAddresses.
func serveSites(stdin io.Reader, stdout io.Writer) error {
	var ports [3]*testsite.Hosts
	for i, config := range []testsite.HostsConfig{
		{Uncounted: true},
		{Uncounted: true, BodyBytes: 64 << 10},
		{Uncounted: true, TLS: true},
	} {
		hosts, err := testsite.NewHosts(config)
		if err != nil {
			return err
		}
		defer hosts.Close()
		ports[i] = hosts
	}
	addresses := siteAddresses{
		Plain: ports[0].Port(), Bodies: ports[1].Port(), TLS: ports[2].Port(), Authority: ports[2].AuthorityPEM(),
	}
	if err := json.NewEncoder(stdout).Encode(addresses); err != nil {
		return fmt.Errorf("say where the websites are: %w", err)
	}
	if _, err := io.Copy(io.Discard, stdin); err != nil {
		return fmt.Errorf("wait for the end: %w", err)
	}
	return nil
}

// sites are the running websites.
type sites struct {
	siteAddresses
	command *exec.Cmd
	stdin   io.Closer
}

// startSites starts the websites as a process of their own: the given program, called with sitesCommand.
func startSites(ctx context.Context, program string) (*sites, error) {
	if err := checkDeadPort(ctx); err != nil {
		return nil, err
	}
	s := &sites{command: exec.CommandContext(ctx, program, sitesCommand)}
	s.command.Stderr = os.Stderr
	s.command.WaitDelay = 5 * time.Second
	stdin, err := s.command.StdinPipe()
	if err != nil {
		return nil, err
	}
	s.stdin = stdin
	stdout, err := s.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(stdout).Decode(&s.siteAddresses); err != nil {
		return nil, errors.Join(fmt.Errorf("they did not say where they are: %w", err), s.close())
	}
	return s, nil
}

// close ends the websites.
func (s *sites) close() error {
	_ = s.stdin.Close() // they end by themselves then, and Wait says how
	if err := s.command.Wait(); err != nil {
		return fmt.Errorf("the websites: %w", err)
	}
	return nil
}

// checkDeadPort makes sure that nothing listens on deadPort.
func checkDeadPort(ctx context.Context) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp4", net.JoinHostPort(testsite.Address(0).String(), strconv.Itoa(deadPort)))
	if err == nil {
		return errors.Join(fmt.Errorf("something listens on port %d, which the dead websites of the list need", deadPort), conn.Close())
	}
	return nil
}
