FITS := import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	"$$each" -c '$(FITS)' 2>/dev/null && echo "$$each" && break; done)
VENV := .venv
MSA := $(VENV)/bin/msa

.PHONY: setup demo labelstudio test check map clean

setup: $(VENV)/.ready

# pip reads the versions from constraints.txt, so that two machines get the same packages
$(VENV)/.ready: pyproject.toml constraints.txt
	@"$(PYTHON)" -c '$(FITS)' || { echo "Python 3.11, 3.12 or 3.13 is needed (label-studio-sdk wants an older numpy than 3.14 has); name one: make PYTHON=/path/to/python3.12 $(MAKECMDGOALS)"; exit 2; }
	"$(PYTHON)" -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: setup
	$(MSA) demo

# a Label Studio of the store's own; the first time it is installed beside the other packages (1 GB, two minutes)
labelstudio: setup
	@$(MSA) init >/dev/null
	$(MSA) review server

test: setup
	$(VENV)/bin/python -m pytest

check: setup
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/python -m pytest -m 'not slow and not browser and not prefect and not labelstudio'

# the map of ARCHITECTURE.md, from what each file says of itself
map: setup
	$(VENV)/bin/python -m tests.house_map

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache demo tests/output
