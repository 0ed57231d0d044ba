# make baseline   set up, then train, evaluate and export the tagger on the
#                 embedded data set
# make test       set up, then run the fast tests
# make test-slow  the long tests
# make test-catalogue  those of the catalogue, with Apache Beam in .venv-beam
# make test-exchange   SavedModels carried from each TensorFlow to the other
# make benchmark  this machine's speed beside PyTorch, ONNX Runtime, OpenVINO and
#                 librosa, in .venv-peers; ARGS="--budget 12" is the shortest
# make lint       ruff's rules and format, who may import whom, and mypy
# make docs       the pages of docs/, into site/
# make lock       resolve requirements/*.in again (needs uv)
# make clean      removes the environments, the embedded data sets and site/
#
# LOCK=newest takes the newest TensorFlow in place of 2.17 and keeps it in an
# environment of its own, LOCK=beam that of the catalogue. PYTHON=python3.12 names another interpreter.
PYTHON ?= python3
PYTHON_TAG := $(shell $(PYTHON) -c 'import sys; print("py%d%d" % sys.version_info[:2])')

# TensorFlow 2.17 ends at Python 3.12.
LOCK ?= $(if $(filter py313,$(PYTHON_TAG)),newest,default)
LOCK_FILE := requirements/$(LOCK)-$(PYTHON_TAG).txt
VENV := $(if $(filter default,$(LOCK)),.venv,.venv-$(LOCK))
BIN := $(VENV)/bin
ARGS ?=
# Tests start many interpreters: what one has compiled the next ones take.
export PYTHONDONTWRITEBYTECODE =

.PHONY: help baseline benchmark test test-slow test-catalogue test-exchange lint docs lock setup clean
help:
	@sed -n '1,/^PYTHON/s/^# \{0,1\}//p' Makefile

setup: $(VENV)/installed.txt

# A lock is complete, and Python compiles what is imported, a fifth of it.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
    --no-deps --no-compile

# The stamp is a copy of the lock: a second call installs nothing again.
$(VENV)/installed.txt: $(LOCK_FILE)
	@echo "Installing $(LOCK_FILE) into $(VENV) (once, a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@$(PIP) -r $(LOCK_FILE)
	@$(PIP) --no-build-isolation --editable .
	@cp $(LOCK_FILE) $@

requirements/%.txt:
	@echo "No lock $@: tftag runs on Python 3.11 to 3.13 (the default lock" \
	    "on 3.11 and 3.12). Received: $(PYTHON) is $(PYTHON_TAG)," \
	    "LOCK=$(LOCK). Name another one with PYTHON=python3.11." >&2
	@exit 2

baseline: setup
	@$(BIN)/python -m experiments.run_baseline $(ARGS)

benchmark: setup .venv-peers/installed.txt
	@$(BIN)/python -m experiments.run_benchmark peers $(ARGS)

.venv-peers/installed.txt: requirements/peers.txt
	@echo "Installing $< into .venv-peers (once, some minutes)"
	@$(PYTHON) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install --quiet --disable-pip-version-check \
	    -r $<
	@cp $< $@

# ARGS="-n 0" has them in one process, as a debugger wants it.
PYTEST := $(BIN)/python -m pytest --maxprocesses 4 --dist loadfile \
    --no-loadscope-reorder
# One process more than cores: tests of servers and of other processes wait.
WORKERS := $(shell $(PYTHON) -c 'import os; print(1 + os.cpu_count())')

test: setup
	@$(PYTEST) -n $(WORKERS) $(ARGS)

test-slow: setup
	@$(PYTEST) -n auto -m slow --rewritten-graphs $(ARGS)

test-catalogue:
	@$(MAKE) --no-print-directory setup LOCK=beam
	@.venv-beam/bin/python -m pytest tests/pipelines/catalogue $(ARGS)

test-exchange: setup
	@$(MAKE) --no-print-directory setup LOCK=newest
	@$(BIN)/python .ci/exchange_saved_models.py \
	    $(BIN)/python .venv-newest/bin/python

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python -m mypy

# From nothing each time: of a page that it keeps, Sphinx repeats no warning.
docs: setup
	@rm -rf site docs/reference/modules
	@$(BIN)/python -m sphinx -q -W --keep-going -d site/.doctrees docs site
	@echo "Written: site/index.html"

# Resolved for every platform; run on Python 3.11 only.
lock:
	@for tag in 11 12; do uv pip compile -q --universal --no-header \
	    --no-emit-index-url --python-version 3.$$tag \
	    requirements/default.in -o requirements/default-py3$$tag.txt; done
	@for tag in 11 12; do uv pip compile -q --universal --no-header \
	    --no-emit-index-url --python-version 3.$$tag \
	    requirements/beam.in -o requirements/beam-py3$$tag.txt; done
	@for tag in 11 12 13; do uv pip compile -q --universal --no-header \
	    --no-emit-index-url --python-version 3.$$tag \
	    requirements/newest.in -o requirements/newest-py3$$tag.txt; done

clean:
	rm -rf .venv .venv-newest .venv-beam .venv-peers data/synthetic \
	    data/synthetic_zero_shot site docs/reference/modules
