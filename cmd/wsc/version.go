package main

import (
	"fmt"

	"github.com/website-status-checker/wsc/internal/version"
)

type versionCommand struct{}

// Run prints the build.
func (versionCommand) Run(p *process) error {
	_, err := fmt.Fprintln(p.stdout, version.Read())
	return err
}
