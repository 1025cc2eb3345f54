# make demo   set up .venv and show the whole flow on real input
# make test   set up .venv and run every check
# make docs   write the generated documents again
# make quality   measure the extraction beside other tools on labelled pages
# make constraints   pin the versions that pyproject.toml allows today

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := $(BIN)/python -m
PEERS := .venv-peers

# Folder of the labelled sets, which are not in the repository (docs/quality.md).
QUALITY_SETS ?= ../shared/quality
EFFORTS ?= standard

.PHONY: demo test lint types tests floors quality peers docs constraints clean

demo: $(VENV)/.ready
	$(BIN)/copydesk demo

test: lint types tests floors

lint: $(VENV)/.ready-dev
	$(TOOLS) ruff format --check .
	$(TOOLS) ruff check .

types: $(VENV)/.ready-dev
	$(TOOLS) mypy

tests: $(VENV)/.ready-dev
	$(TOOLS) coverage erase
	$(TOOLS) coverage run -m pytest
	$(TOOLS) coverage combine --quiet
	rm -f .coverage.*  # torn ones, of processes that tests have killed
	$(TOOLS) coverage report --fail-under=95
	$(TOOLS) coverage report --fail-under=99 --include='schemas/*,pipelines/*'

floors: $(VENV)/.ready-dev
	@if [ -d "$(QUALITY_SETS)" ]; then \
	  $(TOOLS) benchmarks.quality "$(QUALITY_SETS)" --check --no-peers; \
	else \
	  echo "floors NOT checked: no labelled sets in $(QUALITY_SETS) (QUALITY_SETS)"; \
	fi

quality: $(VENV)/.ready-dev $(PEERS)/.ready
	$(TOOLS) benchmarks.quality "$(QUALITY_SETS)" --efforts "$(EFFORTS)"

peers: $(PEERS)/.ready

$(PEERS)/.ready: benchmarks/peers-requirements.txt
	$(PYTHON) -m venv $(PEERS)
	echo '*' > $(PEERS)/.gitignore
	$(PEERS)/bin/python -m pip install --quiet -r benchmarks/peers-requirements.txt
	touch $@

docs: $(VENV)/.ready-dev
	$(BIN)/copydesk schema --markdown > docs/schema.md

constraints:
	rm -rf $(VENV)-constraints
	$(PYTHON) -m venv $(VENV)-constraints
	$(VENV)-constraints/bin/python -m pip install --quiet --upgrade pip
	$(VENV)-constraints/bin/python -m pip install --quiet -e '.[dev]'
	{ head -n 2 constraints.txt; \
	  $(VENV)-constraints/bin/python -m pip list --format freeze --exclude-editable \
	  | grep -viE '^(pip|setuptools|wheel)=='; } > constraints.new
	mv constraints.new constraints.txt
	rm -rf $(VENV)-constraints

# The stamps are files, so that a second call installs nothing.
$(VENV)/.ready: pyproject.toml constraints.txt | $(VENV)
	$(TOOLS) pip install --quiet -c constraints.txt -e .
	touch $@

$(VENV)/.ready-dev: pyproject.toml constraints.txt | $(VENV)
	$(TOOLS) pip install --quiet -c constraints.txt -e '.[dev]'
	touch $@ $(VENV)/.ready

$(VENV):
	$(PYTHON) -m venv $(VENV)

clean:
	rm -rf $(VENV) $(PEERS) build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	rm -f .coverage .coverage.*
