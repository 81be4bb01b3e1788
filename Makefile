# `make` lists what can be made. Everything runs inside $(VENV), which is made from the lock in requirements.txt.
VENV ?= .venv
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
READY := $(VENV)/.ready
RUN := $(VENV)/bin/python
WORKING := $(if $(WORKERS),--workers $(WORKERS))
DENO := DENO_NO_UPDATE_CHECK=1 $(VENV)/bin/deno
export PYTHONPATH := $(CURDIR)$(if $(PYTHONPATH),:$(PYTHONPATH))

.DEFAULT_GOAL := help
.PHONY: help book serve page widget loops labs grade test test-fast test-changed test-weekly test-gpu lint bench lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

book: $(READY)  ## run the chapters that changed and build the site in _build/html
	$(RUN) book/build.py

serve: $(READY)  ## build the site, serve it to this computer and open it
	$(RUN) book/build.py --serve

page: $(READY)  ## build one page: make page PAGE=chapters/energy/….ipynb
	@test -n "$(PAGE)" || { echo "say which: make page PAGE=chapters/energy/….ipynb"; exit 2; }
	$(RUN) book/build.py --page "$(PAGE)"

widget: $(READY)  ## show one widget alone, following its files as they change: make widget NAME=gibbs-chain
	$(RUN) book/widget.py $(NAME) $(OPTIONS)

loops: $(READY)  ## film the widgets that move on the front page's cards: [NAMES="gan-lab dream"]
	$(RUN) book/loops.py $(NAMES)

labs: $(READY)  ## cut the labs' student and instructor's copies into _build/labs
	$(RUN) -m grading release

grade: $(READY)  ## grade a folder of notebooks: make grade LAB=gan SUBMISSIONS=dir [WORKERS=n]
	@test -n "$(LAB)" -a -n "$(SUBMISSIONS)" || { echo "say which: make grade LAB=gan SUBMISSIONS=dir"; exit 2; }
	$(RUN) -m grading grade "$(LAB)" "$(SUBMISSIONS)" --workers "$(or $(WORKERS),1)" $(OPTIONS)

lint: $(READY)  ## ruff, mypy and deno: style, types and format of Python and of the widgets' JavaScript
	$(RUN) -m ruff check .
	$(RUN) -m mypy
	$(DENO) fmt --check --quiet
	$(DENO) lint --quiet
	$(DENO) check --quiet --no-remote genlib/widgets tests/widgets tests/support

test: $(READY) lint  ## everything: style, laws, contracts, the book, its notebooks and its pages: [WORKERS=n]
	$(RUN) tests/suite.py all $(WORKING)

test-fast: $(READY) lint  ## the same without notebooks, pages, mutants and slow tests
	$(RUN) tests/suite.py fast $(WORKING)

test-changed: $(READY) lint  ## what a change can have broken: make test-changed [SINCE=main]; says what it leaves out
	$(RUN) tests/suite.py changed --since "$(or $(SINCE),main)" $(WORKING)

test-weekly: $(READY)  ## other data, steps and seeds for each chapter, all widgets in JupyterLab, Colab: [WHAT=file]
	GENLIB_WEEKLY=1 GENLIB_INSIST=1 $(RUN) -m pytest $(or $(WHAT),tests/book/test_parameters.py tests/pages/test_jupyterlab.py tests/labs/test_colab.py)

test-gpu: $(READY)  ## every chapter and lab on a CUDA device; fails where there is none, or where one stays on the CPU
	GENLIB_GPU=1 $(RUN) -m pytest --nbval-lax --nbval-current-env tests/book/test_gpu.py tests/contract chapters labs

bench: $(READY)  ## measure against peers, side by side; writes benchmarks/results.md
	$(RUN) -m benchmarks

lock:  ## write requirements.txt anew from pyproject.toml
	$(PYTHON) book/lock.py

clean:  ## remove what was built, the cache of executed chapters included
	rm -rf _build

# What pip would compile on one processor is compiled on all; a file that is for another Python is passed over.
$(READY): requirements.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "this course needs Python 3.11, 3.12 or 3.13: make PYTHON=/path/to/python"; exit 1; }
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(RUN) -m pip install --disable-pip-version-check --no-compile -r requirements.txt
	$(RUN) -m compileall -qq -j 0 $(VENV)/lib || true
	$(RUN) -m pip install --disable-pip-version-check --quiet --no-build-isolation --no-deps --editable .
	@touch $@
