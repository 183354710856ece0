package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/export"
)

// checkOutput writes results and sees to it that none stays in a buffer for long, so that a pipe or a file that grows
// shows what is done.
type checkOutput struct {
	mu      sync.Mutex
	writer  export.Writer
	giveUp  func() error
	err     error // of a flush, for the next Write
	stop    chan struct{}
	flusher sync.WaitGroup
}

// newCheckOutput starts writing. giveUp is called when the output is given up; nil does nothing.
func newCheckOutput(writer export.Writer, giveUp func() error) *checkOutput {
	o := &checkOutput{writer: writer, giveUp: giveUp, stop: make(chan struct{})}
	if buffered, ok := writer.(export.Flusher); ok {
		o.flusher.Go(func() { o.flushRegularly(buffered.Flush) })
	}
	return o
}

func (o *checkOutput) flushRegularly(flush func() error) {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	for {
		select {
		case <-o.stop:
			return
		case <-ticker.C:
		}
		o.mu.Lock()
		if o.err == nil {
			o.err = flush()
		}
		o.mu.Unlock()
	}
}

// Write adds a result.
func (o *checkOutput) Write(result *wsc.Result) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return o.err
	}
	return o.writer.Write(result)
}

func (o *checkOutput) endFlushing() {
	close(o.stop)
	o.flusher.Wait()
}

// close finishes the output.
func (o *checkOutput) close() error {
	o.endFlushing()
	return errors.Join(o.err, o.writer.Close())
}

// discard gives the output up.
func (o *checkOutput) discard() error {
	o.endFlushing()
	if o.giveUp == nil {
		return nil
	}
	return o.giveUp()
}

// closing is a table that closes its file.
type closing struct {
	*resultTable
	file *os.File
}

// Close finishes the table and closes the file.
func (c closing) Close() error { return errors.Join(c.resultTable.Close(), c.file.Close()) }

func newBuffer(w io.Writer) *bufio.Writer { return bufio.NewWriter(w) }

// shellQuote writes an argument so that a POSIX shell reads it back.
func shellQuote(arg string) string {
	if arg != "" && strings.Trim(arg, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=,@%+") == "" {
		return arg
	}
	return "'" + strings.ReplaceAll(arg, "'", `'\''`) + "'"
}
