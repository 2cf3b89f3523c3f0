BIN := .venv/bin
PROJECT ?= demo
VERSION ?= minor

COMPILE := --universal --python-version 3.11 --no-emit-index-url --no-emit-package pip --quiet
# Wanted for the validation of SBOMs, which is off. jsonschema uses it wherever it is: each process that imports Prefect
# would then read a grammar for a second.
COMPILE += --no-emit-package rfc3987-syntax --no-emit-package lark

export PATH := $(PATH):$(HOME)/.cargo/bin
# Importing Prefect takes three times as long without byte code.
unexport PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME

.DEFAULT_GOAL := help
.PHONY: help setup rehearse test chaos check up down bench docs picture wheel lock sbom audit clean

help: ## show this list
	@sed -n 's/^\([a-z]*\):[^#]*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: ## make this checkout ready to use; every other target does so by itself
	@scripts/setup

rehearse: setup ## rehearse a whole release of the demo workspace (PROJECT=... VERSION=...)
	@$(BIN)/loadmaster rehearse --project $(PROJECT) --version $(VERSION)

test: setup check ## run every check and every test
	$(BIN)/pytest -n 2 --dist loadgroup -m "not end_to_end"
	$(BIN)/pytest -n 2 --dist loadgroup -m end_to_end

chaos: setup ## kill releases: after every side effect, in pairs with what else is wrong, and at fifty random instants
	CHAOS=full $(BIN)/pytest -n 2 --dist loadgroup -v tests/end_to_end/test_kill_matrix.py \
		tests/end_to_end/test_kills_at_random.py tests/end_to_end/test_kill_pairs.py

check: setup ## lint, formatting, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

up: setup ## start the Prefect server, its worker and the deployments, and keep them running
	@$(BIN)/loadmaster up

down: setup ## stop them once nothing is running; FORCE=1 stops at once
	@$(BIN)/loadmaster down $(if $(filter-out 0 no,$(FORCE)),--force)

bench: setup ## measure it beside cargo, with 15 and 60 crates (BENCH=full: 400, too; BENCH=quick: against the figures in the docs)
	@$(BIN)/python -m bench $(if $(filter full,$(BENCH)),--full,$(if $(BENCH),--only $(BENCH)))

docs: setup ## build the site of the docs in build/site, and check every link in it
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict && echo build/site/index.html

picture: setup ## record a rehearsal in a terminal and draw it, for README and docs (docs/pictures)
	@$(BIN)/python scripts/picture.py record

wheel: setup ## build the sdist, and the wheel from it, in dist/
	@$(BIN)/python -c 'from setuptools import build_meta; build_meta.build_sdist("dist")' >/dev/null && \
	$(BIN)/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist dist/loadmaster-*.tar.gz && ls dist

lock: setup ## write constraints.txt and requirements/pinned.txt anew from pyproject.toml and requirements/dev.txt
	@venv=$$(mktemp -d) && trap 'rm -rf "$$venv"' EXIT && \
	$(BIN)/python -m venv "$$venv" && "$$venv/bin/pip" install --quiet uv && \
	"$$venv/bin/uv" pip compile pyproject.toml requirements/dev.txt --generate-hashes $(COMPILE) \
		--custom-compile-command "make lock" -o constraints.txt && \
	"$$venv/bin/uv" pip compile pyproject.toml --constraints constraints.txt --no-annotate --no-header $(COMPILE) \
		-o requirements/pinned.txt

sbom: setup ## list every installed package, with its licence, in build/sbom.json (CycloneDX)
	@mkdir -p build && $(BIN)/cyclonedx-py environment --no-validate --output-reproducible --pyproject pyproject.toml \
		--of JSON -o build/sbom.json $(BIN)/python && echo build/sbom.json

audit: setup ## ask an advisory service about every pinned package; fails where it cannot be reached
	@scripts/audit

clean: down ## stop the server and remove builds and caches; runs, receipts and Prefect's records stay
	rm -rf $(addprefix .loadmaster/,build crates mirrors smoke upstream) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
