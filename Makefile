# One venv, made once; every target can be run first. What is installed are the versions that
# were tested (constraints.txt); `make test-newest` shows what the world has changed since.
PYTHON ?= python3
VENV ?= .venv
# Tests side by side: two, as on a student's laptop.
WORKERS ?= 2
# Windows venvs keep their programs elsewhere.
PROGRAMS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := $(VENV)/$(PROGRAMS)
NEWEST := .venv-newest
PYTEST := -m pytest -n $(WORKERS) --dist loadfile

.PHONY: lab quick test test-slow test-newest lint bench docs site reports constraints newest clean

lab: $(VENV)/.installed  ## the whole of Lab 1: train, measure, report
	$(BIN)/labkit run experiments.yaml
	$(BIN)/labkit report experiments.yaml --format all
	@echo "report: reports/lab1/report.html"

quick: $(VENV)/.installed  ## a short tour: the same 18 cells, small
	$(BIN)/labkit run experiments.yaml --profile quick
	$(BIN)/labkit report experiments.yaml --profile quick --format all
	@echo "report: reports/lab1-quick/report.html"

test: $(VENV)/.dev  ## the fast tests
	$(BIN)/python $(PYTEST) -m "not slow"

test-slow: $(VENV)/.dev  ## the other tests: real runs, kills, soaks
	$(BIN)/python $(PYTEST) --no-loadscope-reorder -m "slow and not soak"

test-newest: newest  ## the fast tests with the newest versions that pyproject.toml allows
	$(NEWEST)/$(PROGRAMS)/python $(PYTEST) -m "not slow"

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

# Not --quiet: --strict would then count no warnings.
site: $(VENV)/.dev  ## the documentation as a site that needs no network: site/index.html
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict
	@echo "site: site/index.html"

reports: $(VENV)/.installed  ## render the committed reports anew from the store.zip beside each
	$(BIN)/python scripts/render_reports.py

constraints: newest  ## renew constraints.txt: the newest versions, to be tested and committed
	$(NEWEST)/$(PROGRAMS)/python scripts/constraints.py constraints.txt

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -c constraints.txt -e ".[dev]"
	@touch $@

newest:
	$(PYTHON) -m venv $(NEWEST)
	$(NEWEST)/$(PROGRAMS)/python -m pip install --quiet --upgrade --upgrade-strategy eager -e ".[dev]"

clean:
	rm -rf $(VENV) $(NEWEST) build dist site *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
