# `make run` for people who want to see it, `make test` for people who change it; `make` alone lists the rest.
SHELL := /bin/bash
PYTHON ?= python3
PIP := .venv/bin/python -m pip --disable-pip-version-check install --retries 10 --timeout 60
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-annotate --extra build
FAST_TESTS := tests/core tests/test_layers.py tests/test_tree.py tests/test_docs.py
# Tests of one file stay in one process: they share servers and measure their memory. Servers and ports are each worker's own.
# pytest-xdist would begin with the files of most tests; tests/conftest.py begins with those that take longest.
WORKERS ?= 2
ON_WORKERS := $(if $(filter-out 1,$(WORKERS)),-n $(WORKERS) --dist loadfile --no-loadscope-reorder)

ifdef PORT
run: export LMS_TRACKER_PORT := $(PORT)
endif

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):[^#]*## /\1\t/' | expand -t 8

run: .venv/installed ## start the product with its demo on 127.0.0.1:8000 (PORT=8001 for another port)
	@.venv/bin/lms-tracker db upgrade
	@.venv/bin/lms-tracker demo load
	@exec .venv/bin/lms-tracker serve

test: .venv/installed-dev ## run all tests in two processes (WORKERS=1 for one); installs PostgreSQL, Chromium, … when missing
	@.ci/services
	@$(MAKE) --no-print-directory tests/clients/node_modules/installed
	@.venv/bin/python -m pytest $(ON_WORKERS) $(ARGS)

check: .venv/installed-dev ## style, types and the fast tests; .ci/run is this and `make test`
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy --strict lms_tracker/core xapi_adapters
	.venv/bin/python -m pytest -q $(FAST_TESTS)

bench: .venv/installed-dev ## measure on this machine, into var/bench.json (ONLY=engine for one family)
	@.ci/services
	@.venv/bin/python -m tests.bench $(ONLY)

bench-idle: .venv/installed-dev ## simulated people and cheats: what counts and who is held, into var/idle.json (ARGS=--quick or --each=30)
	@.venv/bin/python -m tests.bench.idle $(ARGS)

lock: .venv/installed-dev ## choose dependencies' versions anew and write both requirements files
	$(PIP) --quiet uv
	$(LOCK) --upgrade pyproject.toml -o requirements.txt
	$(LOCK) --upgrade --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean: ## remove what was built and cached; var/ and .venv/ stay
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -type d -print0 | xargs -0 rm -rf

.venv/made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "lms_tracker needs Python 3.11 or newer, this is $$($(PYTHON) --version 2>&1)." \
			"Name another one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python cannot make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

# Hashes pin every file; setuptools is among them, so building the product itself asks no registry either.
.venv/installed: requirements.txt pyproject.toml | .venv/made
	@echo "Installing the dependencies: about a minute, and only when they changed"
	@$(PIP) --quiet --require-hashes -r requirements.txt
	@$(PIP) --quiet --no-deps --no-build-isolation -e .
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	@echo "Installing what tests need (only when it changed)"
	@$(PIP) --quiet --require-hashes -r requirements-dev.txt
	@touch $@

# The npm registry's xAPI clients, by their locked contents; nothing of them runs while it is installed (.npmrc there).
tests/clients/node_modules/installed: tests/clients/package-lock.json
	@if ! command -v npm >/dev/null; then echo "npm is missing: tests with JavaScript clients are skipped" >&2; \
	else echo "Installing the JavaScript clients that tests speak through (only when they changed)"; \
		npm ci --prefix tests/clients --loglevel=error >/dev/null && touch $@ || \
		echo "Could not install them: tests with JavaScript clients are skipped" >&2; fi

.PHONY: help run test check bench bench-idle lock clean
