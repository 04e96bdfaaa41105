# Every command sets up what it needs: .venv, then the locked requirements.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
BENCH := build/bench/.venv
TRY := build/try
RENDER := {{cookiecutter.project_slug}}
export UV_SYSTEM_CERTS := 1
unexport PYTHONDONTWRITEBYTECODE # a machine may set it; the many short runs of Python here need the cache

.PHONY: help demo try newest test test-fast test-all mutants bench pictures lint lock upgrade release

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(READY) ## Render the defaults, start the API and the stand-in tenant, call every endpoint
	@$(BIN)/python -m tools.demo

try: $(TRY)/.venv/.ready ## Render the defaults and run the API's own tests: all, or those that TESTS names
	@rm -rf $(TRY)/messages-api && $(BIN)/cookiecutter --default-config --no-input --output-dir $(TRY) . >/dev/null
	@cd $(TRY)/messages-api && ../.venv/bin/pytest -q $(TESTS)

newest: $(READY) ## Run the API's own tests with the newest packages, and pre-releases of Flask and Werkzeug
	@rm -rf build/newest && $(BIN)/cookiecutter --default-config --no-input --output-dir build/newest . >/dev/null
	@cd build/newest/messages-api && ../../../$(BIN)/uv venv -q .venv && ../../../$(BIN)/uv pip install -q --python .venv --no-build --group dev -r pyproject.toml "flask>=3.dev0" "werkzeug>=3.dev0"
	@cd build/newest/messages-api && ../../../$(BIN)/uv pip list -q --python .venv | grep -iE "^(flask|werkzeug) " && .venv/bin/pytest -q

test: lint ## Everything that the template is held to
	@$(BIN)/pytest -q -n 4 --dist worksteal

test-fast: $(READY) ## The fast tests
	@$(BIN)/pytest -q -n 2 --dist worksteal -m "not slow and not exhaustive"

test-all: $(READY) ## Every option with every Python that pyproject.toml names: some 20 minutes
	@$(BIN)/nox

mutants: $(READY) ## Break the rendered auth/ one line at a time, and see its tests notice
	@$(BIN)/python -m tools.mutants $(MUTANTS)

bench: $(BENCH)/.ready ## Measure the rendered API next to its alternatives: docs/benchmarks.md
	@command -v wrk >/dev/null || { echo "There is no wrk to load the servers with: apt-get install wrk, or brew install wrk" >&2; exit 1; }
	@$(BENCH)/bin/python -W ignore -m benchmarks

pictures: $(READY) ## Make the pictures of README.md from real runs: docs/pictures; needs Chromium
	@$(BIN)/python -m tools.pictures

lint: $(READY) ## Check the template's own Python, and its workflows
	@$(BIN)/ruff check benchmarks hooks noxfile.py tests tools
	@$(BIN)/ruff format --check benchmarks hooks noxfile.py tests tools
	@$(BIN)/mypy
	@$(BIN)/zizmor --offline --quiet --persona=pedantic .github

# --exclude-newer: most bad releases are found and withdrawn in their first days.
COMPILE = UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile -q --no-build $(if $(UPGRADE),--upgrade --exclude-newer "7 days") --universal --python-version 3.11 --generate-hashes --no-annotate

lock: $(READY) ## Lock the requirements of template and API after an edit of pyproject.toml; versions stay
	@$(BIN)/python -m tools.lock $(UPGRADE)
	@rm -rf build/lock && $(BIN)/cookiecutter --default-config --no-input --output-dir build/lock . >/dev/null
	@$(COMPILE) --group dev -c build/lock/messages-api/requirements-dev.txt pyproject.toml -o requirements-dev.txt
	@$(COMPILE) --group bench -c requirements-dev.txt pyproject.toml -o requirements-bench.txt

upgrade: UPGRADE := --upgrade
upgrade: lock ## Lock the newest versions that are a week old

release: $(READY) ## See that the last commit is a whole version, run every test, and tag it, here alone
	@$(BIN)/python -m tools.release --check
	@REQUIRE_PROGRAMS=1 $(MAKE) test test-all
	@$(BIN)/python -m tools.release

# uv comes in the version that the rendered API pins as well.
$(READY): requirements-dev.txt $(RENDER)/requirements-uv.txt
	@command -v "$(PYTHON)" >/dev/null || { echo "There is no '$(PYTHON)': install Python 3.11 or newer, or name one: make PYTHON=python3.13" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.version_info >= (3, 11) or sys.exit("$(PYTHON) is Python %d.%d: 3.11 or newer is needed. Name one: make PYTHON=python3.13" % sys.version_info[:2])'
	@echo "Setting up .venv, this once: uv ..." >&2
	@"$(PYTHON)" -m venv --clear --without-pip .venv
	@# To put pip into .venv would take longer than all else: where there is one, it installs from outside.
	@set -- "$(PYTHON)" -m pip --python $(BIN)/python; \
	{ "$$@" --version || { set -- $(BIN)/python -m pip; $(BIN)/python -m ensurepip; }; } >.venv/pip.log 2>&1 || { echo "$(PYTHON) has neither pip nor ensurepip: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }; \
	PIP_USER=0 "$$@" install --disable-pip-version-check --only-binary :all: --require-hashes -r "$(RENDER)/requirements-uv.txt" >.venv/pip.log 2>&1 || { cat .venv/pip.log; echo "pip cannot install uv: is PyPI, or the index that pip is set to, within reach?"; exit 1; } >&2
	@echo "... then the $$(grep -c == requirements-dev.txt) packages of requirements-dev.txt ..." >&2
	@$(BIN)/uv pip sync -q --python .venv --no-build --require-hashes requirements-dev.txt "$(RENDER)/requirements-uv.txt"
	@touch $@

# A folder with a .venv of its own. The API's locks are Jinja here: they are taken from a render.
NEW_VENV = $(BIN)/python -m venv --clear --without-pip $(@D) && $(BIN)/uv pip sync -q --python $(@D) --no-build --require-hashes

$(BENCH)/.ready: $(READY) requirements-bench.txt
	@$(NEW_VENV) requirements-bench.txt
	@touch $@

$(TRY)/.venv/.ready: $(READY) $(RENDER)/requirements-dev.txt
	@rm -rf $(TRY)/messages-api && $(BIN)/cookiecutter --default-config --no-input --output-dir $(TRY) . >/dev/null
	@$(NEW_VENV) $(TRY)/messages-api/requirements-dev.txt
	@touch $@
