# Seing: every target installs what it needs into .venv, once. See README.md.
PYTHON ?= $(shell for v in python3.13 python3.12 python3.11 python3; do \
	command -v $$v >/dev/null 2>&1 && $$v -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && { echo $$v; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.base-installed
DEV := $(VENV)/.dev-installed
OUT ?= out
# Compiled once, not at every start, whatever the machine's settings say: it costs seconds a process.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo serve test check lint test-slow test-programs test-services test-browser bench requirements accept-looks clean

demo: $(RUN)  ## The whole main job on a sample; leaves the documents in out/
	$(BIN)/seing demo --out $(OUT)

serve: $(RUN)  ## The product in a browser, on http://127.0.0.1:8000
	$(BIN)/seing serve

test: check  ## Lint, format, types, architecture, then the fast suite
	$(BIN)/pytest -n 2

check: lint

lint: $(DEV)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

test-slow: $(DEV)  ## Outages and renewals over decades
	$(BIN)/pytest -m slow -n 2

test-programs: $(DEV)  ## Other people's programs agree: poppler's, openssl, jq, veraPDF
	$(BIN)/pytest -m programs -n 2

test-services: $(DEV)  ## PostgreSQL, RabbitMQ and a real S3 server
	$(BIN)/pytest -m services -n 2

test-browser: $(DEV)  ## Chromium, at tablet and phone size
	$(BIN)/pytest -m browser -n 2

bench: $(DEV)  ## The figures of docs/benchmarks.md
	$(BIN)/python -m benchmarks

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Seing needs Python 3.11, 3.12 or 3.13 on the PATH (or: make PYTHON=/path/to/python3.12 ...)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(RUN): requirements/base.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/base.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

accept-looks: $(DEV)  ## Accept how every document looks now, and draw the pictures of docs/documents.md
	$(BIN)/python -m tests.documents.looks --docs

requirements: $(DEV)  ## Pin again: requirements/*.in -> requirements/*.txt, with hashes, without index addresses
	for f in base dev; do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
		--no-emit-index-url --no-emit-find-links --no-header requirements/$$f.in -o requirements/$$f.txt; done

clean:
	rm -rf $(VENV) $(OUT) var build .mypy_cache .ruff_cache .pytest_cache
