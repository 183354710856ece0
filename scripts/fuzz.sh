#!/usr/bin/env bash
# Runs every fuzz target of the main module for FUZZTIME, one after another. Corpora grow in the Go cache; a failing
# input is written to the package's testdata/fuzz, to be committed with the fix.
set -euo pipefail
cd "$(dirname "$0")/.."

fuzztime=${FUZZTIME:-30s}
count=0
while IFS=: read -r file target; do
	folder=$(dirname "$file")
	echo "== $folder $target ($fuzztime)"
	go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" "$folder" </dev/null
	count=$((count + 1))
done < <(grep -rEo --include='*_test.go' --exclude-dir=standalone '^func Fuzz[A-Za-z0-9_]+' . | sed 's/:func /:/' | sort)

if ((count == 0)); then
	echo "No fuzz target was found." >&2
	exit 1
fi
echo "== $count fuzz targets ran"
