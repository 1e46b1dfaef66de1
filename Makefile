# `make` shows what there is. Every target makes what it needs, so there is nothing to set up by hand.
SHELL := /bin/sh
PYTHON3 ?= python3
PYTHON := .venv/bin/python
PIP := $(PYTHON) -m pip install --quiet --quiet --disable-pip-version-check --no-input --require-hashes
COMPILE := $(PYTHON) -m uv pip compile --quiet --universal --python-version 3.12 --generate-hashes \
	--no-annotate --no-header --no-emit-index-url --no-emit-find-links
# For example: make test ARGS=tests/registry
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help up test lint format bench requirements

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: .venv/.runtime ## Start the hub on this machine (HOST, PORT, HUB_DATA_DIR, DATABASE_URL, REDIS_URL)
	@HUB_STOP_WITH_PARENT=1 exec $(PYTHON) -m hub.launcher

test: .venv/.dev ## Run every test (ARGS is handed on)
	@$(PYTHON) -m tests.run $(ARGS)

# The type checker loads the settings, which insist on keys; these open nothing.
lint: export SECRET_KEY := only-for-reading-the-settings
lint: export VAULT_KEY := only-for-reading-the-settings
lint: export HUB_AUDIT_KEY := only-for-reading-the-settings
lint: export HUB_RECEIPT_KEY := only-for-reading-the-settings
lint: .venv/.dev ## Check style, types, the arrows between packages, and templates
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
	.venv/bin/lint-imports
	$(PYTHON) -m djlint --quiet --lint templates

format: .venv/.dev ## Bring the code into the common style
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .

bench: .venv/.dev ## Measure the running hub and print ratios (ARGS is handed on)
	@$(PYTHON) -m bench $(ARGS)

requirements: .venv/.dev ## Pin and hash the dependencies of pyproject.toml anew
	$(COMPILE) --output-file requirements.txt pyproject.toml
	$(COMPILE) --output-file requirements-dev.txt --group dev --constraint requirements.txt pyproject.toml

# pip comes last when an environment is made, so its presence says that the environment is whole.
.venv/bin/pip:
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null || { \
	  echo "Assistant Hub needs Python 3.12 or newer, and $(PYTHON3) is $$($(PYTHON3) --version 2>/dev/null || echo missing)." \
	    "Install one, or name it: make $(MAKECMDGOALS) PYTHON3=python3.13" >&2; exit 1; }
	@$(PYTHON3) -m venv .venv

.venv/.runtime: requirements.txt | .venv/bin/pip
	@echo "Installing what the hub needs into .venv"
	@$(PIP) -r requirements.txt
	@touch $@

# The second file holds everything of the first one too.
.venv/.dev: requirements-dev.txt requirements.txt | .venv/bin/pip
	@echo "Installing what development needs into .venv"
	@$(PIP) -r requirements-dev.txt
	@touch $@ .venv/.runtime
