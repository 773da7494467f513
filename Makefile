# One venv, made once; every target can be run first.
PYTHON ?= python3
VENV ?= .venv
# Tests side by side: two, as on a student's laptop.
WORKERS ?= 2
# Windows venvs keep their programs elsewhere.
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)

.PHONY: lab quick test test-slow lint bench docs clean

lab: $(VENV)/.installed  ## the whole of Lab 1: train, measure, report
	$(BIN)/labkit run experiments.yaml
	$(BIN)/labkit report experiments.yaml --format all
	@echo "report: reports/lab1/report.html"

quick: $(VENV)/.installed  ## a short tour: the same 18 cells, small
	$(BIN)/labkit run experiments.yaml --profile quick
	$(BIN)/labkit report experiments.yaml --profile quick --format all
	@echo "report: reports/lab1-quick/report.html"

test: $(VENV)/.dev  ## the fast tests
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not slow"

test-slow: $(VENV)/.dev  ## the other tests: real runs, kills, soaks
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "slow and not soak"

lint: $(VENV)/.dev  ## format, lint, types, import directions
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed  ## the benchmarks, interleaved, as ratios
	$(BIN)/python -m benchmarks

docs: $(VENV)/.dev  ## regenerate what the docs say from what the code does
	$(BIN)/python scripts/make_docs.py
	$(BIN)/python scripts/messages.py

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed pyproject.toml
	$(BIN)/python -m pip install --quiet -e ".[dev]"
	@touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
