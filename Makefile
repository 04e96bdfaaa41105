# Every command sets up what it needs: .venv, then the locked requirements.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BENCH := build/bench/.venv
TRY := build/try
RENDER := {{cookiecutter.project_slug}}
export UV_SYSTEM_CERTS := 1
unexport PYTHONDONTWRITEBYTECODE # the many short runs of Python here need the bytecode cache

.PHONY: help demo try newest test pytest test-fast test-all mutants bench pictures lint lock upgrade release

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Render the defaults, start the API and the stand-in tenant, and call every endpoint
	@$(BIN)/python -m tools.demo

try: $(TRY)/.venv/.ready ## Render the defaults and run the API's own tests; TESTS passes arguments to pytest
	@rm -rf $(TRY)/messages-api && $(BIN)/cookiecutter --default-config --no-input --output-dir $(TRY) . >/dev/null
	@cd $(TRY)/messages-api && ../.venv/bin/pytest -q $(TESTS)

newest: $(READY) ## Run the API's own tests with the newest packages and pre-releases of Flask and Werkzeug
	@rm -rf build/newest && $(BIN)/cookiecutter --default-config --no-input --output-dir build/newest . >/dev/null
	@cd build/newest/messages-api && ../../../$(BIN)/uv venv -q .venv && ../../../$(BIN)/uv pip install -q --python .venv --no-build --group dev -r pyproject.toml "flask>=3.dev0" "werkzeug>=3.dev0"
	@cd build/newest/messages-api && ../../../$(BIN)/uv pip list -q --python .venv | grep -iE "^(flask|werkzeug) " && .venv/bin/pytest -q

test: $(READY) ## Check style and types, and run all tests
	@# The linters use only one core.
	@$(MAKE) -s -j 2 lint pytest

pytest: $(READY)
	@# Compile the tests in one process, not in each of them at the same time.
	@[ -d tests/__pycache__ ] || $(BIN)/pytest -q --collect-only >/dev/null || true
	@$(BIN)/pytest -q -n 4 --dist worksteal

test-fast: $(READY) ## Run the fast tests
	@$(BIN)/pytest -q -n 2 --dist worksteal -m "not slow and not exhaustive"

test-all: $(READY) ## Test every option with every Python that pyproject.toml names (about 20 minutes)
	@$(BIN)/nox

mutants: $(READY) ## Change one expression of the rendered auth/ at a time and check that a test fails
	@$(BIN)/python -m tools.mutants $(MUTANTS)

bench: $(BENCH)/.ready ## Compare the speed of the rendered API with its alternatives; writes docs/benchmarks.md
	@command -v wrk >/dev/null || { echo "wrk is not installed; it puts load on the servers: apt-get install wrk, or brew install wrk" >&2; exit 1; }
	@$(BENCH)/bin/python -W ignore -m benchmarks

pictures: $(READY) ## Create the pictures in docs/pictures from real runs; needs Chromium
	@$(BIN)/python -m tools.pictures

lint: $(READY) ## Check style, format and types of the template's own Python, and its workflows
	@$(BIN)/ruff check benchmarks hooks noxfile.py tests tools
	@$(BIN)/ruff format --check benchmarks hooks noxfile.py tests tools
	@$(BIN)/mypy
	@$(BIN)/zizmor --offline --quiet --persona=pedantic .github

# --exclude-newer: most bad releases are found and withdrawn within days.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile -q --no-build $(if $(UPGRADE),--upgrade --exclude-newer "7 days") --universal --python-version 3.11 --generate-hashes --no-annotate

lock: $(READY) ## Lock the requirements again after you edit a pyproject.toml; keeps the locked versions
	@$(BIN)/python -m tools.lock $(UPGRADE)
	@rm -rf build/lock && $(BIN)/cookiecutter --default-config --no-input --output-dir build/lock . >/dev/null
	@$(COMPILE) --group dev -c build/lock/messages-api/requirements-dev.txt pyproject.toml -o requirements-dev.txt
	@$(COMPILE) --group bench -c requirements-dev.txt pyproject.toml -o requirements-bench.txt

upgrade: UPGRADE := --upgrade
upgrade: lock ## Lock the newest versions that are a week old

release: $(READY) ## Check that the last commit is a complete version, run every test, and tag it locally
	@$(BIN)/python -m tools.release --check
	@REQUIRE_PROGRAMS=1 $(MAKE) test test-all
	@$(BIN)/python -m tools.release

# uv has the same version as in the rendered API.
$(READY): requirements-dev.txt $(RENDER)/requirements-uv.txt
	@command -v "$(PYTHON)" >/dev/null || { echo "'$(PYTHON)' was not found. Install Python 3.11 or newer, or choose one: make PYTHON=python3.13" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.version_info >= (3, 11) or sys.exit("$(PYTHON) is Python %d.%d, not 3.11 or newer. Choose one: make PYTHON=python3.13" % sys.version_info[:2])'
	@echo "Setting up .venv (only once): uv ..." >&2
	@"$(PYTHON)" -m venv --clear --without-pip .venv
	@# Installing pip into .venv would take longer than everything else, so an existing pip installs into it.
	@set -- "$(PYTHON)" -m pip --python $(BIN)/python; \
	{ "$$@" --version || { set -- $(BIN)/python -m pip; $(BIN)/python -m ensurepip; }; } >.venv/pip.log 2>&1 || { echo "$(PYTHON) has neither pip nor ensurepip: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }; \
	PIP_USER=0 "$$@" install --disable-pip-version-check --only-binary :all: --require-hashes -r "$(RENDER)/requirements-uv.txt" >.venv/pip.log 2>&1 || { cat .venv/pip.log; echo "pip cannot install uv. Is its package index, PyPI by default, reachable?"; exit 1; } >&2
	@echo "... then the $$(grep -c == requirements-dev.txt) packages of requirements-dev.txt ..." >&2
	@$(BIN)/uv pip sync -q --python .venv --no-build --require-hashes requirements-dev.txt "$(RENDER)/requirements-uv.txt"
	@touch $@

# Another virtual environment. The API's locks contain Jinja here, so they are taken from a render.
NEW_VENV = $(BIN)/python -m venv --clear --without-pip $(@D) && $(BIN)/uv pip sync -q --python $(@D) --no-build --require-hashes

$(BENCH)/.ready: $(READY) requirements-bench.txt
	@$(NEW_VENV) requirements-bench.txt
	@touch $@

$(TRY)/.venv/.ready: $(READY) $(RENDER)/requirements-dev.txt
	@rm -rf $(TRY)/messages-api && $(BIN)/cookiecutter --default-config --no-input --output-dir $(TRY) . >/dev/null
	@$(NEW_VENV) $(TRY)/messages-api/requirements-dev.txt
	@touch $@
