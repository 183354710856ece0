#!/usr/bin/env bash
# Formats both modules with the formatters of .golangci.yml.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD

mkdir -p bin/tools
go build -C tools -o "$root/bin/tools/" tool
bin/tools/golangci-lint fmt ./...
(cd standalone && "$root/bin/tools/golangci-lint" fmt ./...)
