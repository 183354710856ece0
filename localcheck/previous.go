package localcheck

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
	"github.com/website-status-checker/wsc/runner"
	"github.com/website-status-checker/wsc/urllist"
)

// Previous is what an earlier, interrupted run wrote.
type Previous struct {
	// Rows is the number of results.
	Rows int64
	// size is the length of the output up to the end of its last complete row, in bytes.
	size int64

	seen     *urllist.Deduper
	lines    map[int64]int // rows without a normalised URL, by line
	outcomes map[outcome]int64
}

// outcome is what the summary needs to know of a row.
type outcome struct {
	status wsc.Status
	kind   wsc.ErrorKind
	code   int
}

func newPrevious() *Previous {
	return &Previous{seen: urllist.NewDeduper(), lines: map[int64]int{}, outcomes: map[outcome]int64{}}
}

// readPrevious reads an output as far as its rows are complete. Only CSV and NDJSON can be gone on with.
func readPrevious(src io.ReaderAt, size int64, format export.Format) (*Previous, error) {
	p := newPrevious()
	whole := bufio.NewReaderSize(io.NewSectionReader(src, 0, size), 64<<10)
	var err error
	switch format {
	case export.FormatCSV:
		if p.size, err = completeCSV(whole); err == nil {
			err = p.readCSV(io.NewSectionReader(src, 0, p.size))
		}
	case export.FormatNDJSON:
		err = p.readNDJSON(whole)
	default:
		err = wsc.Errorf(wsc.CodeInvalidRequest, "A %s file can't be gone on with; --resume needs a CSV or NDJSON output.", format)
	}
	if err != nil {
		return nil, err
	}
	return p, nil
}

// completeCSV returns where the last record ends that has its line end. A line end between quotes ends no record;
// doubled quotes cancel each other out.
func completeCSV(src *bufio.Reader) (int64, error) {
	var at, end int64
	quoted := false
	for {
		c, err := src.ReadByte()
		if errors.Is(err, io.EOF) {
			return end, nil
		}
		if err != nil {
			return 0, fmt.Errorf("reading the earlier output: %w", err)
		}
		at++
		switch {
		case c == '"':
			quoted = !quoted
		case c == '\n' && !quoted:
			end = at
		}
	}
}

func (p *Previous) readCSV(src io.Reader) error {
	header, err := csvHeader()
	if err != nil {
		return err
	}
	rows := csv.NewReader(src)
	rows.ReuseRecord = true
	rows.FieldsPerRecord = len(header)
	first, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return nil // nothing was written yet
	}
	if err != nil || !slices.Equal(first, header) {
		return foreign("Its first line is not the header of this version's CSV output.")
	}
	column := func(name string) int { return slices.Index(header, name) }
	line, target, status := column("line"), column("normalized_url"), column("status")
	kind, code := column("error_kind"), column("http_status")
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return foreign(err.Error())
		}
		result := wsc.Result{
			NormalizedURL: export.Restore(row[target]), Status: wsc.Status(row[status]), ErrorKind: wsc.ErrorKind(row[kind]),
		}
		// A cell that is no number leaves 0, which belongs to no line and no answer.
		result.Line, _ = strconv.ParseInt(row[line], 10, 64)
		result.HTTPStatus, _ = strconv.Atoi(row[code])
		if err := p.add(&result); err != nil {
			return err
		}
	}
}

// csvHeader is the header that an output begins with.
func csvHeader() ([]string, error) {
	var text bytes.Buffer
	writer, err := export.NewWriter(export.FormatCSV, &text, export.Options{})
	if err != nil {
		return nil, err
	}
	if err := writer.Close(); err != nil {
		return nil, err
	}
	return csv.NewReader(&text).Read()
}

func (p *Previous) readNDJSON(src *bufio.Reader) error {
	for {
		line, err := src.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil // what is left has no line end: the earlier run was stopped while it wrote it
		}
		if err != nil {
			return fmt.Errorf("reading the earlier output: %w", err)
		}
		var result wsc.Result
		if err := json.Unmarshal(line, &result); err != nil {
			return foreign(fmt.Sprintf("Line %d is no result.", p.Rows+1))
		}
		if err := p.add(&result); err != nil {
			return err
		}
		p.size += int64(len(line))
	}
}

// add remembers a row.
func (p *Previous) add(result *wsc.Result) error {
	p.Rows++
	if !slices.Contains(wsc.Statuses(), result.Status) {
		return foreign(fmt.Sprintf("Row %d has no status.", p.Rows))
	}
	p.outcomes[outcome{result.Status, result.ErrorKind, result.HTTPStatus}]++
	if result.NormalizedURL == "" {
		p.lines[result.Line]++
		return nil
	}
	if first, twice := p.seen.Add(result.NormalizedURL, p.Rows); twice {
		return foreign(fmt.Sprintf("Rows %d and %d are about the same URL.", first, p.Rows))
	}
	return nil
}

// strike takes what has a result out of the check. Every row must belong to its list.
func (p *Previous) strike(c *Check) error {
	var found int64
	c.invalid = slices.DeleteFunc(c.invalid, func(result wsc.Result) bool {
		if p.lines[result.Line] == 0 {
			return false
		}
		p.lines[result.Line]--
		found++
		return true
	})
	c.tasks = slices.DeleteFunc(c.tasks, func(task runner.Task) bool {
		// The URLs of a list differ from each other, so one that was seen stands in the output.
		_, done := p.seen.Add(task.NormalizedURL, 0)
		if done {
			found++
		}
		return done
	})
	if found != p.Rows {
		return foreign(fmt.Sprintf("%d of its %d rows are not in the list.", p.Rows-found, p.Rows))
	}
	for of, count := range p.outcomes {
		for range count {
			c.meter.earlier(of.status, of.kind, of.code)
		}
	}
	return nil
}

// foreign is the refusal to go on with a file that is not what an earlier run over the same list wrote.
func foreign(why string) error {
	return wsc.Errorf(wsc.CodeConflict, "The output can't be gone on with: %s Write to another file, or leave --resume out to replace it.", why)
}
