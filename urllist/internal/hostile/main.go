// Command hostile writes lists that are made to exhaust their reader, and measures what reading one takes. The tests of
// urllist run it as a process of its own, so that the figures are those of the reader alone.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	wsc "github.com/website-status-checker/wsc"
	"github.com/website-status-checker/wsc/urllist"
)

const usage = `usage: hostile list | hostile make NAME FILE | hostile scan FILE`

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "hostile:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	switch {
	case len(args) == 1 && args[0] == "list":
		for _, l := range lists() {
			if _, err := fmt.Fprintln(out, l.name); err != nil {
				return err
			}
		}
		return nil
	case len(args) == 3 && args[0] == "make":
		return makeFile(args[1], args[2])
	case len(args) == 2 && args[0] == "scan":
		figures, err := measure(args[1])
		if err != nil {
			return err
		}
		return json.NewEncoder(out).Encode(figures)
	}
	return errors.New(usage)
}

// makeFile writes the list of that name.
func makeFile(name, path string) (err error) {
	for _, l := range lists() {
		if l.name != name {
			continue
		}
		file, err := os.Create(path) //nolint:gosec // the caller says where
		if err != nil {
			return err
		}
		w := bufio.NewWriterSize(file, 1<<20)
		return errors.Join(l.write(w), w.Flush(), file.Close())
	}
	return fmt.Errorf("there is no list %q", name)
}

// Figures are what reading a list took.
type Figures struct {
	// Bytes is the size of the file, PeakBytes what the process held at most, Seconds how long Scan took and
	// CellSeconds how long reading every cell took.
	Bytes       int64   `json:"bytes"`
	PeakBytes   int64   `json:"peak_bytes"`
	Seconds     float64 `json:"seconds"`
	CellSeconds float64 `json:"cell_seconds"`
	// URLs are the lines with a URL, Code is the code of the error, if any.
	URLs int64    `json:"urls"`
	Code wsc.Code `json:"code,omitempty"`
}

// measure reads a list as a submission does, and if that goes well as an export does.
func measure(path string) (f Figures, err error) {
	file, err := os.Open(path) //nolint:gosec // the caller says which
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return f, err
	}
	f.Bytes = info.Size()
	stop := make(chan struct{})
	peak := make(chan int64)
	go watchMemory(stop, peak)

	options := urllist.Options{Filename: "list" + path[strings.LastIndexByte(path, '.'):], TempDir: os.TempDir(), MaxURLs: 1_000_000}
	began := time.Now()
	summary, scanErr := urllist.Scan(context.Background(), file, f.Bytes, options)
	f.Seconds = time.Since(began).Seconds()
	f.URLs, f.Code = summary.URLs, wsc.CodeOf(scanErr)
	if scanErr == nil {
		began = time.Now()
		options.KeepCells = true
		if err := readCells(file, f.Bytes, options); err != nil {
			return f, err
		}
		f.CellSeconds = time.Since(began).Seconds()
	}
	close(stop)
	f.PeakBytes = <-peak
	if high := highWaterMark(); high > 0 {
		f.PeakBytes = high
	}
	return f, nil
}

func readCells(src io.ReaderAt, size int64, options urllist.Options) error {
	list, err := urllist.Open(src, size, options)
	if err != nil {
		return err
	}
	for {
		if _, err := list.Next(); err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return errors.Join(err, list.Close())
		}
	}
}

// watchMemory samples what the process holds of the system's memory and sends the highest figure in the end.
func watchMemory(stop <-chan struct{}, peak chan<- int64) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	samples := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	highest := int64(0)
	for {
		metrics.Read(samples)
		highest = max(highest, int64(samples[0].Value.Uint64()-samples[1].Value.Uint64()))
		select {
		case <-stop:
			peak <- highest
			return
		case <-tick.C:
		}
	}
}

// highWaterMark is the most memory that the process had resident, as Linux tells it; 0 elsewhere.
func highWaterMark() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}
