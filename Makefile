# Website Status Checker. `make help` lists the targets; docs/development.md explains them.

.DEFAULT_GOAL := help

# The two modules: the product, and standalone, which alone links the Temporal server and SQLite.
MODULE  := github.com/website-status-checker/wsc
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
# Without a readable git repository (an unpacked archive, a container that owns no files) go build cannot ask git.
VCS     := $(shell git rev-parse --git-dir >/dev/null 2>&1 && echo auto || echo false)
LDFLAGS := -s -w -X $(MODULE)/internal/version.version=$(VERSION)

# Binaries are static. Everything but the race detector's run uses the same two settings, because compiled packages
# are shared only between commands that agree on them, and the Temporal server takes minutes to compile.
STATIC  := CGO_ENABLED=0 GOFLAGS="$(strip $(GOFLAGS) -trimpath)"
BUILD   := -buildvcs=$(VCS) -ldflags '$(LDFLAGS)'

# Arguments for `make run` and `make bench`, for example: make run ARGS='--listen 127.0.0.1:9090'
ARGS ?=
# How long `make fuzz` spends on each fuzz target.
FUZZTIME ?= 30s

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: build-wsc build-standalone ## Build bin/wsc and bin/wsc-standalone

.PHONY: build-wsc
build-wsc:
	@$(STATIC) go build $(BUILD) -o bin/wsc ./cmd/wsc

.PHONY: build-standalone
build-standalone:
	@$(STATIC) scripts/first-build-notice.sh
	@$(STATIC) go build -C standalone $(BUILD) -o ../bin/wsc-standalone .

.PHONY: run
run: build-standalone ## Build and start everything in one process (data in ./data)
	@exec bin/wsc-standalone $(ARGS)

.PHONY: test
test: ## Run the whole test suite (installs PostgreSQL if it may)
	@$(STATIC) scripts/test.sh

.PHONY: test-race
test-race: ## Run the main module's tests with the race detector
	@scripts/ensure-postgres.sh
	go test -race -timeout 10m ./...

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (30s)
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

.PHONY: bench
bench: build ## Measure wsc check against a bare net/http loop, and the API under load (3 minutes)
	@scripts/ensure-postgres.sh
	@$(STATIC) go build -o bin/bench/ ./bench/...
	@bin/bench/bench $(ARGS)

.PHONY: lint
lint: ## Check both modules: golangci-lint, workflowcheck, formatting, scripts
	@$(STATIC) scripts/lint.sh

.PHONY: verify
verify: ## Lint docs/openapi.yaml and compile a TypeScript client of it (installs Node.js if it may)
	@scripts/verify.sh

.PHONY: screenshots
screenshots: ## Write pictures of every page, in three widths, light and dark, to screenshots/
	@scripts/ensure-chromium.sh
	@scripts/ensure-postgres.sh
	@$(STATIC) go test -C standalone ./e2e -count=1 -timeout 15m -run '^TestGUI' -screenshots "$(CURDIR)/screenshots"

.PHONY: fmt
fmt: ## Format the Go files of both modules
	@$(STATIC) scripts/fmt.sh

.PHONY: clean
clean: ## Remove bin/ (data/ and the Go caches stay)
	rm -rf bin
