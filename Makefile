# `make` alone lists the commands. Everything is installed into .venv and nowhere else.
# Paths are relative, so the folder may be anywhere, even under a name with spaces.
SHELL := /bin/bash
MAKEFLAGS += --no-builtin-rules
.DEFAULT_GOAL := help
.NOTPARALLEL: # so that the output of the checks can be read in order
.PHONY: help book check test test-all test-colab lint lab handouts grade questions \
	chapter network notebooks weights atlas seconds pdf package links social-card landing-picture repository there-folder there-notebook clean distclean

PYTHON ?= python3
PY := .venv/bin/python
# The same hash seed everywhere: sets print in the same order.
export PYTHONHASHSEED := 0
export PIP_DISABLE_PIP_VERSION_CHECK := 1

PAGES := _build/.done
# Twice: the words of a name with spaces in it are no files, and go.
NOTEBOOKS := $(wildcard $(wildcard chapters/*.ipynb chapters/deeper/*.ipynb chapters/solutions/*.ipynb))
PACKAGE := $(shell find inception_lib -name "*.py")
SOURCES := $(wildcard _config.yml _toc.yml references.bib $(filter-out README.md CONTRIBUTING.md CHANGELOG.md,$(wildcard *.md)) \
	$(NOTEBOOKS) $(PACKAGE) $(wildcard _static/* _static/*/* teaching/*.py teaching/*/*.py tools/*.py tools/*/*.py tools/pages/*.html))
# What is typed behind a command comes to it as it was typed: with spaces, quotes and dollars.
$(foreach name,NAME FOLDER N OUT CSV SEED URL,$(eval export GIVEN_$(name) := $$(value $(name))))
say = @printf '\n\033[1m== %s\033[0m\n'

help:
	@echo "To read, run and teach:"
	@echo "  make book        build the pages: _build/html/index.html (installs about 300 MB)"
	@echo "  make lab         open the chapters in JupyterLab (installs about 6 GB more)"
	@echo "                   in a container whose port you opened: LAB=--ip=0.0.0.0"
	@echo "  make pdf         print the whole book with Chromium: _build/inception-block-by-block.pdf (some minutes)"
	@echo "  make handouts    write the chapters for students, without answers and outputs"
	@echo "                   OUT=folder CHAPTERS=\"1 2 5\" ANSWERS=1 REPLACE=1"
	@echo "  make grade FOLDER=handed-in   run students' notebooks and check their answers; CSV=marks.csv"
	@echo "  make questions   print a paper from the bank of questions; CHAPTERS=\"1 2 5\" SEED=7 COUNT=10 KEY=1"
	@echo "                   or write one for each student, with keys: STUDENTS=40 OUT=folder VERSIONS=40 DRAW=3"
	@echo "To test:"
	@echo "  make check       an answer in three minutes: lint, types, quick tests (installs about 6 GB more)"
	@echo "  make test        everything that a change needs: each notebook executed, each output compared"
	@echo "  make test-all    also all networks where three stand for them, the PDF, other orders; for nightly runs"
	@echo "  make test-colab  every notebook with Colab's versions (installs about 5 GB into .venv-colab)"
	@echo "  make links       follow every link that leads away from the book (needs a network)"
	@echo "To write and publish:"
	@echo "  make chapter NAME=\"What it is called\"   lay out every file that a new chapter needs, but for its text"
	@echo "  make network NAME=my_network   the same for a network"
	@echo "  make notebooks   execute every notebook in place, or one: N=chapters/01-naive-block.ipynb"
	@echo "  make weights     train the small networks and run the experiments again, into _weights (hours on one core)"
	@echo "  make seconds     measure how fast the networks run in eight ways (10 to 15 minutes on a quiet machine; N=inception_v3)"
	@echo "  make atlas       look for what excites each channel of the shipped networks again (ten minutes on one core)"
	@echo "  make package     build and check the wheel and the source archive, into dist"
	@echo "  make repository URL=https://github.com/you/inception-book   write the address of your copy everywhere"
	@echo "  make social-card, make landing-picture   draw the two pictures of the site again"
	@echo "  make clean       remove what make can make again: .venv, the pages, caches"
	@echo "  make distclean   also remove what took hours, or what you may have changed: _weights, _handouts*, _papers*"

# ---- the virtual environment; each stamp is newer than what was installed from ----

$(PY):
	$(say) "Making .venv with $(PYTHON)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "This book needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1)." >&2; \
	  echo "Choose a newer one: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv

.venv/.book: requirements-book.txt | $(PY)
	$(say) "Installing what builds the pages (requirements-book.txt)"
	$(PY) -m pip install --quiet -r requirements-book.txt
	touch $@

.venv/.all: requirements.txt requirements-book.txt pyproject.toml | $(PY)
	$(say) "Installing everything (requirements.txt): torch alone is several GB"
	$(PY) -m pip install --quiet -r requirements.txt
	touch $@

# ---- the pages ----

book: $(PAGES)
	$(say) "The book is in _build/html/index.html"

# Built from scratch whenever something has changed: Sphinx warns about a page only when it reads that
# page, so a second build after a failed one would pass.
$(PAGES): $(SOURCES) .venv/.book
	$(say) "Writing _generated from the package"
	$(PY) -m tools.generated
	$(say) "Building the pages; any warning is an error"
	rm -rf _build
	.venv/bin/jupyter-book build . -W -n --keep-going --quiet
	touch $@

# ---- the checks ----

# Three processes for two cores: one of them is mostly waiting, for Chromium or for a program that it started.
# And one thread in each: with layers this small, two threads only wait for each other.
TESTS := env OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 3 --dist loadgroup --no-loadscope-reorder

test: .venv/.all $(PAGES) lint
	$(say) "Testing the package, the rules for notebooks, the tools and the pages"
	$(TESTS) -m "not nightly" tests
	$(say) "Executing every notebook once, with only what Colab has and the built wheel, and comparing every output"
	$(PY) -m tests.colab
	$(say) "All tests passed. The book is in _build/html/index.html"

check: .venv/.all $(PAGES) lint
	$(say) "Testing types, imports, the package (quick tests), the rules for notebooks and the built pages"
	$(TESTS) -m "not nightly and not slow" tests

test-all: test
	$(say) "Testing the rest: every network copied, trained and exported, the PDF, print"
	$(TESTS) -m nightly tests
	$(say) "Running the tests in three other orders"
	for seed in 1 2 3; do $(TESTS) -m "not nightly" --random-order --random-order-seed=$$seed tests || exit 1; done

test-colab: .venv/.all .venv-colab/.done
	for threads in 1 2; do $(PY) -m tests.colab --python .venv-colab/bin/python --threads $$threads || exit 1; done

.venv-colab/.done: requirements-colab.txt
	$(say) "Making .venv-colab with Colab's versions (requirements-colab.txt)"
	$(PYTHON) -m venv .venv-colab
	.venv-colab/bin/python -m pip install --quiet -r requirements-colab.txt
	touch $@

lint: .venv/.all
	$(say) "Checking format and lint, also of the notebooks"
	$(PY) -m ruff format --check .
	$(PY) -m ruff check .
	$(say) "Linting the scripts of the pages, and testing them in Node"
	.venv/bin/oxlint --deny-warnings _static tests/scripts
	.venv/bin/node --test tests/scripts/*.test.js

# ---- for readers, teachers and authors ----

# Before anything is installed: is what a command works on there?
there-folder:
	@test -d "$$GIVEN_FOLDER" || { echo "There is no folder '$$GIVEN_FOLDER'. Name the one with the notebooks: \
	make grade FOLDER=handed-in. Unpack an archive first." >&2; exit 1; }

there-notebook:
	@test -z "$$GIVEN_N" || test -f "$$GIVEN_N" || { echo "There is no notebook '$$GIVEN_N'. Name one, such as \
	N=$(firstword $(NOTEBOOKS)), or leave N out for all of them." >&2; exit 1; }

# As root, which is usual in a container, JupyterLab starts only if told that it may.
lab: .venv/.all
	$(say) "Opening JupyterLab on chapters/"
	$(PY) -m jupyterlab --LabApp.default_url=/lab/tree/chapters \
		$$([ "$$(id -u)" != 0 ] || echo --allow-root --no-browser) $(LAB)

handouts: .venv/.book
	$(say) "Writing the chapters without answers and outputs, for students"
	$(PY) -m teaching.handouts $(if $(GIVEN_OUT),--out "$$GIVEN_OUT") $(if $(CHAPTERS),--chapters $(CHAPTERS)) \
		$(if $(ANSWERS),--with-answers) $(if $(REPLACE),--replace)

# This runs code that students wrote: marking.md says what protects you and what does not.
grade: there-folder .venv/.all
	$(PY) -m teaching.grader "$$GIVEN_FOLDER" $(if $(GIVEN_CSV),--csv "$$GIVEN_CSV")

questions: .venv/.book
	@$(PY) -m teaching.questions --seed "$${GIVEN_SEED:-0}" $(if $(COUNT),--count $(COUNT)) \
		$(if $(CHAPTERS),--chapters $(CHAPTERS)) $(if $(KEY),--key) $(if $(DRAW),--draw $(DRAW)) \
		$(if $(VERSIONS),--versions $(VERSIONS)) $(if $(STUDENTS),--students $(STUDENTS)) $(if $(GIVEN_OUT),--out "$$GIVEN_OUT")

chapter network: .venv/.all
	@$(PY) -m tools.new.$@ "$$GIVEN_NAME"

notebooks: there-notebook .venv/.all
	$(say) "Executing $${GIVEN_N:-every notebook}"
	$(PY) -m tools.notebooks $(if $(GIVEN_N),"$$GIVEN_N",$(NOTEBOOKS))

# This made everything in inception_lib/weights/files. A run that was stopped continues where it was.
weights: .venv/.all
	$(say) "Training every small network with five seeds, and running the experiments"
	$(PY) -m inception_lib.training --recipe ladder --again --out _weights
	$(PY) -m inception_lib.training --recipe ladder_digits --again --out _weights
	$(PY) -m inception_lib.experiments all --again --out _weights

# This made weights/files/seconds.json. It goes on where it was stopped; AGAIN=1 begins anew.
seconds: .venv/.seconds
	$(say) "Measuring the networks in turn; let nothing else run"
	$(PY) -m benchmarks.seconds $(N) $(if $(AGAIN),--again)

.venv/.seconds: requirements-seconds.txt .venv/.all
	$(say) "Installing what is only measured (requirements-seconds.txt)"
	$(PY) -m pip install --quiet -r requirements-seconds.txt
	touch $@

# Committed, as the weights are: building the pages needs no torch.
atlas: .venv/.all
	$(say) "Finding the crops, pictures and measures of every channel"
	$(PY) -m tools.atlas

pdf: .venv/.all $(PAGES)
	$(say) "Printing the book twice, the second time with page numbers in the list of contents"
	$(PY) -m tools.pdf

# Drawn by the package, committed: building the pages needs no browser.
social-card: .venv/.all
	$(PY) -m tools.social_card

# The same for the picture on the landing page: building the pages needs no torch.
landing-picture: .venv/.all
	$(PY) -m tools.landing_picture

package: .venv/.all
	$(say) "Building the wheel and the source archive, and checking them"
	rm -rf dist
	$(PY) -m build --no-isolation --outdir dist .
	$(PY) -m twine check --strict dist/*
	$(PY) -m check_wheel_contents dist/*.whl
	$(say) "The package is in dist"

# Not part of `make test`: it is not the book's fault when other sites do not answer.
links: .venv/.book
	$(say) "Following every link that leads away from the book"
	$(PY) -m tools.generated
	.venv/bin/jupyter-book build . --builder linkcheck --path-output _links || { echo "Links that lead nowhere are \
	listed in _links/_build/html/output.txt. If they are all there, is there a network?" >&2; exit 1; }

repository:
	@test -n "$$GIVEN_URL" || { echo "Name the address of your copy: make repository URL=https://github.com/you/inception-book" >&2; exit 1; }
	$(PYTHON) -m tools.repository "$$GIVEN_URL"

clean:
	rm -rf .venv .venv-colab _build _generated _links dist .pytest_cache .ruff_cache .mypy_cache \
		.import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean
	rm -rf _weights _handouts* _papers*
