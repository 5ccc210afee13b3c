# `make` alone prints what there is. Everything runs in .venv, made by `make setup` from the locks in requirements/.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# Screens are drawn in a process of their own: TensorFlow and the software renderer bring their own, clashing LLVM.
SCREENS := tests/client
# Two processes, each with the face engine (about 1 GB); a file stays in one process, with what it started.
OTHERS := --ignore tests/client --numprocesses 2 --dist loadfile
DEBIAN := libgl1 libegl1 chromium postgresql redis-server fonts-dejavu-core
# Newer than Debian 12's: unpacked here and not installed.
REDIS8 := .cache/redis8

.DEFAULT_GOAL := help
.PHONY: help setup setup-all demo run client check test test-all bench golden lock

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with every package of the lock (needs Python 3.11-3.13)

$(READY): requirements/dev.txt requirements/installer.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || \
		{ echo "This needs Python 3.11, 3.12 or 3.13; name it with: make PYTHON=/path/to/python3.11 ..."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || \
		{ [ "$$(id -u)" = 0 ] && apt-get update -qq && apt-get install -y -qq python3-venv; } || \
		{ echo "Python's venv module is missing: sudo apt-get install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) (about 3 GB, a few minutes the first time) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.txt
	@$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --system-certs --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup-all: setup ## also install the Debian packages that the rendering, browser and PostgreSQL tests need, and Redis 8
	@if [ "$$(id -u)" = 0 ]; then sudo=; else sudo=sudo; fi; \
	 $$sudo apt-get update -qq && $$sudo env DEBIAN_FRONTEND=noninteractive \
	 apt-get install -y -qq --no-install-recommends $(DEBIAN) >/dev/null
	@tests/redis8.sh $(REDIS8)

demo: setup ## run the whole thing once with drawn people and print what happened
	@$(BIN)/oifr demo

run: setup ## serve on http://127.0.0.1:8440 with the embedded Redis and SQLite
	@$(BIN)/oifr serve

client: setup ## open the handheld against a running server (SERVER=..., PHOTO=...)
	@$(BIN)/python -m mobile_client.main --server $(or $(SERVER),http://127.0.0.1:8440) \
		--photo $(or $(PHOTO),server/demo/field)

check: setup ## formatting, lint, types and the import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

test: check ## every test this machine can run; what is skipped says why
	@$(BIN)/python -m pytest $(SCREENS)
	@$(BIN)/python -m pytest $(OTHERS)

test-all: export OIFR_TEST_KILLS := 20
test-all: check ## every test, and none may be skipped (after `make setup-all`)
	@$(BIN)/python -m pytest $(SCREENS) -p tests.no_skips
	@$(BIN)/python -m pytest $(OTHERS) -p tests.no_skips

bench: setup ## accuracy and speed, each beside a peer in the same run
	@$(BIN)/python -m bench

golden: setup ## rebuild what is generated and committed: API document, drawn people, pictures
	@$(BIN)/python -m tests.golden.rebuild

lock: setup ## renew the locks from pyproject.toml
	@for extras in server client dev; do \
	   case $$extras in dev) names="--extra server --extra client --extra dev";; *) names="--extra $$extras";; esac; \
	   $(BIN)/uv pip compile pyproject.toml $$names --output-file requirements/$$extras.txt $(LOCK_OPTIONS); done
	@echo uv | $(BIN)/uv pip compile - --constraint requirements/dev.txt \
		--output-file requirements/installer.txt $(LOCK_OPTIONS)

LOCK_OPTIONS := --universal --python-version 3.11 --generate-hashes --upgrade --quiet --system-certs \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate
