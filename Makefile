# The list of what can be done: make help
# Needs a Python 3.11 or later (make PYTHON=python3.12 charts, say, chooses one); everything else is put into .venv.

PYTHON ?= python3
UV_VERSION := 0.13.9

VENV := .venv
PY := $(VENV)/bin/python
READY := $(VENV)/.installed

export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Bytecode is kept, whatever the session says: without it every kernel compiles the libraries anew, for seconds.
export PYTHONDONTWRITEBYTECODE :=

# What is compared byte by byte must not depend on the user's own settings of matplotlib, IPython and Jupyter.
# PLAIN goes before such a command; `make lab` goes without, there the user's settings are welcome.
SETTINGS := $(CURDIR)/$(VENV)/settings
PLAIN := env -u MPLBACKEND "MPLCONFIGDIR=$(SETTINGS)/matplotlib" "IPYTHONDIR=$(SETTINGS)/ipython" \
	"JUPYTER_CONFIG_DIR=$(SETTINGS)/jupyter" JUPYTER_NO_CONFIG=1 JUPYTER_PREFER_ENV_PATH=1

.PHONY: help setup charts report check test e2e notebooks lab bench lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(READY) ## fill .venv from requirements.lock (the others do it by themselves)

charts: $(READY) ## draw every chart into charts/, with the table behind each
	@$(PLAIN) $(PY) -m analysis charts

report: $(READY) ## write the report, a site to open from disk, into build/report/
	@$(PLAIN) $(PY) -m analysis report --to build/report

check: $(READY) ## check the tables in data/ against their description
	$(PY) -m analysis check

# One worker takes a module whole: what its tests share, tables and charts, is made once.
test: $(READY) ## run the tests, then every notebook against its stored outputs
	@echo "skipped here, since they need a Chromium and minutes: the tests in a browser (make e2e)"
	@$(PLAIN) $(PY) -m pytest -q -n 2 --dist loadscope --ignore=tests/browser
	@$(PLAIN) $(PY) -m pytest -q --nbval --nbval-current-env notebooks/

# Chromium is the system's own (Debian's package chromium, or what CHROMIUM names): nothing is downloaded.
e2e: $(READY) ## run the tests in a browser, and Binder's list of packages; pictures go to build/screenshots
	@rm -rf build/screenshots
	@$(PLAIN) $(PY) -m pytest -q -rs tests/browser

# No times, no version of Python, no marks of an editor are stored: the same results are the same bytes.
notebooks: $(READY) ## run every notebook and store its outputs
	@$(PLAIN) $(PY) -m nbconvert --to notebook --execute --inplace \
		--ExecutePreprocessor.record_timing=False \
		--ClearMetadataPreprocessor.enabled=True \
		--ClearMetadataPreprocessor.clear_cell_metadata=False \
		--ClearMetadataPreprocessor.preserve_nb_metadata_mask='{"kernelspec", ("language_info", "name")}' \
		notebooks/*.ipynb

# Nothing is fetched from elsewhere: no news of JupyterLab, no look for updates, no catalogue of extensions.
lab: $(READY) ## open the notebooks in JupyterLab
	$(PY) -m jupyterlab --ServerApp.root_dir=. --LabApp.default_url=/lab/tree/notebooks --LabApp.news_url=None \
		--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate --LabApp.extension_manager=readonly

bench: $(READY) ## run the benchmarks
	@set -e; for file in benchmarks/*.py; do echo "== $$file"; $(PY) "$$file"; done

# Keeps the locked versions that still fit; make lock UPGRADE=--upgrade takes the newest that fit.
lock: $(READY) ## lock pyproject.toml's packages anew, and bring environment.yml along
	$(PY) -m pip install --quiet uv==$(UV_VERSION)
	$(PY) -m uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --all-extras \
		--generate-hashes --no-emit-index-url --custom-compile-command "make lock" $(UPGRADE) \
		--output-file requirements.lock pyproject.toml
	$(PY) tools/sync_environment.py

clean: ## remove .venv and all that Python leaves behind
	rm -rf $(VENV) .pytest_cache .hypothesis build dist
	find . -name .git -prune -o \( -name __pycache__ -o -name .ipynb_checkpoints -o -name '*.egg-info' \) -prune \
		-exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Python 3.11 or later is needed, and '$(PYTHON)' is not one: make PYTHON=python3.12 ... names another." >&2; \
		exit 1; }
	$(PYTHON) -m venv $(VENV)
	@if $(PY) -m pip install --quiet uv==$(UV_VERSION) && \
		$(PY) -m uv pip sync --quiet --python $(PY) requirements.lock && \
		$(PY) -m uv pip install --quiet --python $(PY) --no-deps --editable .; \
	then :; else \
		echo "uv could not install the packages; pip does it instead, which takes some minutes." >&2; \
		$(PY) -m pip install --quiet --requirement requirements.lock && \
		$(PY) -m pip install --quiet --no-deps --editable .; \
	fi
	@mkdir -p "$(SETTINGS)" && $(PLAIN) $(PY) -c 'import matplotlib.font_manager' # its list of fonts: slow only once
	@touch $@
