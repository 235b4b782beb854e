# Deep Learning, Executed. `make help` lists what this file can do.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
LOWEST := $(addprefix tests/,core datasets fetching interpret language layers models plotting training vision)
export TF_CPP_MIN_LOG_LEVEL ?= 3

.DEFAULT_GOAL := help
.PHONY: help setup book serve test check format bench figures takeaway pdf newest hosted lowest pins clean distclean

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

setup: $(READY) ## Make the virtual environment with the pinned libraries

book: $(READY) ## Fetch the data, execute every page, publish _build/html/index.html
	@$(BIN)/python -m bookpress.command build $(ARGS)

serve: $(READY) ## Show the book on 127.0.0.1 and rebuild it when a file changes
	@$(BIN)/python -m bookpress.command serve $(ARGS)

test: $(READY) ## Run all tests (builds the book first if it is not built)
	@$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(READY) ## Format, lint, types and the fast tests (under two minutes)
	@$(BIN)/ruff format --check src tests
	@$(BIN)/ruff check src tests
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q -m "not slow and not data and not site" -n 2 $(ARGS)

format: $(READY) ## Format the code and mend what the linter can mend
	@$(BIN)/ruff check --fix-only --quiet src tests
	@$(BIN)/ruff format src tests

bench: $(READY) ## Time builds, data loading and trainings; writes the tables in docs/
	@$(BIN)/python tests/benchmarks/bench_data.py
	@$(BIN)/python tests/benchmarks/bench_training.py
	@$(BIN)/python tests/benchmarks/bench_build.py

figures: $(READY) ## Write what is measured of the site into CONTRIBUTING.md (after `make test`)
	@$(BIN)/python -m tests.benchmarks.site_figures

takeaway: $(READY) ## Make notebooks.zip, EPUB, PDF and Anki cards of the book (after `make book`)
	@$(BIN)/python -m bookpress.command takeaway $(ARGS)

pdf: $(READY) ## Print the whole book into _build/takeaway/book.pdf (needs Chromium)
	@$(BIN)/python -m bookpress.command pdf

newest: ## Build the book with the newest releases of everything, in .venv-newest
	@rm -rf .venv-newest
	@$(PYTHON) -m venv .venv-newest
	@.venv-newest/bin/python -m pip install --quiet --upgrade pip hatchling editables
	@.venv-newest/bin/python -m pip install --quiet --no-build-isolation --editable ".[test]" --editable src/bookpress
	@.venv-newest/bin/python -m bookpress.command build $(ARGS)

hosted: $(READY) ## Execute the notebooks with what Colab has, in 2 GB of memory each
	@$(BIN)/python -m bookpress.command hosted $(ARGS)

lowest: $(READY) ## Run the fast tests of the package with the oldest libraries that it allows
	@$(BIN)/uv venv --quiet --clear --python 3.11 .venv-lowest
	@$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python --resolution lowest-direct .
	@$(BIN)/uv pip install --quiet --python .venv-lowest/bin/python pytest hypothesis ipykernel
	@.venv-lowest/bin/python -m pytest -q -m "not slow and not data and not site" $(LOWEST) $(ARGS)

pins: $(READY) ## Renew requirements.txt from the two pyproject.toml
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-emit-package textlib \
	  --custom-compile-command "make pins" --extra test \
	  pyproject.toml src/bookpress/pyproject.toml --output-file requirements.txt

clean: ## Remove everything built; keep the environment and the data
	@rm -rf _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean ## Remove the virtual environment as well
	@rm -rf $(VENV) .venv-newest .venv-lowest

$(READY): requirements.txt pyproject.toml src/bookpress/pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  f"Python {v[0]}.{v[1]} found; the book needs 3.11, 3.12 or 3.13. Try: make PYTHON=python3.12")'
	@sh .ci/setup $(VENV) $(PYTHON)
	@touch $(READY)
