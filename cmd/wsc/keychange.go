package main

import (
	"bufio"
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
)

type keyChangeCommand struct {
	keyArgument
	Name          *string     `help:"What the key is for." placeholder:"NAME"`
	Scope         []wsc.Scope `help:"What the key may do instead: read, write, admin." enum:"read,write,admin" placeholder:"SCOPE,…"`
	OwnerEmail    *string     `help:"Whom to ask about the key; an empty text removes it." placeholder:"EMAIL"`
	RateLimit     *int64      `help:"Most requests an hour; 0 is no limit." placeholder:"N"`
	AllowIP       []string    `name:"allow-ip" help:"Networks and addresses that the key may be used from, instead of those so far." placeholder:"CIDR,…" xor:"networks"`
	AllowAnywhere bool        `help:"Let the key be used from anywhere." xor:"networks"`
	Expires       string      `help:"When the key stops working: after a duration from now such as 90d or 12h, or at a date such as 2027-01-31 or 2027-01-31T18:00:00Z (UTC)." placeholder:"DURATION|DATE"`
	Reactivate    bool        `help:"Make a revoked key work again."`
	Format        string      `help:"table, or json for the key as the API has it." enum:"table,json" default:"table" placeholder:"FORMAT"`
	serverFlags
}

// Help is the long help.
func (keyChangeCommand) Help() string {
	return `What is not named stays as it is. All servers know of a change within 10 seconds.`
}

// Run changes a key and shows it.
func (c *keyChangeCommand) Run(ctx context.Context, p *process) error {
	change, err := c.change()
	if err != nil {
		return err
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	key, err := c.find(ctx, server)
	if err != nil {
		return err
	}
	changed, err := server.ChangeKey(ctx, key.ID, change)
	if err != nil {
		return err
	}
	return printKey(p.stdout, changed, c.Format)
}

func (c *keyChangeCommand) change() (wsc.KeyChange, error) {
	change := wsc.KeyChange{Name: c.Name, OwnerEmail: c.OwnerEmail, Scopes: c.Scope, RateLimitHour: c.RateLimit}
	if c.AllowIP != nil || c.AllowAnywhere {
		networks := append([]string{}, c.AllowIP...) // an empty list is one too
		change.AllowedIPs = &networks
	}
	if c.Reactivate {
		change.IsActive = &c.Reactivate
	}
	var err error
	if change.ExpiresAt, err = expiry(c.Expires, time.Now()); err != nil {
		return change, err
	}
	if reflect.DeepEqual(change, wsc.KeyChange{}) {
		return change, usagef("say what to change; see wsc key change --help")
	}
	return change, nil
}

type keyRevokeCommand struct {
	keyArgument
	Yes bool `short:"y" help:"Do not ask."`
	serverFlags
}

// Help is the long help.
func (keyRevokeCommand) Help() string {
	return `The key stops working on all servers within 10 seconds, with both secrets if it was rotated. Its jobs stay and go on; an admin key sees them. On a terminal you are asked first, elsewhere --yes is needed.

wsc key change ID --reactivate makes the key work again.`
}

// Run revokes a key.
func (c *keyRevokeCommand) Run(ctx context.Context, p *process) error {
	if !c.Yes && !terminal.Is(p.stdin, p.getenv) {
		return usagef("revoking a key needs --yes where nobody can be asked")
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	key, err := c.find(ctx, server)
	if err != nil {
		return err
	}
	if !c.Yes {
		agreed, err := p.ask(ctx, fmt.Sprintf("Revoke key %s (%s, %q)? [y/N] ", key.ID, beginningOf(key.Prefix), key.Name))
		if err != nil {
			return err
		}
		if !agreed {
			p.notef("Nothing was changed.")
			return errNotAllWell
		}
	}
	if err := server.RevokeKey(ctx, key.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "Key %s (%s) was revoked; within 10 seconds all servers refuse it. Its jobs stay.\n",
		terminal.Escape(key.ID), terminal.Escape(fmt.Sprintf("%q", key.Name)))
	return err
}

// ask asks a question on the terminal, to which only y or yes is a yes.
func (p *process) ask(ctx context.Context, question string) (bool, error) {
	if _, err := fmt.Fprint(p.stderr, terminal.Escape(question)); err != nil {
		return false, err
	}
	answer := make(chan string, 1)
	go func() {
		// The end of the input is an answer too: no.
		line, _ := bufio.NewReader(p.stdin).ReadString('\n')
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case line := <-answer:
		return line == "y" || line == "yes", nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}
