package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// process is the id of the process that is measured. What is known of it comes from /proc (see proc(5)).
type process int

// tick is the unit of CPU times in /proc: Linux shows them in hundredths of a second on all architectures that Go knows.
const tick = 10 * time.Millisecond

// cpu is the user and system time that the process has used.
func (p process) cpu() (time.Duration, error) {
	text, err := p.read("stat")
	if err != nil {
		return 0, err
	}
	return cpuOf(text)
}

// cpuOf reads the fields utime and stime of a stat line. The name of the program, in parentheses, may contain anything.
func cpuOf(stat string) (time.Duration, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	const utime, stime = 11, 12 // counted from the field behind the name
	if len(fields) <= stime {
		return 0, fmt.Errorf("a process status of %d fields: %q", len(fields), stat)
	}
	var sum time.Duration
	for _, field := range fields[utime : stime+1] {
		ticks, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("CPU time of a process: %w", err)
		}
		sum += time.Duration(ticks) * tick
	}
	return sum, nil
}

// residentBytes is the memory that the process holds now.
func (p process) residentBytes() (int64, error) { return p.memory("VmRSS") }

// peakBytes is the most memory that it ever held.
func (p process) peakBytes() (int64, error) { return p.memory("VmHWM") }

func (p process) memory(field string) (int64, error) {
	text, err := p.read("status")
	if err != nil {
		return 0, err
	}
	return memoryOf(text, field)
}

// memoryOf reads one field of a process's status, in bytes.
func memoryOf(status, field string) (int64, error) {
	for line := range strings.Lines(status) {
		name, value, found := strings.Cut(line, ":")
		if !found || name != field {
			continue
		}
		kilobytes, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("memory of a process: %w", err)
		}
		return kilobytes * 1024, nil
	}
	return 0, fmt.Errorf("the status of the process has no field %s", field)
}

func (p process) read(file string) (string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", p, file)) //nolint:gosec // p is a number
	if err != nil {
		return "", fmt.Errorf("look at the API's process (-pid): %w", err)
	}
	return string(text), nil
}
