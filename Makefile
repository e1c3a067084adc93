# One command each: `make demo` shows the product on the bundled shop, `make check` is what CI runs.
# Everything is installed into .venv from the hashed lists under requirements/; nothing outside the checkout is changed,
# except that a missing Debian package (python3-venv, python3-dev, chromium) is installed with apt-get when you are root.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
CORPORA ?= ../shared/corpora
BIN := $(VENV)/bin
KERNEL := setup.py $(wildcard src/breachway/graph/simulation/kernel*)
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input

.PHONY: help demo check format lock bench bench-inputs bench-weaknesses bench-netpol bench-kubehound bench-incidents bench-edits bench-speed bench-scale bench-engine chromium check-platforms clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 18

demo: $(VENV)/.runtime ## set up, then model the bundled shop: the report here, the HTML report under build/demo
	@mkdir -p build/demo
	@$(BIN)/breachway model examples/shop --format terminal --format html --output build/demo
	@echo
	@for page in build/demo/*.html; do echo "HTML report: $(CURDIR)/$$page"; done

check: $(VENV)/.dev chromium ## set up, then run every check; the last line is pytest's
	$(BIN)/ruff format --check src tests bench setup.py
	$(BIN)/ruff check src tests bench setup.py
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/breachway docs --check
	$(BIN)/breachway lang lint
	CI=true $(BIN)/python -m pytest --cov # CI: Hypothesis draws the same examples every time

check-platforms: $(VENV)/.dev ## compare with real servers (kube-apiserver is built once, kept in the user's cache)
	$(BIN)/python -m pytest --no-cov tests/platforms/check_*.py

format: $(VENV)/.dev ## format the code and apply the safe lint fixes
	$(BIN)/ruff format src tests bench setup.py
	$(BIN)/ruff check --fix src tests bench setup.py

bench: bench-inputs bench-weaknesses bench-netpol bench-kubehound bench-incidents bench-edits bench-speed bench-scale bench-engine ## measure against the corpora in CORPORA (default ../shared/corpora)

bench-inputs: $(VENV)/.runtime
	$(BIN)/python bench/real_inputs.py --corpora $(CORPORA)

bench-weaknesses: $(VENV)/.runtime
	$(BIN)/python bench/weaknesses.py --corpora $(CORPORA)

bench-netpol: $(VENV)/.runtime
	$(BIN)/python bench/netpol.py --corpora $(CORPORA)

bench-kubehound: $(VENV)/.runtime
	$(BIN)/python bench/kubehound.py --corpora $(CORPORA)

bench-incidents: $(VENV)/.runtime
	$(BIN)/python bench/incidents.py --corpora $(CORPORA)

bench-speed: $(VENV)/.runtime
	$(BIN)/python bench/speed.py --corpora $(CORPORA)

bench-scale: $(VENV)/.runtime
	$(BIN)/python bench/scale.py

bench-engine: $(VENV)/.runtime
	$(BIN)/python bench/engine.py --corpora $(CORPORA)

chromium:
	@.ci/chromium

lock: ## resolve requirements/ anew (needs uv on the PATH)
	.ci/lock

clean: ## remove what the targets above made
	rm -rf build dist .coverage .coverage.* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis $(VENV)

$(VENV)/bin/python:
	@.ci/venv "$(PYTHON)" "$(VENV)"

$(VENV)/.runtime: requirements/build.txt requirements/runtime.txt pyproject.toml $(KERNEL) | $(VENV)/bin/python
	@echo "installing what Breachway runs on into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/build.txt -r requirements/runtime.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.txt
	@echo "installing the checkers into $(VENV)"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@

bench-edits: $(VENV)/.runtime
	$(BIN)/python bench/edits.py --corpora $(CORPORA)
