package version

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDescribe(t *testing.T) {
	vcs := &debug.BuildInfo{
		GoVersion: "go1.26.8",
		Main:      debug.Module{Version: "v0.9.0"},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef0123"},
			{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"},
			{Key: "vcs.modified", Value: "true"},
		},
	}
	for name, test := range map[string]struct {
		version, commit string
		build           *debug.BuildInfo
		want            string
	}{
		"nothing known":         {"", "", nil, "wsc devel, built with an unknown Go"},
		"plain go build":        {"", "", &debug.BuildInfo{GoVersion: "go1.26.8", Main: debug.Module{Version: "(devel)"}}, "wsc devel, built with go1.26.8"},
		"the toolchain's":       {"", "", vcs, "wsc v0.9.0 (commit 0123456789ab+changes of 2026-01-02T03:04:05Z), built with go1.26.8"},
		"the linker's go first": {"v1.2.3", "feedface", vcs, "wsc v1.2.3 (commit feedface+changes of 2026-01-02T03:04:05Z), built with go1.26.8"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, test.want, describe(test.version, test.commit, test.build).String())
		})
	}
}

func TestThisBuild(t *testing.T) {
	require.NotEmpty(t, String())
	require.Equal(t, runtime.Version(), Read().Go)
}
