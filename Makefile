# `make run` starts Baton with the examples; `make test` runs everything that must hold. Both need Python 3.11 or newer.

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11,\
	$(shell $(name) -c 'import sys; sys.version_info >= (3, 11) and print("$(name)")' 2>/dev/null)))
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
WORKERS ?= 2

.DEFAULT_GOAL := help
WEB := tasklist/static/index.html

.PHONY: help run web test quick lint format conformance bench soak db lock clean

help: ## Say what can be made.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.installed $(WEB) ## Install, migrate, deploy the examples and serve on http://127.0.0.1:8080.
	@$(BIN)/baton db upgrade
	@$(BIN)/baton dev

web: $(VENV)/.installed ## Build the web app; gets Node.js where there is none.
	$(BIN)/python tasklist/web/build.py

test: $(VENV)/.installed-dev $(WEB) ## Run all tests, on all databases and brokers, with the checks of style, types and floors.
	$(BIN)/python -m tests.postgres --install
	$(BIN)/python -m tests.brokers --install
	$(BIN)/python -m tests.chromium --install
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

quick: $(VENV)/.installed-dev ## Run the quick tests.
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not slow"

lint: $(VENV)/.installed-dev ## Check style, types and floors.
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.installed-dev ## Put the code into its form.
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

conformance: $(VENV)/.installed-dev ## Run the conformance scenarios on SQLite and PostgreSQL.
	$(BIN)/python -m tests.postgres --install
	$(BIN)/pytest tests/conformance

bench: $(VENV)/.installed-bench ## Measure, beside SpiffWorkflow and DBOS, on SQLite and PostgreSQL.
	$(BIN)/python -m tests.postgres --install
	$(BIN)/python -m tests.brokers --install
	$(BIN)/python -m bench

soak: $(VENV)/.installed-dev ## Run 10,000 instances at once, on SQLite and PostgreSQL.
	$(BIN)/python -m tests.postgres --install
	BURST=10000 $(BIN)/pytest tests/worker/test_burst.py

db: $(VENV)/.installed-dev ## Run a private PostgreSQL until Ctrl-C and print its URL.
	$(BIN)/python -m tests.postgres --install
	$(BIN)/python -m tests.postgres

lock: ## Pin the newest versions of everything that is needed.
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet --editable '.[dev,bench]'
	{ echo '# The exact versions the tests ran with: pip constraints of the Makefile and the Dockerfile.'; \
	  echo '# Made by: make lock'; \
	  $(VENV)-lock/bin/python -m pip freeze --exclude-editable; } > requirements.lock
	rm -rf $(VENV)-lock

clean: ## Remove what was made, the virtual environment too; databases stay.
	rm -rf $(VENV) tasklist/static tasklist/web/node_modules tasklist/web/build build dist .coverage .coverage.* htmlcov .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(WEB): $(VENV)/.installed $(shell git ls-files tasklist/web api 2>/dev/null)
	$(BIN)/python tasklist/web/build.py

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo 'Baton needs Python 3.11 or newer, and found none: install it, or say make PYTHON=/path/to/python3'; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo 'Python cannot make a virtual environment here; on Debian and Ubuntu: apt-get install python3-venv'; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python pyproject.toml requirements.lock
	$(PIP) install --quiet --constraint requirements.lock --editable '.[scripts]'
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/python pyproject.toml requirements.lock
	$(PIP) install --quiet --constraint requirements.lock --editable '.[dev]'
	@touch $@ $(VENV)/.installed

$(VENV)/.installed-bench: $(VENV)/.installed-dev
	$(PIP) install --quiet --constraint requirements.lock --editable '.[bench]'
	@touch $@
