# Two commands: `make run` and `make test`. Each sets up .venv first when the lock has changed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
HOME_DIR ?= ./store

# DAGSTER_HOME is the checkout so that its dagster.yaml is the instance's; storage goes to the store.
export DAGSTER_HOME := $(CURDIR)
export NATIONAL_OUTCOMES_HOME ?= $(HOME_DIR)
export DAGSTER_DISABLE_TELEMETRY := 1
export GX_ANALYTICS_ENABLED := false
export PYTHONPATH := $(CURDIR)
# Compiled modules are kept: without them every start of Dagster costs five seconds more.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: run test check lint types contracts docs ui lock clean

run: $(VENV)/.ready          ## make a small synthetic country, run the nightly job on it, say what to open
	$(BIN)/outcomes demo --home $(HOME_DIR)

test: $(VENV)/.ready         ## all tests, as CI runs them
	$(BIN)/python -m pytest

check: lint types contracts test

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.ready
	$(BIN)/mypy

contracts: $(VENV)/.ready
	$(BIN)/lint-imports --no-cache

docs: $(VENV)/.ready         ## rebuild the dictionary, rule and indicator pages from the declarations
	$(BIN)/outcomes docs

ui: $(VENV)/.ready           ## Dagster's pages on http://localhost:3000
	$(BIN)/outcomes ui --home $(HOME_DIR)

lock:                        ## resolve pyproject.toml anew into a hash-only lock (needs the registry)
	$(BIN)/uv pip compile pyproject.toml --group dev --group build --universal --generate-hashes --no-header \
	  --no-emit-index-url --no-emit-find-links --no-annotate -q -o requirements.lock

$(VENV)/.ready: requirements.lock uv.lock.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + "; choose one with: make $@ PYTHON=python3.12") if not (3, 11) <= sys.version_info < (3, 14) else 0'
	$(PYTHON) -m venv --clear $(VENV)
	@echo "installing the pinned packages into $(VENV) (about a minute)"
	@$(BIN)/python -m pip install -q --no-deps --require-hashes -r uv.lock.txt \
	  && $(BIN)/uv pip sync -q --require-hashes --python $(BIN)/python requirements.lock \
	  || $(BIN)/python -m pip install -q --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --no-deps --no-build-isolation --no-index -e .
	@touch $@
