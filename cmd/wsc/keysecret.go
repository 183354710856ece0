package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	wsc "github.com/website-status-checker/wsc"
)

type keyCreateCommand struct {
	Name       string      `arg:"" name:"NAME" help:"What the key is for, such as 'CRM import'."`
	Scope      []wsc.Scope `help:"What the key may do: read, write, admin. Admin includes the others and sees everybody's jobs. Default read,write." enum:"read,write,admin" placeholder:"SCOPE,…"`
	OwnerEmail string      `help:"Whom to ask about the key." placeholder:"EMAIL"`
	RateLimit  *int64      `help:"Most requests an hour; 0 is no limit. Default: the server's." placeholder:"N"`
	AllowIP    []string    `name:"allow-ip" help:"Networks and addresses that the key may be used from. Default: anywhere." placeholder:"CIDR,…"`
	Expires    string      `help:"When the key stops working: after a duration such as 90d or 12h, or at a date such as 2027-01-31 or 2027-01-31T18:00:00Z (UTC). Default: never." placeholder:"DURATION|DATE"`
	secretFlags
	serverFlags
}

// Help is the long help.
func (keyCreateCommand) Help() string {
	return `The secret goes to standard output, or to the file of --out, and everything else to standard error, so that scripts can write

    export WSC_KEY=$(wsc key create 'CRM import')

The server keeps only a hash of it: who loses the secret needs another (wsc key rotate).

Examples:

    wsc key create 'nightly check' --scope read,write --expires 90d --out nightly.key
    wsc key create dashboard --scope read --rate-limit 500 --allow-ip 203.0.113.0/24,2001:db8::7`
}

// Run creates a key.
func (c *keyCreateCommand) Run(ctx context.Context, p *process) error {
	expires, err := expiry(c.Expires, time.Now())
	if err != nil {
		return err
	}
	server, err := c.client()
	if err != nil {
		return err
	}
	defer server.Close()
	return c.hand(p, func() (*wsc.KeyWithSecret, error) {
		return server.CreateKey(ctx, wsc.KeyRequest{
			Name: c.Name, OwnerEmail: c.OwnerEmail, Scopes: c.Scope, RateLimitHour: c.RateLimit, AllowedIPs: c.AllowIP, ExpiresAt: expires,
		})
	})
}

type keyRotateCommand struct {
	keyArgument
	Grace *daysDuration `help:"How long the old secret works on, such as 0s, 12h or 7d, at most 30d. Default 24h." placeholder:"DURATION"`
	secretFlags
	serverFlags
}

// Help is the long help.
func (keyRotateCommand) Help() string {
	return `The new secret goes to standard output, or to the file of --out, as with wsc key create. Until the grace period is over, both secrets work, so that nothing has to stop while the new one is handed out. A secret that was still in the grace period of an earlier rotation stops at once.`
}

// Run rotates a key.
func (c *keyRotateCommand) Run(ctx context.Context, p *process) error {
	var rotation wsc.KeyRotation
	if c.Grace != nil {
		grace := time.Duration(*c.Grace)
		if grace < 0 || grace > 30*day {
			return usagef("--grace: %s is not between 0s and 30d", grace)
		}
		seconds := int64(grace.Seconds())
		rotation.GraceSeconds = &seconds
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
	return c.hand(p, func() (*wsc.KeyWithSecret, error) { return server.RotateKey(ctx, key.ID, rotation) })
}

// secretFlags say where a secret goes.
type secretFlags struct {
	Out    string `short:"o" help:"Write the secret to this new file, which only its owner may read, instead of standard output." placeholder:"FILE" predictor:"file"`
	Format string `help:"What goes to standard output: table for the secret alone, json for the key as the API has it." enum:"table,json" default:"table" placeholder:"FORMAT"`
}

// hand asks the server for a secret and gives it to whoever runs the command. The file comes first, so that no secret is
// made that could not be stored.
func (f *secretFlags) hand(p *process, ask func() (*wsc.KeyWithSecret, error)) error {
	var file *os.File
	if f.Out != "" {
		var err error
		if file, err = createSecretFile(f.Out); err != nil {
			return err
		}
	}
	key, err := ask()
	if err != nil {
		if file != nil {
			err = errors.Join(err, file.Close(), os.Remove(f.Out))
		}
		return err
	}
	return f.deliver(p, key, file)
}

// deliver gives the secret to the file, if there is one, or to standard output, and tells the person about the key.
func (f *secretFlags) deliver(p *process, key *wsc.KeyWithSecret, file *os.File) error {
	where := "Its secret is shown only now."
	if file != nil {
		where = "Its secret is in " + f.Out + "."
		if err := storeSecret(file, key.Secret); err != nil {
			// Lost, it could not be had again.
			p.notef("wsc: %v; the secret goes to standard output instead", err)
			file, where = nil, "Its secret is shown only now."
		}
	}
	if err := f.print(p.stdout, key, file != nil); err != nil {
		return fmt.Errorf("key %s has a new secret that could not be printed (%w): rotate the key, or revoke it", key.ID, err)
	}
	p.notef("Key %s (%q): %s, from %s, requests an hour: %s, %s.", key.ID, key.Name, scopesOf(&key.Key, ", "), networksOf(&key.Key),
		hourlyLimit(&key.Key), keyState(&key.Key, time.Now()))
	if key.PreviousExpiresAt != nil {
		p.notef("The former secret, %s, works until %s.", beginningOf(key.PreviousPrefix), localTime(key.PreviousExpiresAt, ""))
	}
	p.notef("%s", where)
	return nil
}

// print writes what standard output is for; the secret is left out if it is stored already.
func (f *secretFlags) print(w io.Writer, key *wsc.KeyWithSecret, stored bool) error {
	var err error
	switch {
	case f.Format != formatTable && stored:
		err = json.NewEncoder(w).Encode(key.Key)
	case f.Format != formatTable:
		err = json.NewEncoder(w).Encode(key) //nolint:gosec // the secret is what was asked for
	case !stored:
		_, err = fmt.Fprintln(w, key.Secret)
	}
	return err
}

// createSecretFile makes a file that only its owner may read.
func createSecretFile(path string) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, usagef("--out: %s exists already; choose another name", path)
	}
	if err != nil {
		return nil, usagef("--out: %v", err)
	}
	return file, nil
}

// storeSecret writes the secret and closes the file.
func storeSecret(file *os.File, secret string) error {
	_, err := file.WriteString(secret + "\n")
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}
