# Everything starts from python3 (3.11 or newer) and make: `make run`, `make test`.
# The first command builds .venv from the hash-pinned lock; the stamp carries the lock's checksum, so a changed lock rebuilds it.
PYTHON ?= python3
VENV ?= .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.ok-$(shell cat requirements.txt requirements-uv.txt | cksum | tr ' ' '-')
PART ?= walk
OUT ?= wheels
# Packages out of a folder instead of an index (make wheels).
FROM := $(if $(WHEELS),--no-index --find-links $(abspath $(WHEELS)))
ARGS ?=
# Whether the machine's pip installs into environments that have none; and what installs into ours.
PIP_OUTSIDE = $(PYTHON) -c 'import pip, sys; sys.exit([int(n) for n in pip.__version__.split(".")[:2]] < [22, 3])' 2>/dev/null
PIP = pip="$(PY) -m pip"; $(PY) -c "import pip" 2>/dev/null || pip="$(PYTHON) -m pip --python $(PY)"

# Compiled bytecode belongs to the venv, also where the machine forbids writing it beside the sources: starts are twice as fast.
unexport PYTHONDONTWRITEBYTECODE DJANGO_SETTINGS_MODULE
export PYTHONPYCACHEPREFIX := $(abspath $(VENV))/pycache

.PHONY: run test proof bench lint lock schema venv wheels upgrade
.DEFAULT_GOAL := run

run: venv
	@exec $(PY) manage.py up

# All tests: one process more than there are processors (tests/conftest.py). Named ones: in one process, which begins sooner and shows what it prints (-n 2 says otherwise).
test: venv
	@$(PY) -m pytest $(if $(strip $(ARGS)),$(ARGS),-n auto --maxprocesses=4)

# The longer proofs, one part at a time: walk, pythons, servers, hosts, faults, jobs, runtime, clients, browser, inputs, segments, customers, events, campaigns, sync.
# PART=status tells when each last passed on this machine.
proof: venv
ifeq ($(PART),pythons)
	@$(PY) -m tests.pythons $(ARGS)
else ifeq ($(PART),servers)
	@$(PY) -m tests.real_servers whole
else ifeq ($(PART),status)
	@$(PY) -m tests.proofs
else
	@$(PY) -m pytest -m proof tests/$(PART) $(ARGS)
endif

# Another release in the place of the running one (TO=tag, branch, commit or unpacked archive), without a refused request.
upgrade:
	@$(PY) -m crm_project.runtime.upgrade

# All packages as files in OUT: a machine without a package index installs from them, `make run WHEELS=<that folder>`.
wheels: $(STAMP)
	@mkdir -p $(OUT)
	@$(PIP); for lock in requirements-uv.txt requirements.txt; do \
	    $$pip download -q --disable-pip-version-check --require-hashes -d $(OUT) -r $$lock || exit 1; done
	@echo "$(OUT): $$(ls $(OUT) | wc -l) files"

bench: venv
	@$(PY) -m benchmarks $(ARGS)

lint: venv
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/mypy

# No URL may enter the lock: it would name whoever's mirror it was made with.
lock: venv
	@$(PY) -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header requirements.in -o requirements.txt

# The schema that an empty database begins with (crm_project/db/schema.py), once some migrations were added.
schema: venv
	@$(PY) -W ignore -m tests.schema

venv: $(STAMP)
	@$(PY) -m crm_project.runtime.catalogues

# uv is several times faster than pip. It does not read pip's configuration, so it is told the mirror that stands there; where it fails all the
# same (a certificate of the mirror's own), pip does it. A pip of the environment's own takes longer to make than all packages to install: where
# the machine's pip can install into another environment (22.3 and newer), there is none.
$(STAMP):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Hutong needs Python 3.11 or newer; this is %s. Set PYTHON=..." % sys.version.split()[0])'
	@rm -f $(VENV)/.ok-*
	@test -x $(PY) || $(PYTHON) -m venv $$($(PIP_OUTSIDE) && echo --without-pip) $(VENV)
	@$(PIP); eval "$$($$pip config list | $(PY) crm_project/runtime/mirror.py)"; \
	    $$pip install -q --disable-pip-version-check --require-hashes $(FROM) -r requirements-uv.txt \
	    && $(PY) -m uv pip install -q --python $(PY) --require-hashes $(FROM) -r requirements.txt \
	    || { echo "uv could not install the lock; pip does it"; \
	         $$pip install -q --disable-pip-version-check --no-compile --require-hashes $(FROM) -r requirements.txt; }
	@touch $@
