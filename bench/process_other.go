//go:build !linux

package main

import (
	"os"
	"os/exec"
)

// peakBytes is unknown here.
func peakBytes(*os.ProcessState) int64 { return 0 }

// dieWithParent can't be had here: a process outlives a bench that is killed.
func dieWithParent(*exec.Cmd) {}
