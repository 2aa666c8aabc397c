# The menu. Every target sets up what it needs: uv goes into .tools/, the project into .venv.
SHELL := /bin/bash
UV := .tools/bin/uv
RUN := $(UV) run --frozen --no-sync
STAMP := .venv/.installed
SBOM := dist/closeout.cdx.json
export UV_PYTHON_DOWNLOADS := never
export UV_LINK_MODE := copy

# The core's own tests, which take nearly every branch of it (pyproject.toml: coverage). To watch the others as well, which
# run ten times as much code, would nearly double what they take.
CORE := tests/core tests/document tests/rules tests/test_templates.py

# What has a long form: the sweeps, the faults, the chaos, and the laws over generated examples.
SOAK := tests/proofs tests/core tests/document tests/test_templates.py tests/test_fuzzing.py

# What is looked through for secrets: not what is generated, nor pictures. Examples' passwords and tests' marks are none.
SCAN = $(shell git ls-files -- ':!uv.lock' ':!*lock.json' ':!*.schema.json' ':!tests/contracts/*.json' ':!helm/*.json' ':!*.png' ':!*.svg')
SCANNED := .venv/.scanned
NO_SECRET := --exclude-secrets '^(password|hunter2|a%40b|\{MARK\}-database)$$' --exclude-lines 'MARK\.encode' \
  $(addprefix --disable-plugin ,KeywordDetector Base64HighEntropyString HexHighEntropyString)

.PHONY: help demo test check secrets audit fmt docs screenshots soak bench sbom clean install
help: ## show this menu
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(UV):
	@python3 -m venv .tools && .tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

$(STAMP): $(UV) uv.lock pyproject.toml
	@$(UV) sync --frozen --quiet && touch $@

install: $(STAMP) ## set up .venv; the command is .venv/bin/closeout

demo: $(STAMP) ## walk one incident through its whole life on each forge
	@$(RUN) closeout demo

test: $(STAMP) ## set up and run every test
	@$(RUN) python -m tests.setup_node
ifdef ARGS
	@$(RUN) pytest -n 2 --dist loadgroup $(ARGS)
else
	@$(RUN) pytest -n 2 --cov --cov-report= $(CORE)
	@$(RUN) coverage report --fail-under=95
	@$(RUN) pytest -n 2 --dist loadgroup $(addprefix --ignore=,$(CORE))
endif

check: $(STAMP) secrets ## format, lint, types, import contracts, secrets, generated docs, known vulnerabilities
	@$(RUN) ruff format --check .
	@$(RUN) ruff check .
	@$(RUN) mypy
	@$(RUN) lint-imports
	@$(RUN) codespell
	@$(RUN) python -m service.cli.docs --check
	@[ .venv/.audited -nt uv.lock ] || $(RUN) python -m tests.advisories

secrets: $(STAMP) ## look for secrets in what changed since the last time
	@files=$$(find $(SCAN) $(if $(wildcard $(SCANNED)),-newer $(SCANNED)) 2>/dev/null); \
	  [ -z "$$files" ] || $(RUN) detect-secrets-hook $(NO_SECRET) $$files
	@touch $(SCANNED)

audit: $(STAMP) ## ask an index for known vulnerabilities in what the lock installs
	@$(RUN) python -m tests.advisories --strict

fmt: $(STAMP) ## format and fix what can be fixed
	@$(RUN) ruff format . && $(RUN) ruff check --fix .

docs: $(STAMP) ## write the generated documents
	@$(RUN) python -m service.cli.docs

screenshots: $(STAMP) ## take the README's pictures again (needs Chromium)
	@$(RUN) python docs/screenshots.py

soak: $(STAMP) ## prove the same with more of everything; takes hours
	@CLOSEOUT_SWEEP=all $(RUN) pytest -n 0 --no-header $(or $(ARGS),$(SOAK))

bench: $(STAMP) ## measure requests, latency, throughput and memory; ARGS=receiver takes a part, ARGS=--help tells
	@$(RUN) python -m tests.bench $(ARGS)

sbom: $(UV) ## write a bill of materials of what the lock installs (CycloneDX)
	@mkdir -p $(dir $(SBOM))
	@$(UV) export --quiet --frozen --no-dev --all-extras --format cyclonedx1.5 --output-file $(SBOM)

clean: ## remove what the targets above made
	rm -rf .venv .tools .bench dist node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
