# Dovidka on one machine. It needs Python 3.11 or newer and make; all else goes into .venv.
#
#   HOST, PORT, DATABASE_URL …   are handed on to the server
#   PYTHON=python3.13            the interpreter to build .venv with ("make clean" first to change it)

.PHONY: help install dev run test lint bench lock clean
.NOTPARALLEL:

help:
	@echo 'make run      start the server (prepares what is missing; HOST, PORT, DATABASE_URL)'
	@echo 'make test     run the whole suite, on SQLite and on PostgreSQL (ARGS="-k cursor", "-n 0" for one process)'
	@echo 'make lint     check style and types: ruff, mypy --strict'
	@echo 'make bench    measure, against the limits of this machine'
	@echo 'make install  only prepare .venv, for running'
	@echo 'make dev      only prepare .venv, for testing and linting too'
	@echo 'make lock     pin the dependencies of pyproject.toml anew (needs uv)'
	@echo 'make clean    remove .venv'

run: install
	@exec .venv/bin/python -m app serve

test: dev
	@PYTHONHASHSEED=0 .venv/bin/python -m pytest -n 2 $(ARGS)

lint: dev
	@.venv/bin/python -m ruff check .
	@.venv/bin/python -m ruff format --check .
	@.venv/bin/python -m mypy

bench: dev
	@.venv/bin/python -m benchmarks $(ARGS)

# A .venv whose interpreter is gone, or was upgraded under it, has lost its packages: make it anew.
install:
	@.venv/bin/python -c 'import pip' 2>/dev/null || rm -f .venv/.made
	@$(MAKE) -s .venv/.installed

dev:
	@.venv/bin/python -c 'import pip' 2>/dev/null || rm -f .venv/.made
	@$(MAKE) -s .venv/.installed-dev

.venv/.installed: .venv/.made requirements.txt pyproject.toml
	@echo 'Installing what Dovidka runs on …'
	@.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

.venv/.installed-dev: .venv/.made requirements-dev.txt pyproject.toml
	@echo 'Installing what Dovidka runs on and is tested with …'
	@.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch .venv/.installed $@

# Written last, so that a half-made .venv is known by its absence.
.venv/.made:
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
	rm -rf .venv; \
	$$found -m venv .venv; \
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
	rm -rf .venv
