# What each command promises is in README.md. It takes a Python from 3.11 to 3.13, and make.

PORT ?= 8000
SPEED ?= 1
SEED ?= 1
ONLY ?=
TESTS ?= tests

BIN := .venv/bin
PYTHON := $(shell for name in python3.11 python3.12 python3.13 python3; do \
	$$name -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$name && break; done)
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock"

.PHONY: demo setup develop browser test lint check bench chaos openapi screenshots lock

demo: setup
	@$(BIN)/python manage.py demo --port $(PORT) --speed $(SPEED) --seed $(SEED)

# A copy of the lock inside the environment says what is installed there.
setup: $(BIN)/python
	@cmp -s requirements.txt .venv/requirements.txt || { \
		echo "Installing requirements.txt" && $(PIP_INSTALL) -r requirements.txt && cp requirements.txt .venv; }

develop: setup
	@cmp -s requirements-dev.txt .venv/requirements-dev.txt || { \
		echo "Installing requirements-dev.txt" && $(PIP_INSTALL) -r requirements-dev.txt && cp requirements-dev.txt .venv; }

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Doorstep needs Python 3.11, 3.12 or 3.13." >&2; exit 1; }
	@echo "Making .venv with $(PYTHON)" && $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }

browser: develop
	@test -x /usr/bin/chromium || $(BIN)/playwright install chromium

test: develop browser
	$(BIN)/pytest -n 2 --no-loadscope-reorder $(TESTS)
	DATABASE_URL=sqlite:///var/test.sqlite3 $(BIN)/pytest -n 2 --no-loadscope-reorder -m sqlite $(TESTS)

lint: develop
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports --no-cache
	$(BIN)/djhtml --check templates
	$(BIN)/djlint --lint --quiet templates
	DEBUG=1 DATABASE_URL=sqlite://:memory: $(BIN)/python manage.py makemigrations --check --dry-run

check: lint test

bench: develop browser
	@$(BIN)/python -m benchmarks $(ONLY)

# The long fault tests, one after the other on PostgreSQL, with processes killed; a line of figures each.
chaos: develop
	$(BIN)/pytest -m chaos -p no:randomly

# The description of the API, as it is served; what changes in it is seen in review.
openapi: setup
	@DEBUG=1 $(BIN)/python manage.py openapi

screenshots: browser
	@$(BIN)/python -m docs.screenshots

lock: develop
	$(LOCK) --output-file requirements.txt requirements.in
	$(LOCK) --output-file requirements-dev.txt requirements-dev.in
