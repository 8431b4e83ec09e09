# make demo   runs mailbot with everything embedded, until Ctrl-C
# make test   runs all tests
# make check  ruff, mypy, import contracts, then the tests: what CI runs, and more
# make bench  measures CPU per mail beside a bare pipeline (needs Dovecot)
PYTHON ?= python3
VENV   ?= .venv
PY      = $(VENV)/bin/python
WORKERS ?= 3
ARGS   ?=

.PHONY: demo test check lint bench lock clean

demo: $(VENV)/.installed
	@$(PY) -m mailbot demo $(ARGS)

# A file's tests run on one worker: they share servers and browsers.
test: $(VENV)/.installed-dev
	$(PY) -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: lint test

lint: $(VENV)/.installed-dev
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

bench: $(VENV)/.installed-dev
	$(PY) bench/main_job.py $(ARGS)

lock:
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra postgres --extra demo --extra oidc --extra outlook pyproject.toml -o requirements.lock
	uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra postgres --extra demo --extra oidc --extra outlook --group dev pyproject.toml -o requirements-dev.lock

$(PY):
	@$(PYTHON) -c 'import sys; sys.exit("mailbot needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Run: make PYTHON=python3.12") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)

# The locks are complete, so nothing is resolved again (--no-deps: else pip looks for a newer release of every extra, `coverage[toml]`,
# and refuses it for want of a hash). The project itself, -e, then adds none.
$(VENV)/.installed: requirements.lock pyproject.toml | $(PY)
	$(PY) -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(PY) -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(PY) -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
