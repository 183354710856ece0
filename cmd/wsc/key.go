package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/client"
	"github.com/website-status-checker/wsc/internal/terminal"
)

// keyCommand groups what manages API keys.
type keyCommand struct {
	Create keyCreateCommand `cmd:"" help:"Create a key and print its secret, which is shown only then."`
	List   keyListCommand   `cmd:"" help:"List keys, newest first."`
	Show   keyShowCommand   `cmd:"" help:"Show a key."`
	Change keyChangeCommand `cmd:"" help:"Change what a key may do, or make a revoked key work again."`
	Rotate keyRotateCommand `cmd:"" help:"Give a key a new secret, while the old one works on for some time."`
	Revoke keyRevokeCommand `cmd:"" help:"Make a key stop working."`
}

// Help is the long help.
func (keyCommand) Help() string {
	return `All of this needs a key with the scope admin, such as the one that the server was started with.`
}

// keyArgument says which key is meant.
type keyArgument struct {
	ID string `arg:"" name:"ID" help:"Identifier of the key, or the beginning of its secret, such as wsc_b7Kx2Q, if no other key begins like that."`
}

// secretMark is how every secret begins.
const secretMark = "wsc_"

// find returns the key that is meant.
func (a *keyArgument) find(ctx context.Context, server *client.Client) (*wsc.Key, error) {
	if !strings.HasPrefix(a.ID, secretMark) {
		key, err := server.Key(ctx, a.ID)
		if err != nil {
			return nil, err
		}
		return &key.Key, nil
	}
	prefix := wsc.KeyPrefix(a.ID) // if it is a whole secret, it is not shown again
	var found []*wsc.Key
	for key, err := range server.AllKeys(ctx, client.KeyQuery{Limit: 1000}) {
		if err != nil {
			return nil, err
		}
		if strings.HasPrefix(key.Prefix, prefix) || strings.HasPrefix(key.PreviousPrefix, prefix) {
			found = append(found, key)
		}
	}
	switch len(found) {
	case 0:
		return nil, wsc.Errorf(wsc.CodeNotFound, "no key begins with %s; wsc key list shows them all", prefix)
	case 1:
		return found[0], nil
	}
	return nil, usagef("%d keys begin with %s, such as %s and %s; write more of it, or the identifier", len(found), prefix, found[0].ID, found[1].ID)
}

type keyListCommand struct {
	Limit  int    `short:"n" help:"Most keys to list; 0 is all. Default ${default}." default:"0" placeholder:"N"`
	Format string `help:"table, or json for the keys as the API has them, one per line." enum:"table,json" default:"table" placeholder:"FORMAT"`
	serverFlags
}

// Run lists keys.
func (c *keyListCommand) Run(ctx context.Context, p *process) error {
	if c.Limit < 0 {
		return usagef("--limit: %d is negative", c.Limit)
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	encoder, table := json.NewEncoder(p.stdout), tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	count := 0
	for key, err := range server.AllKeys(ctx, client.KeyQuery{Limit: min(c.Limit, 1000)}) {
		switch {
		case err != nil:
			return err
		case c.Format != formatTable:
			err = encoder.Encode(key)
		default:
			err = printKeyRow(table, key, count == 0)
		}
		if err != nil {
			return err
		}
		if count++; count == c.Limit {
			break
		}
	}
	if count == 0 && c.Format == formatTable {
		p.notef("There are no keys yet, besides the admin key of the server's configuration. Create one with: wsc key create NAME")
	}
	return table.Flush()
}

// printKeyRow prints a line of the table, and its head before the first.
func printKeyRow(w io.Writer, key *wsc.Key, first bool) error {
	if first {
		if _, err := fmt.Fprintln(w, "KEY\tSECRET\tSCOPES\tPER HOUR\tSTATE\tLAST USED\tOWNER\tNAME"); err != nil {
			return err
		}
	}
	owner := "-"
	if key.OwnerEmail != "" {
		owner = terminal.Escape(key.OwnerEmail)
	}
	_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", terminal.Escape(key.ID), terminal.Escape(beginningOf(key.Prefix)),
		scopesOf(key, ","), hourlyLimit(key), keyState(key, time.Now()), localTime(key.LastUsedAt, "never"), owner, terminal.Escape(key.Name))
	return err
}

type keyShowCommand struct {
	keyArgument
	Format string `help:"table, or json for the key as the API has it." enum:"table,json" default:"table" placeholder:"FORMAT"`
	serverFlags
}

// Run shows a key.
func (c *keyShowCommand) Run(ctx context.Context, p *process) error {
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	key, err := c.find(ctx, server)
	if err != nil {
		return err
	}
	return printKey(p.stdout, key, c.Format)
}

// printKey prints a key in a format, with further lines for people.
func printKey(w io.Writer, key *wsc.Key, format string, more ...[2]string) error {
	if format != formatTable {
		return json.NewEncoder(w).Encode(key)
	}
	rows := [][2]string{
		{"key", key.ID}, {"secret", beginningOf(key.Prefix)}, {"name", key.Name}, {"owner", key.OwnerEmail}, {"scopes", scopesOf(key, ", ")},
		{"requests an hour", hourlyLimit(key)}, {"usable from", networksOf(key)}, {"state", keyState(key, time.Now())},
		{"created", localTime(&key.CreatedAt, "")}, {"last used", localTime(key.LastUsedAt, "never")},
	}
	if key.PreviousPrefix != "" {
		rows = append(rows, [2]string{"former secret", fmt.Sprintf("%s, works until %s", beginningOf(key.PreviousPrefix), localTime(key.PreviousExpiresAt, ""))})
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append(rows, more...) {
		if row[1] == "" {
			continue
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\n", row[0], terminal.Escape(row[1])); err != nil {
			return err
		}
	}
	return table.Flush()
}

// beginningOf marks a prefix as no more than that.
func beginningOf(prefix string) string { return strings.TrimSuffix(prefix, "…") + "…" }

func scopesOf(key *wsc.Key, separator string) string {
	texts := make([]string, len(key.Scopes))
	for i, scope := range key.Scopes {
		texts[i] = terminal.Escape(string(scope))
	}
	return strings.Join(texts, separator)
}

func networksOf(key *wsc.Key) string {
	if len(key.AllowedIPs) == 0 {
		return "anywhere"
	}
	texts := make([]string, len(key.AllowedIPs))
	for i, network := range key.AllowedIPs {
		texts[i] = network.String()
	}
	return strings.Join(texts, ", ")
}

func hourlyLimit(key *wsc.Key) string {
	if key.RateLimitHour == 0 {
		return "no limit"
	}
	return terminal.Thousands(key.RateLimitHour)
}

func keyState(key *wsc.Key, now time.Time) string {
	switch {
	case !key.IsActive:
		return "revoked"
	case key.ExpiresAt == nil:
		return "active"
	case !key.ExpiresAt.After(now):
		return "expired"
	}
	return "until " + localTime(key.ExpiresAt, "")
}

// localTime is a time as people here read it, or what stands for none.
func localTime(t *time.Time, none string) string {
	if t == nil || t.IsZero() {
		return none
	}
	return t.Local().Format(time.DateTime)
}
