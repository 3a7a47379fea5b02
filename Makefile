# make demo   build everything, grade a bundled class of sample submissions, say where feedback and report are
# make test   run the tests (make quick: those that take a minute)
# make lab    open JupyterLab on a private copy of the release (my_course/)
# make package  build what students take home: dist/student.zip
# Each sets itself up in .venv on the first run.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/etc/jupyter/nbgrader_config.py

# What leads pip and Python away from .venv, set for other work on the same machine.  A file of pip's settings may say the
# same, so pip is told once more below, and asked in the end where the packages are.
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_PYTHON PIP_REQUIRE_VIRTUALENV
HERE := --no-user --target= --prefix "$$PWD/.venv"

.PHONY: demo test quick lab package browser-test install-test kill-test hostile-test score-test lint build bench setup clean

setup: $(READY)

# What nbgrader reads wherever it is started, so that student code stays in the sandbox there too.
$(READY): autograder/gradebook/everywhere.py .venv/ready
	@mkdir -p $(@D)
	@cp $< $@

.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Setting up .venv (once, about a minute) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(HERE) -c constraints.txt hatchling editables
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(HERE) --no-build-isolation -c constraints.txt -e '.[instructor,dev]'
	@$(BIN)/python -c 'import mlp_utils, nbgrader, pytest' || \
	  { echo "pip has put the packages elsewhere than into .venv; see what $(BIN)/python -m pip config debug lists"; exit 1; }
	@touch $@

demo: $(READY)
	@$(BIN)/python -m autograder build
	@$(BIN)/python -m autograder --grading demo sample-class
	@$(BIN)/python -m autograder --grading demo grade --cell-seconds 8
	@$(BIN)/python -m autograder --grading demo feedback
	@$(BIN)/python -m autograder --grading demo report
	@$(BIN)/python -m autograder --grading demo export

test: $(READY)
	@$(BIN)/python -m pytest -n auto --dist loadgroup -q
	@$(MAKE) --no-print-directory lint

# What can be tried while one writes: no kernels, no grading, no long loops, nothing of the course's exercises.
quick: $(READY)
	@$(BIN)/python -m pytest -n auto -q -m 'not slow and not browser and not install and not kill and not hostile and not scores' \
	  tests/mlp_utils tests/autograder $(wildcard tests/test_*.py)
	@$(BIN)/ruff check .

lint: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/python -m autograder build --check

browser-test: $(READY)
	@$(BIN)/python -m pytest -q -m browser tests/browser

install-test: $(READY)
	@$(BIN)/python -m pytest -q -m install tests/end_to_end

score-test: $(READY)
	@$(BIN)/python -m pytest -q -m scores tests/end_to_end

hostile-test: $(READY)
	@$(BIN)/python -m pytest -q -m hostile tests/hostile tests/autograder

kill-test: $(READY)
	@$(BIN)/python -m pytest -n auto -q -m kill tests/end_to_end

lab: $(READY)
	@$(BIN)/python -m autograder lab my_course

package: $(READY)
	@$(BIN)/python -m autograder package

build: $(READY)
	@$(BIN)/python -m autograder build

bench: $(READY)
	@$(BIN)/python benchmarks/gradcheck.py
	@$(BIN)/python benchmarks/derivations.py
	@$(BIN)/python benchmarks/workers.py
	@$(BIN)/python benchmarks/kernels.py
	@$(BIN)/python benchmarks/training.py
	@$(BIN)/python benchmarks/explorers.py
	@$(BIN)/python benchmarks/grading.py

clean:
	rm -rf .venv demo
