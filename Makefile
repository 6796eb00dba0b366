# Everything here needs Python 3.11 or newer, pip and make, and nothing else.
#
#   make demo    index the five seed articles and ask one question in each of four languages
#   make test    lint, type check, every test, the seeds test set against its baseline, and the
#                conversations against what they must reach
#   make setup   only install

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_STORE ?= $(VENV)/demo-store
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c .ci/constraints.txt

.PHONY: demo test setup lint bench clean

demo: $(VENV)/installed
	@$(BIN)/qa index seeds --store $(DEMO_STORE)
	@$(BIN)/qa chat --store $(DEMO_STORE) < prompts/demo.txt

test: $(VENV)/installed-test lint
	@$(BIN)/python -m pytest
	@$(BIN)/qa eval --no-worse-than tests/testset/baseline.json
	@$(BIN)/qa index seeds --store $(VENV)/test-store
	@$(BIN)/qa eval tests/testset/conversations.jsonl --store $(VENV)/test-store \
	  --fail-under completed=0.75 --fail-under left_alone=0.95

lint: $(VENV)/installed-test
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

setup: $(VENV)/installed

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Menbe needs Python 3.11 or newer; name one: make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml .ci/constraints.txt | $(VENV)/bin/python
	@echo "Installing exact versions into $(VENV) (a few minutes, once)"
	@$(PIP) -e .
	@touch $@

$(VENV)/installed-test: $(VENV)/installed
	@$(PIP) -e '.[test]'
	@touch $@

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
