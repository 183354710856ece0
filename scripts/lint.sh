#!/usr/bin/env bash
# Every static check of both modules. The tools are built from source at the versions of tools/go.mod, so that a
# machine with Go alone can lint, and everybody gets the same findings. All checks run; any finding fails.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

status=0
step() {
	echo "== $1"
	shift
	"$@" || status=1
}

lint() { (cd "$1" && "$root/bin/tools/golangci-lint" run ./...); }

echo "== tools (the first build of golangci-lint takes minutes)"
mkdir -p bin/tools
go build -C tools -o "$root/bin/tools/" tool

step "golangci-lint, main module" lint .
step "golangci-lint, standalone" lint standalone
step "workflowcheck" bin/tools/workflowcheck ./workflows/...
for script in scripts/*.sh .ci/run; do
	step "bash -n $script" bash -n "$script"
done
exit "$status"
