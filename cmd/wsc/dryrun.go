package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/internal/terminal"
	"github.com/website-status-checker/wsc/urllist"
)

// dryRun shows how the list is read, and ends with the error that a submission would have.
func (c *submitCommand) dryRun(ctx context.Context, p *process) (err error) {
	name := "stdin"
	if c.File != "-" {
		name = filepath.Base(c.File)
	}
	file, err := c.input(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if c.Name != "" {
		name = c.Name
	}
	info, err := file.Stat()
	if err != nil {
		return err
	}
	preview, err := urllist.Preview(ctx, file, info.Size(), c.listFlags.reading(name))
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if c.JSON {
		return errors.Join(json.NewEncoder(p.stdout).Encode(preview), refusalOf(&preview))
	}
	if err := printPreview(p.stdout, &preview); err != nil {
		return err
	}
	return refusalOf(&preview)
}

// input opens the list at a place where it can be read again and again. The caller closes it.
func (c *submitCommand) input(p *process) (*os.File, error) {
	if c.File == "-" {
		return spool(p.stdin)
	}
	file, err := openInput(c.File)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && info.Mode().IsRegular() {
		return file, nil
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	spooled, err := spool(file)
	return spooled, errors.Join(err, file.Close())
}

func refusalOf(preview *wsc.Preview) error {
	if preview.Refusal == nil {
		return nil
	}
	return wsc.Errorf(preview.Refusal.Code, "%s", preview.Refusal.Detail).At(preview.Refusal.Place)
}

// printPreview prints a preview for people.
func printPreview(w io.Writer, preview *wsc.Preview) error {
	header := "no"
	if preview.HasHeader {
		header = "yes"
	}
	delimiter := preview.Delimiter
	if delimiter == "\t" {
		delimiter = "tab"
	}
	encoding := preview.Encoding
	if preview.Format == "xlsx" {
		encoding = "" // of which people know nothing
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range [][2]string{
		{"format", preview.Format}, {"encoding", encoding}, {"delimiter", delimiter}, {"header", header},
		{"sheet", preview.Sheet}, {"sheets", strings.Join(preview.Sheets, ", ")}, {"columns", strings.Join(preview.Columns, ", ")},
		{"URL column", chosenColumn(preview)}, {"URLs", terminal.Thousands(preview.URLs)}, {"duplicates", terminal.Thousands(preview.Duplicates)},
		{"invalid", terminal.Thousands(preview.Invalid)}, {"blank", terminal.Thousands(preview.Blank)},
	} {
		if row[1] == "" {
			continue
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\n", row[0], terminal.Escape(row[1])); err != nil {
			return err
		}
	}
	for _, warning := range preview.Warnings {
		if _, err := fmt.Fprintf(table, "warning\t%s\n", terminal.Escape(warning)); err != nil {
			return err
		}
	}
	for _, problem := range preview.Problems {
		if _, err := fmt.Fprintf(table, "line %d\t%s\n", problem.Line, terminal.Escape(problem.Problem)); err != nil {
			return err
		}
	}
	return table.Flush()
}

// chosenColumn names the URL column and says why it was taken.
func chosenColumn(preview *wsc.Preview) string {
	why := map[string]string{
		"option": "asked for", "header": "by its name", "content": "by its content", "only_column": "the only one",
	}[preview.ChosenBy]
	if why == "" || preview.URLColumn == "" {
		return preview.URLColumn
	}
	return preview.URLColumn + " (" + why + ")"
}
