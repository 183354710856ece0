package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
	"github.com/website-status-checker/wsc/localcheck"
)

// list reads everything that is to be checked.
func (c *checkCommand) list(ctx context.Context, p *process) (*localcheck.List, error) {
	targets := c.Targets
	if len(targets) == 0 {
		if terminal.Is(p.stdin, p.getenv) {
			return nil, usagef("name a list or a URL to check, or pipe a list into it; see wsc check --help")
		}
		targets = []string{"-"}
	}
	list := localcheck.NewList()
	for _, target := range targets {
		if target == "-" {
			if err := c.addStdin(ctx, p, list); err != nil {
				return nil, err
			}
			continue
		}
		isFile, err := isFile(target)
		if err != nil {
			return nil, err
		}
		if !isFile {
			list.AddURL(target)
			continue
		}
		file, err := openInput(target)
		if err != nil {
			return nil, err
		}
		err = c.addFile(ctx, p, list, file, filepath.Base(target))
		if err := errors.Join(err, file.Close()); err != nil {
			return nil, fmt.Errorf("%s: %w", target, err)
		}
	}
	return list, nil
}

// isFile tells a list from a URL. What exists is a file; what looks like one and does not exist is an error.
func isFile(target string) (bool, error) {
	if strings.Contains(target, "://") {
		return false, nil
	}
	_, err := os.Stat(target)
	switch {
	case err == nil:
		return true, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, &usageError{err.Error()}
	}
	_, urlErr := wsc.ReadURL(target)
	extensions := []string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".json", ".ndjson", ".jsonl"}
	switch {
	case slices.Contains(extensions, strings.ToLower(filepath.Ext(target))), strings.HasPrefix(target, "."):
		return false, usagef("%s: there is no such file", target)
	case urlErr != nil:
		return false, usagef("%s: there is no such file, and it is no URL either: %v", target, urlErr)
	}
	return false, nil
}

// addStdin reads a list from standard input, through a temporary file, since formats are told apart by looking ahead.
func (c *checkCommand) addStdin(ctx context.Context, p *process, list *localcheck.List) (err error) {
	file, err := spool(p.stdin)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := c.addFile(ctx, p, list, file, "stdin"); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	return nil
}

// spool copies what can be read once, standard input or a pipe, into a temporary file, which the caller closes.
func spool(from io.Reader) (*os.File, error) {
	file, err := os.CreateTemp("", "wsc-stdin-*")
	if err != nil {
		return nil, fmt.Errorf("spooling standard input: %w", err)
	}
	// Without a name the file can't be left behind.
	if err := os.Remove(file.Name()); err != nil {
		return nil, fmt.Errorf("spooling standard input: %w", errors.Join(err, file.Close()))
	}
	if _, err := io.Copy(file, from); err != nil {
		return nil, fmt.Errorf("reading standard input: %w", errors.Join(err, file.Close()))
	}
	return file, nil
}

func (c *checkCommand) addFile(ctx context.Context, p *process, list *localcheck.List, file *os.File, name string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return c.addPipe(ctx, p, list, file, name)
	}
	read, err := list.AddFile(ctx, file, info.Size(), c.listFlags.reading(name))
	if err != nil {
		return err
	}
	if !c.Quiet && len(read.Columns) > 1 && (read.ChosenBy == "content" || read.ChosenBy == "header") {
		p.notef("%s: the URLs are taken from column %q; --url-column names another.", name, read.URLColumn)
	}
	return nil
}

// addPipe reads what is a file by name but can only be read once, such as <(command) in a shell.
func (c *checkCommand) addPipe(ctx context.Context, p *process, list *localcheck.List, pipe *os.File, name string) error {
	spooled := *p
	spooled.stdin = pipe
	if err := c.addStdin(ctx, &spooled, list); err != nil {
		return fmt.Errorf("%s: %w", terminal.Escape(name), err)
	}
	return nil
}
