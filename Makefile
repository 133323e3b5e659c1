# Linzhu from a bare checkout: `make demo`, `make test`. Nothing is activated, nothing is installed outside .venv/.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-print-directory

PORT ?= 8000
OUT ?= screenshots
VENV := .venv
BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes

# What `check --deploy` looks at: the settings of a real office, with keys that open nothing.
PRODUCTION := SMS_GATEWAY=twilio TWILIO_ACCOUNT_SID=AC0 TWILIO_AUTH_TOKEN=none TWILIO_FROM=+15005550006 \
	PUBLIC_BASE_URL=https://linzhu.example DATABASE_URL=postgres://127.0.0.1/linzhu \
	SECRET_KEY=a-key-for-the-check-alone-that-signs-nothing-0123456789

.PHONY: help demo test test-all check lint types links run-prod-like screenshots messages lock hooks clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

demo: $(VENV)/app.stamp ## a made-up district in your browser (PORT=8000; FRESH=1 starts over)
	@$(BIN)/python manage.py demo --port $(PORT) $(if $(FRESH),--fresh)

test: $(VENV)/test.stamp ## the quick suite, on SQLite
	@$(BIN)/python -m pytest -n auto $(ARGS)

test-all: $(VENV)/dev.stamp ## the quick suite, then real processes and Chromium
	@$(BIN)/python -m pytest -n auto
	@$(BIN)/python -m pytest -m "slow or browser"

check: $(VENV)/dev.stamp lint types ## lint, types, migrations, settings, translations
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/python -m pytest tests/test_linzhu_locale.py

lint: $(VENV)/dev.stamp
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/dev.stamp links
	@$(BIN)/python -m mypy

# mypy and pyright do not follow the umbrella's __path__ (docs/decisions/0001): they find each module through a link.
links:
	@cd .typings/linzhu && find . -xtype l -delete && \
	for module in ../../linzhu/*.py $(patsubst %/__init__.py,../../%,$(wildcard linzhu/*/__init__.py)); do \
		ln -sfn "$$module" .; \
	done

run-prod-like: $(VENV)/app.stamp ## web, worker and clock as .env says; static files collected
	@$(BIN)/python manage.py migrate --verbosity 0
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@$(BIN)/python manage.py run --port $(PORT)

messages: $(VENV)/app.stamp ## collect the texts to translate, compile the translations (needs gettext)
	@$(BIN)/python manage.py makemessages --locale zh_Hans --no-location --no-wrap --no-obsolete \
		--ignore .venv --ignore .typings --ignore var --ignore tests --ignore benchmarks
	@$(BIN)/python manage.py compilemessages --ignore .venv --ignore .typings --ignore var

screenshots: $(VENV)/dev.stamp ## a picture of every page (OUT=folder)
	@$(BIN)/python -m tests.browser.screenshots $(OUT)

UV_COMPILE := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header
lock: $(VENV)/dev.stamp ## renew lock/*.txt (UPGRADE=1 takes newer versions)
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --output-file lock/app.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --group test --constraint lock/app.txt --output-file lock/test.txt
	$(UV_COMPILE) $(if $(UPGRADE),--upgrade) --group dev --constraint lock/test.txt --output-file lock/dev.txt

hooks: $(VENV)/dev.stamp ## check before each commit
	@$(BIN)/pre-commit install

clean: ## forget the environment and the demo
	rm -rf $(VENV) var/demo.sqlite3*

# --- the environment ----------------------------------------------------------------------------------------------
# One stamp for each lock file; a larger one holds everything of the smaller ones, so it stands for them too.

$(VENV)/app.stamp: lock/app.txt | $(BIN)/python
	@echo "Installing what Linzhu needs (once; a minute or two) …"
	@$(PIP_INSTALL) -r lock/app.txt
	@touch $@

$(VENV)/test.stamp: lock/test.txt | $(BIN)/python
	@echo "Installing what the tests need (once; a minute or two) …"
	@$(PIP_INSTALL) -r lock/test.txt
	@touch $(VENV)/app.stamp $@

$(VENV)/dev.stamp: lock/dev.txt | $(BIN)/python
	@echo "Installing the developers' tools (once; a minute or two) …"
	@$(PIP_INSTALL) -r lock/dev.txt
	@touch $(VENV)/app.stamp $(VENV)/test.stamp $@

$(BIN)/python:
	@for python in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && found=$$python && break; \
	done; \
	if [ -z "$$found" ]; then \
		echo "Linzhu needs Python 3.11 or newer. On Debian 12 or Ubuntu 24.04: sudo apt install -y python3-venv make"; exit 1; \
	elif ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "Python's venv package is missing: sudo apt install -y python3-venv make"; exit 1; \
	fi; \
	$$found -m venv $(VENV)
