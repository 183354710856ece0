// Package version tells which build of the program runs.
package version

import (
	"fmt"
	"runtime/debug"
)

// Set by the linker (-X …/internal/version.version=v1.2.3); empty in a plain go build.
//
//nolint:gochecknoglobals // the linker can only write into package variables
var (
	version string
	commit  string
)

// Info describes a build.
type Info struct {
	// Version is a tag like v1.2.3, or "devel".
	Version string
	// Commit is the revision that was built, "" if unknown. A trailing "+changes" means that files differed from it.
	Commit string
	// Time is when the revision was committed (RFC 3339), "" if unknown.
	Time string
	// Go is the version of the Go toolchain.
	Go string
}

// Read returns what the linker and the Go toolchain recorded about this build.
func Read() Info {
	build, _ := debug.ReadBuildInfo() // nil without module support: then only the linker's values are known
	return describe(version, commit, build)
}

// String is the version alone, for example "v1.2.3" or "devel".
func String() string { return Read().Version }

// String is the build in one line for people.
func (i Info) String() string {
	text := "wsc " + i.Version
	if i.Commit != "" {
		text += " (commit " + i.Commit
		if i.Time != "" {
			text += " of " + i.Time
		}
		text += ")"
	}
	return fmt.Sprintf("%s, built with %s", text, i.Go)
}

func describe(version, commit string, build *debug.BuildInfo) Info {
	info := Info{Version: version, Commit: commit, Go: "an unknown Go"}
	var dirty bool
	if build != nil {
		info.Go = build.GoVersion
		if info.Version == "" && build.Main.Version != "(devel)" {
			info.Version = build.Main.Version
		}
		for _, setting := range build.Settings {
			switch setting.Key {
			case "vcs.revision":
				if info.Commit == "" {
					info.Commit = setting.Value[:min(12, len(setting.Value))]
				}
			case "vcs.time":
				info.Time = setting.Value
			case "vcs.modified":
				dirty = setting.Value == "true"
			}
		}
	}
	if info.Version == "" {
		info.Version = "devel"
	}
	if dirty && info.Commit != "" {
		info.Commit += "+changes"
	}
	return info
}
