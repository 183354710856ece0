package main

import (
	"os"
	"os/exec"
	"syscall"
)

// peakBytes is the largest resident set of a process that ended. Linux counts what the starting process held at that
// moment too, so the bench itself stays far smaller than what it measures.
func peakBytes(state *os.ProcessState) int64 {
	used, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return used.Maxrss * 1024
}

// dieWithParent makes the kernel kill the process when the bench is gone, however that ended.
func dieWithParent(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
