// Command testsite plays websites on the loopback for trying the checker by hand: many hosts on one port, whose path
// says what they do, and with --farm the good and hostile sites that the tests use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/website-status-checker/wsc/internal/testsite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "testsite:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	flags := flag.NewFlagSet("testsite", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:9999", "loopback `address` and port; all of 127.0.0.0/8 answers on the port")
	delay := flags.Duration("delay", 0, "wait before every answer")
	size := flags.Int("bytes", 0, "size of the page in bytes; 0 is a small one")
	list := flags.Int("list", 0, "print the URLs of this many hosts and go on")
	farm := flags.Bool("farm", false, "start the named sites too, and print their URLs")
	if err := flags.Parse(args); err != nil {
		return err
	}
	address, err := netip.ParseAddrPort(*listen)
	if err != nil || !address.Addr().IsLoopback() || !address.Addr().Is4() {
		return fmt.Errorf("--listen %s: want a loopback address and port such as 127.0.0.1:9999", *listen)
	}
	hosts, err := testsite.NewHosts(testsite.HostsConfig{Port: address.Port(), Delay: *delay, BodyBytes: *size})
	if err != nil {
		return err
	}
	defer hosts.Close()
	for _, url := range hosts.URLs(*list) {
		if _, err := fmt.Fprintln(stdout, url); err != nil {
			return err
		}
	}
	if *farm {
		closeFarm, err := startFarm(stdout)
		if err != nil {
			return err
		}
		defer closeFarm()
	}
	fmt.Fprintf(os.Stderr, "Every address in 127.0.0.0/8 answers on port %d, for example %s; allow net 127.0.0.0/8 and that port.\n", hosts.Port(), hosts.URL(0, "/"))
	begin := time.Now()
	<-ctx.Done()
	fmt.Fprintf(os.Stderr, "%d requests over %d connections in %s.\n", hosts.Total(), hosts.Conns(), time.Since(begin).Round(time.Second))
	return nil
}

func startFarm(stdout io.Writer) (func(), error) {
	farm, err := testsite.New()
	if err != nil {
		return nil, err
	}
	for _, name := range farm.Sites() {
		if _, err := fmt.Fprintf(stdout, "%s\t%s\n", name, farm.URL(name)); err != nil {
			farm.Close()
			return nil, err
		}
	}
	return farm.Close, nil
}
