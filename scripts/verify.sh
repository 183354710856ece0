#!/usr/bin/env bash
# Proves that docs/openapi.yaml is usable: lints it, generates a TypeScript client from it, and compiles a small program
# against that client. The tools' versions are those of verify/package-lock.json.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/ensure-node.sh
cd verify

# node_modules is installed anew only when the lock has changed, so that a second run needs no network.
installed=node_modules/.installed-lock.json
if ! cmp -s package-lock.json "$installed"; then
	echo "== npm ci"
	if ! npm ci --no-audit --no-fund --prefer-offline --loglevel=error; then
		echo "The tools of verify/package-lock.json could not be installed: npm has to reach a registry (npm config get registry)." >&2
		exit 1
	fi
	cp package-lock.json "$installed"
fi

echo "== lint docs/openapi.yaml"
node lint.mjs ../docs/openapi.yaml
echo "== generate a TypeScript client"
node_modules/.bin/openapi-typescript ../docs/openapi.yaml --output api.d.ts
echo "== compile a program against it"
node_modules/.bin/tsc --project .
echo "== docs/openapi.yaml is usable"
