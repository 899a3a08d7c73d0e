# Everything that is done to Runsheet on a developer's machine. Needs make and Python 3.11 or later with pip and venv.
PYTHON ?= python3
RUNSHEET_PORT ?= 4566
export RUNSHEET_PORT

BIN := .venv/bin
# The environment is made anew when the lock, the package's own settings or the interpreter change.
KEY := $(shell { $(PYTHON) --version; cat requirements/development.lock pyproject.toml; } 2>&1 | cksum | cut -d ' ' -f 1)
INSTALLED := .venv/installed-$(KEY)

.DEFAULT_GOAL := help
.PHONY: help demo up down test check bench openapi lock deploy clean

help: ## Print this
	@awk -F ' *:.*## ' '/^[a-z]+:.*## / { printf "  make %-7s %s\n", $$1, $$2 }' Makefile

demo: $(INSTALLED) ## Start the local stack, load sample records and run two reports
	@$(BIN)/python -m local demo

up: $(INSTALLED) ## Start the local stack, or bring a running one up to date (RUNSHEET_PORT=4566)
	@$(BIN)/python -m local up

down: $(INSTALLED) ## Stop the local stack; its data is kept
	@$(BIN)/python -m local down

test: $(INSTALLED) ## Run all tests; they start a local stack of their own
	$(BIN)/pytest -n 4 --dist worksteal --timeout 300 --session-timeout 2400

check: $(INSTALLED) ## Check format, style, types and the template
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(BIN)/python layers/tzdata_age.py
	$(BIN)/cfn-lint template.yaml
	SAM_CLI_TELEMETRY=0 $(BIN)/sam validate --lint --region us-east-1

bench: $(INSTALLED) ## Measure everything in benchmarks/: reports, other engines, ingest, dispatcher, starts, a run to its end
	$(BIN)/python benchmarks/next_send.py
	$(BIN)/python benchmarks/dispatch_at_scale.py --measure
	$(BIN)/python benchmarks/fairness.py
	$(BIN)/python benchmarks/dispatch.py
	$(BIN)/python benchmarks/itemized_csv.py
	$(BIN)/python benchmarks/kept_parts.py
	$(BIN)/python benchmarks/other_engines.py
	$(BIN)/python benchmarks/summaries.py
	$(BIN)/python benchmarks/ingest.py
	$(BIN)/python benchmarks/compaction.py
	$(BIN)/python benchmarks/newer_versions.py
	$(BIN)/python benchmarks/usage_export.py
	$(BIN)/python benchmarks/preview.py
	$(BIN)/python benchmarks/initialisation.py
	$(BIN)/python benchmarks/warm_handlers.py
	@$(BIN)/python -m local up
	$(BIN)/python benchmarks/run_latency.py

openapi: $(INSTALLED) ## Make docs/openapi.json anew from the handlers
	$(BIN)/python docs/openapi.py

lock: $(INSTALLED) ## Resolve requirements/*.in anew; UPGRADE=1 takes the newest versions
	@for name in development dependencies engine node stripe_2023; do \
	  case $$name in development | stripe_2023) constraint= ;; *) constraint="--constraint development.lock" ;; esac; \
	  (cd requirements && ../$(BIN)/uv pip compile --quiet --no-config \
	    --universal --python-version 3.11 --generate-hashes --no-strip-extras --no-emit-index-url \
	    --custom-compile-command "make lock" $(if $(UPGRADE),--upgrade) $$constraint $$name.in --output-file $$name.lock) \
	    || exit 1; \
	done

deploy: ## Say how to deploy into an AWS account
	@echo "With credentials of the account in the environment, and python3.13 on the PATH (sam build needs the"
	@echo "functions' interpreter; .venv/bin/uv python install 3.13 gets one):"
	@echo
	@echo "  .venv/bin/sam build"
	@echo "  .venv/bin/sam deploy --guided"
	@echo
	@echo "Another Python or processor: give both commands --parameter-overrides Runtime=python3.12"
	@echo "Architecture=x86_64, and sam build RUNSHEET_RUNTIME=python3.12 RUNSHEET_ARCHITECTURE=x86_64 as well."

clean: ## Stop the local stack and delete its data, and all that was built; .venv stays
	@if [ -x $(BIN)/python ] && [ -d .local ]; then $(BIN)/python -m local clean; fi
	rm -rf .local .aws-sam .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(INSTALLED):
	@command -v $(PYTHON) > /dev/null || { echo "There is no $(PYTHON) here. Runsheet needs Python 3.11 or later: \
	make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: \
	$$($(PYTHON) --version 2>&1). Runsheet needs Python 3.11 or later: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { echo "$(PYTHON) comes without venv. \
	On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing what development needs into .venv (one to three minutes) …"
	@test -x $(BIN)/python && [ "$$($(PYTHON) --version)" = "$$($(BIN)/python --version)" ] || $(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/development.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -f .venv/installed-* && touch $@
