package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
)

// bench runs scenarios.
type bench struct {
	settings

	sites  *sites
	folder string
	stdout io.Writer
	stderr io.Writer
	// environment is that of both sides.
	environment []string
}

// chosen reports whether a scenario is to run.
func (b *bench) chosen(name string) bool { return len(b.only) == 0 || slices.Contains(b.only, name) }

// runChecks measures wsc check in the chosen scenarios and prints the lines of each as soon as it is through. The program
// is the bench itself.
func (b *bench) runChecks(ctx context.Context, program string) (err error) {
	chosen := slices.DeleteFunc(scenarios(), func(s scenario) bool { return !b.chosen(s.name) })
	if len(chosen) == 0 {
		return nil
	}
	if b.sites, err = startSites(ctx, program); err != nil {
		return fmt.Errorf("start the websites: %w", err)
	}
	defer func() { err = errors.Join(err, b.sites.close()) }()
	authority := filepath.Join(b.folder, "authority.pem")
	if err := writeAuthority(authority, b.sites.Authority); err != nil {
		return err
	}
	b.environment = append(environment(os.Environ()), "SSL_CERT_FILE="+authority)
	for _, s := range chosen {
		pairs, n, err := b.scenario(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		for _, line := range report(s.name, n, pairs) {
			if _, err := fmt.Fprintln(b.stdout, line); err != nil {
				return err
			}
		}
	}
	return nil
}

// notef tells whoever watches how far it is.
func (b *bench) notef(format string, args ...any) {
	_, _ = fmt.Fprintf(b.stderr, format, args...) // nobody may be watching
}

// pair is one run of each side.
type pair struct {
	check, raw usage
}

// scenario makes the interleaved pairs, of which the first warms up and is dropped, and returns them with the number of
// URLs.
func (b *bench) scenario(ctx context.Context, s scenario) ([]pair, int, error) {
	n := max(1, int(float64(s.urls)*b.scale))
	list := filepath.Join(b.folder, s.name+".txt")
	if err := s.writeList(list, b.sites.siteAddresses, n); err != nil {
		return nil, 0, err
	}
	want := s.expected(n)
	var pairs []pair
	for i := range b.runs + 1 {
		p, err := b.pair(ctx, list, want, i%2 == 1)
		if err != nil {
			return nil, 0, err
		}
		if i == 0 {
			continue
		}
		pairs = append(pairs, p)
		b.notef("%s %d/%d: check %.0f URLs/s, raw loop %.0f URLs/s, ratio %.3f\n",
			s.name, i, b.runs, rate(n, p.check), rate(n, p.raw), p.ratio())
	}
	return pairs, n, nil
}

// pair runs both sides, in one order or the other, so that neither always finds what the other left behind.
func (b *bench) pair(ctx context.Context, list string, want outcome, rawFirst bool) (p pair, err error) {
	if rawFirst {
		if p.raw, err = b.raw(ctx, list, want); err != nil {
			return p, err
		}
	}
	if p.check, err = b.check(ctx, list, want); err != nil {
		return p, err
	}
	if !rawFirst {
		p.raw, err = b.raw(ctx, list, want)
	}
	return p, err
}

// check runs wsc check and makes sure that its results are the right ones.
func (b *bench) check(ctx context.Context, list string, want outcome) (usage, error) {
	output := filepath.Join(b.folder, "results.csv")
	concurrency := strconv.Itoa(b.concurrency)
	args := []string{
		"check", list, "-o", output, "--format", "csv", "-q", "--retries", "0", "--host-rate", "0",
		"--concurrency", concurrency, "--host-concurrency", concurrency, "--allow-net", "127.0.0.0/8",
	}
	for _, port := range []uint16{b.sites.Plain, b.sites.Bodies, b.sites.TLS, deadPort} {
		args = append(args, "--allow-port", strconv.Itoa(int(port)))
	}
	// 1 says that not all are active, which a list with dead hosts makes right; what is right is counted below.
	used, _, err := measure(ctx, b.environment, 1, b.wsc, args...)
	if err != nil {
		return used, err
	}
	got, err := csvOutcome(output)
	if err != nil {
		return used, fmt.Errorf("results of wsc check: %w", err)
	}
	return used, compare("wsc check", got, want)
}

// raw runs the raw loop and makes sure that it reached the same websites.
func (b *bench) raw(ctx context.Context, list string, want outcome) (usage, error) {
	used, printed, err := measure(ctx, b.environment, 0, b.rawLoop, "-concurrency", strconv.Itoa(b.concurrency), list)
	if err != nil {
		return used, err
	}
	got, err := rawOutcome(printed)
	if err != nil {
		return used, err
	}
	return used, compare("the raw loop", got, want)
}

// compare fails for an outcome that is not the right one: the speed of a wrong answer is worth nothing.
func compare(side string, got, want outcome) error {
	if got != want {
		return fmt.Errorf("%s found %s; right is %s", side, got, want)
	}
	return nil
}
