#!/usr/bin/env bash
# Says that the build will take minutes when the Temporal server, the largest dependency, was never compiled here.
set -euo pipefail
cd "$(dirname "$0")/.."

# A binary stands for a filled build cache; asking the cache itself takes seconds.
if [[ -x bin/wsc-standalone ]]; then
	exit 0
fi
if [[ $(go list -C standalone -f '{{.Stale}}' go.temporal.io/server/temporal 2>/dev/null) != false ]]; then
	echo "The first build compiles the Temporal server, about 5 minutes on 2 cores."
fi
