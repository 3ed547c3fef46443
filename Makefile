# Tributary. `make` lists the targets; README.md says which two you need.

SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

# In the order in which they depend on each other.
MODULES  := loaders schema subgraphs/kit subgraphs/users subgraphs/payments subgraphs/notifications subgraphs/search router deploy/local
SERVICES := users payments notifications search

# Everything is pure Go; only the race detector needs cgo, which the test target switches on by itself.
export CGO_ENABLED ?= 0

# Flags for `make run`, for example ARGS="--listen 127.0.0.1:5000".
ARGS ?=
# Time for each fuzz target.
FUZZTIME ?= 30s
# Flags for the benchmark of the router, and how long `make soak` lasts.
BENCH ?=
SOAK  ?= 30m
# Packages for `make golden`.
PKG ?= work

GOLANGCI_VERSION := v2.5.0

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## build and start everything on this machine: playground at http://127.0.0.1:4000/
	@bin/local $(ARGS)

.PHONY: build
build: ## build all programs into bin/
	@for s in $(SERVICES); do (cd subgraphs/$$s && go build -trimpath -o ../../bin/$$s ./cmd/$$s); done
	@cd router && go build -trimpath -o ../bin/router ./cmd/router
	@if [ -d schema/cmd ]; then cd schema && for c in cmd/*; do go build -trimpath -o ../bin/$${c#cmd/} ./$$c; done; fi
	@cd deploy/local && go build -trimpath -o ../../bin/local .

.PHONY: test
test: tools check ## install what is missing, then run every test of every module with the race detector
	CGO_ENABLED=1 go test -race -timeout 20m work

.PHONY: check
check: ## what needs no server: formatting, vet, each module alone, generated code
	@files=$$(git ls-files '*.go' | xargs gofmt -l); if [ -n "$$files" ]; then echo "gofmt would change (run make fmt):"; echo "$$files"; exit 1; fi
	@for m in $(MODULES); do echo "check $$m"; (cd $$m && GOWORK=off go build ./... && GOWORK=off go vet ./...); done
	@deploy/dev/check-generated.sh $(SERVICES)

.PHONY: e2e
e2e: tools ## only the end-to-end tests: real binaries, databases, Redis and browser
	cd deploy/local && CGO_ENABLED=1 go test -race -timeout 15m -v ./...

.PHONY: generate
generate: ## regenerate the services' GraphQL code
	@for s in $(SERVICES); do (cd subgraphs/$$s && echo "generate $$s" && go tool gqlgen generate --config ../../gqlgen.yml); done

.PHONY: playground
playground: ## rebuild the playground's page (needs Node.js)
	cd router && go generate ./playground

.PHONY: golden
golden: ## rewrite the golden files of packages that have any (PKG=./schema/compose)
	@for p in $$(git grep -l 'schematest\|flag.Bool("update"' -- '*_test.go' | xargs -n1 dirname | sort -u); do \
		case "$(PKG)" in work|./$$p) (cd $$p && go test . -update);; esac; done

.PHONY: fuzz
fuzz: ## run every fuzz target for FUZZTIME (default 30s)
	@deploy/dev/fuzz.sh $(FUZZTIME)

.PHONY: bench
bench: ## measure the router against plain relays on one core each (BENCH="-quick"), then every Go benchmark
	@deploy/dev/tools.sh --bench
	cd router && go run ./bench $(BENCH)
	@deploy/dev/bench.sh

.PHONY: soak
soak: ## half an hour at load: does anything grow? (SOAK=5m)
	@deploy/dev/tools.sh --bench
	cd router && go run ./bench -soak $(SOAK)

.PHONY: lint
lint: ## run the linters of .golangci.yml
	@for m in $(MODULES); do echo "lint $$m"; (cd $$m && go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION) run -c $(CURDIR)/.golangci.yml ./...); done

.PHONY: fmt
fmt: ## format all Go code
	@git ls-files '*.go' | xargs gofmt -w

.PHONY: tools
tools: ## install what the tests need: gcc, PostgreSQL, Redis, Chromium, Node.js (Debian, as root)
	@deploy/dev/tools.sh

.PHONY: clean
clean: ## remove what was built, and the data of make run
	rm -rf bin .local
