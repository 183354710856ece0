#!/usr/bin/env bash
# The whole test suite: the main module under the race detector, then standalone, whose tests run the real binaries
# end to end. Both always run, so that one failure does not hide another; the last lines say how it went.
#
# GOFLAGS and CGO_ENABLED are those of `make build`, so that the end-to-end tests find the server already compiled.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/ensure-postgres.sh
scripts/ensure-chromium.sh

output=$(mktemp)
trap 'rm -f "$output"' EXIT
failed=()

run() {
	local name=$1
	shift
	echo "== $name"
	# The status of the pipeline is that of the tests, by pipefail.
	"$@" 2>&1 | tee -a "$output" || failed+=("$name")
}

# The race detector needs cgo, and shares no compiled package with the static builds anyway.
run "main module, race detector on" env CGO_ENABLED=1 GOFLAGS="${GOFLAGS//-trimpath/}" go test -race -timeout 20m ./...
scripts/first-build-notice.sh
# The end-to-end tests build the programs themselves. What takes minutes the first time is done before their clock runs, and
# they are run every time: the test cache does not know what the programs are made of.
go build -C standalone -o /dev/null .
run "standalone, end to end" go test -C standalone -count=1 -timeout 20m ./...

if ((${#failed[@]} > 0)); then
	echo
	echo "== failed"
	grep -E '^(--- FAIL|FAIL[[:space:]])' "$output" | sort -u || true
	exit 1
fi
echo "== every package passed"
