PYTHON ?= python3
VENV := .venv
MSA := $(VENV)/bin/msa

.PHONY: setup demo labelstudio test check clean

setup: $(VENV)/.ready

# pip reads the versions from constraints.txt, so that two machines get the same packages
$(VENV)/.ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	$(PYTHON) -m venv $(VENV)
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

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache demo tests/output
