# genrelab: `make demo` and `make test` do everything on a fresh machine.
#
# Both build .venv with the first Python 3.11 to 3.13 that runs (or `make PYTHON=/path/to/python`),
# with uv where there is one, else with pip, and install nothing twice.

VENV ?= .venv
DEMO ?= genrelab-demo
UV := $(shell command -v uv 2>/dev/null)
BIN := $(VENV)/bin
SUITABLE := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
# A version manager's stand-in may exist and refuse to run, so each candidate is tried.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	if $$p -c '$(SUITABLE)' >/dev/null 2>&1; then echo $$p; break; fi; done)
PINNED := pyproject.toml constraints.txt

ifdef UV
# uv does not read pip's settings; a folder of wheels named there holds for it too.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
INSTALL = VIRTUAL_ENV=$(VENV) uv pip install --quiet -c constraints.txt --build-constraints constraints.txt
else
INSTALL = $(BIN)/python -m pip install --quiet -c constraints.txt --build-constraint constraints.txt
endif

.PHONY: demo test test-slow lint format benchmarks lock clean

demo: $(VENV)/.installed-learn  ## The whole way on music that genrelab plays itself
	$(BIN)/genrelab demo -o $(DEMO)
	@echo "The report: $(DEMO)/model/report.html"

test: $(VENV)/.installed-test lint  ## Lint, types, import direction, then the whole suite
	$(BIN)/python -m pytest

test-slow: $(VENV)/.installed-test  ## The tests that take minutes
	$(BIN)/python -m pytest -m slow

lint: $(VENV)/.installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: $(VENV)/.installed-test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

lock:  ## Renew constraints.txt (needs uv)
	@# torch's CUDA packages are left out: nothing here asks for them, and a CPU build has none.
	echo pip | uv pip compile --universal --python-version 3.11 --all-extras --upgrade --quiet \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links pyproject.toml - \
		| grep -v -E '^(cuda|nvidia|triton)' > constraints.new
	{ echo "# Made by \`make lock\`: the versions that \`make\` and the tests install."; \
		cat constraints.new; } > constraints.txt
	rm constraints.new

clean:
	rm -rf $(VENV) $(DEMO) build dist .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "genrelab needs Python 3.11, 3.12 or 3.13 with venv; \
	name one with: make PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade -c constraints.txt pip

$(VENV)/.installed-%: $(BIN)/python $(PINNED)
	$(INSTALL) --editable '.[$*]'
	@touch $@
