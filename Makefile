# Two commands are all the set-up: `make run` and `make test`. `make help` lists the others.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
# Tests start hundreds of processes: each would compile everything again.
unexport PYTHONDONTWRITEBYTECODE

# A Python of your choice: make PYTHON=python3.12 run. Otherwise the first of these that is new enough.
PYTHON ?=
PYTHONS := $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python)

VENV := .venv
BIN := $(VENV)/bin
MADE := $(VENV)/.made

# A half-made .venv has no stamp; one whose Python was moved or removed has one that means nothing.
ifneq ($(wildcard $(MADE)),)
ifneq ($(shell $(BIN)/python -c 'print("works")' 2>/dev/null),works)
$(shell rm -f $(MADE))
endif
endif

# What `make lock` may change besides: UPGRADE is `all`, or names.
UPGRADE ?=
UPGRADES := $(if $(filter all,$(UPGRADE)),--upgrade,$(addprefix --upgrade-package=,$(UPGRADE)))

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-12s %s\n", $$1, $$2}'

.PHONY: run
run: $(MADE) ## fill a database from GitHub (GH_TOKEN and GH_ORGS), or from a sandbox when GH_TOKEN is not set
	@$(BIN)/python demo.py

.PHONY: dashboard
dashboard: $(MADE) ## show what is in the database in a browser: http://127.0.0.1:8501, or make dashboard PORT=9000
	@$(BIN)/python -m reports.dashboard $(if $(PORT),--port $(PORT))

# Two workers; what shares something costly goes to one of them (pytest.mark.xdist_group).
PARALLEL := -n 2 --dist loadgroup

# From Python 3.12 on, which lines were reached costs next to nothing to know.
COVER := --cov --cov-report=html:.cache/coverage/html
CORE = $(shell $(BIN)/python -c 'import sys; print("ctrace" if sys.version_info < (3, 12) else "sysmon")')

.PHONY: test
test: $(if $(T),$(MADE),check) ## everything: linters, types, layers, all tests on SQLite and PostgreSQL, coverage; T=tests/store: these tests only
	@$(if $(T),,COVERAGE_CORE=$(CORE)) $(BIN)/python -m pytest $(or $(T),$(PARALLEL) $(COVER))

.PHONY: quick
quick: check ## linters, types, layers, and the fast tests, on SQLite: before each commit (a minute)
	@$(BIN)/python -m pytest $(PARALLEL) -m "not slow and not postgresql"

.PHONY: soak
soak: $(MADE) ## the long tests: 500 ticks, 60 trials of odd answers, a job killed at each of its statements, 100 runs of 20 seconds, 400 days of Copilot, 5,000 items, 10,000 jobs (25 minutes)
	@SOAK=1 $(BIN)/python -m pytest $(PARALLEL) --timeout 1800 tests/contributions/test_ticks.py tests/contributions/test_mutations.py tests/contributions/test_killed.py tests/contributions/test_graphql.py tests/contributions/test_graphql_failures.py tests/contributions/test_deadlines.py tests/copilot/sync/test_days.py tests/test_backfill.py tests/workflows/test_repair.py tests/benchmarks

.PHONY: check
check: $(MADE) ## linters, types and layers only
	@mkdir -p .cache
	@$(BIN)/python -m ruff check --quiet --output-format concise .
	@$(BIN)/python -m ruff format --check . >.cache/format.log || { cat .cache/format.log; echo "To format: make format"; exit 1; }
	@$(BIN)/python -m mypy --no-error-summary .
	@$(BIN)/lint-imports --cache-dir .cache/import-linter --no-logo >.cache/layers.log 2>&1 || { cat .cache/layers.log; exit 1; }
	@echo "Linters, types and layers: fine."

.PHONY: format
format: $(MADE) ## put the code in its format, and fix what the linter can fix
	@$(BIN)/python -m ruff check --quiet --fix-only .
	@$(BIN)/python -m ruff format --quiet .

.PHONY: hooks
hooks: $(MADE) ## let git run linters, types and layers before each commit
	@$(BIN)/python -m pre_commit install

.PHONY: migrate
migrate: $(MADE) ## bring the database that DB_URL names, or with STAGE=prod that stage's, to the newest schema
	@$(BIN)/python -m alembic $(if $(STAGE),-x stage=$(STAGE)) upgrade head

.PHONY: check-setup
check-setup: $(MADE) ## is all there that a stage needs (AWS, secrets, database, permissions)? make check-setup STAGE=prod
	@$(BIN)/python -m deployment --stage $(or $(STAGE),dev)

# What Python compiled meanwhile would go into the zip, and make it another one each time. pip downloads what runs in
# Lambda at once: left to itself, Chalice downloads that for itself afterwards, and checks no hashes then.
.PHONY: deploy
deploy: check-setup ## check, then deploy a stage: make deploy STAGE=prod
	@find chalicelib -name __pycache__ -type d -prune -exec rm -rf {} +
	@PYTHONDONTWRITEBYTECODE=1 PIP_PLATFORM=manylinux2014_x86_64 PIP_ONLY_BINARY=:all: \
	  $(BIN)/chalice deploy --stage $(or $(STAGE),dev)

.PHONY: bench
bench: $(MADE) ## measure loading, views at scale, memory, requests, and the Lambdas' start
	@$(BIN)/python -m benchmarks

.PHONY: bench-peers
bench-peers: $(MADE) ## measure ours and other loaders beside each other, in some hours: make bench-peers ONLY=ours,dlt ITEMS=300
	@$(BIN)/python -m benchmarks peers $(if $(ONLY),--only $(ONLY)) $(if $(ITEMS),--items $(ITEMS))

.PHONY: docs
docs: $(MADE) ## write the data dictionary, the reference and the API's description from the code, and the answers of docs/queries.md
	@$(BIN)/python -m docs.dictionary
	@$(BIN)/python -m docs.openapi
	@$(BIN)/python -m docs.reference
	@$(BIN)/python -m docs.queries

# requirements.txt and -reports.txt take the versions of requirements-dev.txt: what is tested is what is shipped.
.PHONY: lock
lock: $(MADE) ## pin requirements*.txt anew after a change of requirements*.in; UPGRADE=all or UPGRADE="requests tqdm" for new versions
	@$(BIN)/python -m uv pip compile --quiet $(UPGRADES) requirements-dev.in -o requirements-dev.txt
	@for list in requirements requirements-reports; do \
	  $(BIN)/python -m uv pip compile --quiet --constraint requirements-dev.txt $$list.in -o $$list.txt || exit 1; \
	done

.PHONY: clean
clean: ## remove what make made, but no database and no settings
	@rm -rf $(VENV) .cache .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment: kept while it has its stamp and the requirements don't change, else made from nothing.
$(MADE): requirements-dev.txt
	@set -e; \
	if [ ! -e $(MADE) ]; then \
	  for python in $(PYTHONS) ""; do \
	    if [ -z "$$python" ]; then \
	      echo "Python 3.11 or newer is needed (tried: $(PYTHONS)). Install one, or name it: make PYTHON=/path/to/python" >&2; exit 1; \
	    fi; \
	    $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && break; \
	  done; \
	  echo "Making $(VENV) with $$($$python --version)…"; \
	  rm -rf $(VENV); \
	  $$python -m venv $(VENV) >$(VENV).log 2>&1 || { cat $(VENV).log >&2; rm -rf $(VENV) $(VENV).log; \
	    echo "$$python can't make a virtual environment: install its venv module (on Debian and Ubuntu: python3-venv)" >&2; exit 1; }; \
	fi; \
	rm -f $(MADE); \
	$(BIN)/python -m pip install --quiet --no-input --disable-pip-version-check --root-user-action ignore \
	  --require-hashes -r requirements-dev.txt >$(VENV).log 2>&1 || { cat $(VENV).log >&2; rm -f $(VENV).log; \
	  echo "pip could not install requirements-dev.txt: its words are above" >&2; exit 1; }; \
	rm -f $(VENV).log; \
	touch $(MADE)
