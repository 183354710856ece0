package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"go.uber.org/goleak"

	"github.com/website-status-checker/wsc/apiserver"
	"github.com/website-status-checker/wsc/internal/apitest"
	"github.com/website-status-checker/wsc/internal/testsite"
)

func TestMain(m *testing.M) {
	testscript.Main(leakChecked{m}, map[string]func(){"wsc": main})
}

// leakChecked fails the tests when goroutines are left over.
type leakChecked struct{ tests *testing.M }

func (l leakChecked) Run() int {
	code := l.tests.Run()
	if code != 0 {
		return code
	}
	if err := goleak.Find(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// TestScripts plays the scripts in testdata/script against the real program. In them, $SITE0 to $SITE3 are loopback
// websites, $ALLOW the flags with which they may be contacted, and WSC_SERVER is a hand-made server that behaves like
// the API. Beside testscript's own commands there are:
//
//	exits CODE PROGRAM ARGS…  runs a program that must end with this status
//	expand FILE               replaces the variables in a file
//	rows FILE N               wants N lines in a file
//	await FILE N              waits until a file has at least N lines
//	await-watcher             waits until somebody watches the job "endless"
//	sheet FILE CELL TEXT      wants a cell of a workbook's first sheet to hold a text
//	real-api                  makes WSC_SERVER the real API, without jobs and keys, and WSC_KEY its admin key
func TestScripts(t *testing.T) {
	hosts := testsite.StartHosts(t, testsite.HostsConfig{})
	api := startFakeAPI(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			for i := range 4 {
				env.Setenv("SITE"+strconv.Itoa(i), strings.TrimSuffix(hosts.URL(i, "/"), "/"))
			}
			env.Setenv("PORT", strconv.Itoa(int(hosts.Port())))
			env.Setenv("WSC_ALLOW_NETS", "127.0.0.0/8")
			env.Setenv("WSC_ALLOW_PORTS", strconv.Itoa(int(hosts.Port())))
			env.Setenv("WSC_SERVER", api.URL)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":  exits,
			"expand": expand,
			"rows":   rows,
			"await":  await,
			"sheet":  sheet,
			"real-api": func(ts *testscript.TestScript, _ bool, _ []string) {
				server := apitest.Start(t, apiserver.Limits{})
				ts.Setenv("WSC_SERVER", server.URL)
				ts.Setenv("WSC_KEY", apitest.AdminKey)
			},
			"await-watcher": func(ts *testscript.TestScript, _ bool, _ []string) {
				select {
				case <-api.watched:
				case <-time.After(20 * time.Second):
					ts.Fatalf("nobody watches the endless job")
				}
			},
		},
	})
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d instead of %d", got, want)
	}
}

func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(os.Expand(ts.ReadFile(name), ts.Getenv)), 0o600))
	}
}

func rows(ts *testscript.TestScript, _ bool, args []string) {
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); strconv.Itoa(got) != args[1] {
		ts.Fatalf("%s has %d lines instead of %s:\n%s", args[0], got, args[1], ts.ReadFile(args[0]))
	}
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); <-poll.C {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && bytes.Count(text, []byte("\n")) >= want {
			return
		}
	}
	ts.Fatalf("%s has no %d lines yet", args[0], want)
}

func sheet(ts *testscript.TestScript, neg bool, args []string) {
	book, err := excelize.OpenFile(ts.MkAbs(filepath.FromSlash(args[0])))
	ts.Check(err)
	defer func() { ts.Check(book.Close()) }()
	value, err := book.GetCellValue(book.GetSheetName(0), args[1])
	ts.Check(err)
	if strings.Contains(value, args[2]) == neg {
		ts.Fatalf("cell %s is %q", args[1], value)
	}
}
