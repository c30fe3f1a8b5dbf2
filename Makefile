# The README's commands: `make run` and `make test`. What each needs is installed under .venv and .build.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
PROJECT := import tomllib; p = tomllib.load(open("pyproject.toml", "rb"))
CARGO_FOUND := command -v cargo >/dev/null || { echo "cargo not found: install Rust 1.89 or newer, with rustup or your system's package manager"; exit 1; }
CORE := $(shell find processor/core/src -name '*.rs') processor/core/Cargo.toml

.PHONY: build run test test-live lint bench fuzz clean
build: $(BIN)/.built

# All that `make build` and `make run` need. What is missing on the machine is said before anything is downloaded.
$(BIN)/.dependencies: pyproject.toml constraints.txt
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) not found: install Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is too old: install Python 3.11 or newer, or set PYTHON=/path/to/python3"; exit 1; }
	@$(CARGO_FOUND)
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) $$($(BIN)/python -c '$(PROJECT); print(*p["build-system"]["requires"], *p["project"]["dependencies"])')
	@touch $@

# What the tests, the checks and the benchmarks need besides.
$(BIN)/.dev: $(BIN)/.dependencies
	$(INSTALL) $$($(BIN)/python -c '$(PROJECT); print(*p["project"]["optional-dependencies"]["dev"])')
	@touch $@

$(BIN)/.built: $(BIN)/.dependencies $(CORE)
	@mkdir -p .build
	@$(CARGO_FOUND)
	$(BIN)/maturin develop --release --quiet >.build/maturin.log 2>&1 || { cat .build/maturin.log; exit 1; }
	@touch $@

# Ports 4317, 4318, 13133 and 8888. `make run ONCE=1` ends after the report; `make run KAFKA=host:port` publishes too.
# Ctrl-C reaches make and the shell as well: they say nothing of it (the demo does) and end as interrupted.
run: build
	@trap : INT; $(BIN)/python deploy/demo $(if $(ONCE),--once) $(if $(KAFKA),--kafka '$(KAFKA)') || { status=$$?; [ $$status -eq 130 ] || exit $$status; }

lint test test-live bench: $(BIN)/.dev

lint: build
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd processor/core && cargo fmt --check && cargo clippy --all-targets --no-default-features -- -D warnings && cargo clippy -- -D warnings
	cd processor/core/fuzz && cargo fmt --check

# Two at once: most tests wait for a broker, a lease or a process more than they compute.
test: build
	cd processor/core && cargo test --quiet --no-default-features
	$(BIN)/pytest -n 2 --dist worksteal

# One small real classification by each provider whose key is set; a fraction of a cent.
test-live: build
	@test -n "$$ANTHROPIC_API_KEY$$OPENAI_API_KEY" || { echo "set ANTHROPIC_API_KEY or OPENAI_API_KEY to classify with the real API"; exit 2; }
	$(BIN)/pytest -q -s tests/live

# Three minutes. The others need a part from outside: a Collector (gateway.py --collector PATH) or labels (judging.py).
bench: build
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/transcode.py
	$(BIN)/python benchmarks/accuracy.py
	$(BIN)/python benchmarks/gateway.py --rounds 3 --seconds 1
	$(BIN)/python benchmarks/memory.py --types 10000

# Inputs led by coverage, one target after the other: `make fuzz TARGET=mine SECONDS=600`. Nothing else needs nightly. An
# input that fails stays in processor/core/fuzz/artifacts.
TARGET ?= wire mask mine json transcode
SECONDS ?= 60
fuzz:
	@$(CARGO_FOUND)
	@cargo +nightly --version >/dev/null 2>&1 || { echo "no nightly toolchain found: rustup toolchain install nightly"; exit 1; }
	@cargo fuzz --version >/dev/null 2>&1 || { echo "cargo-fuzz not found: cargo install cargo-fuzz"; exit 1; }
	cd processor/core && for target in $(TARGET); do \
		cargo +nightly fuzz run $$target -- -max_total_time=$(SECONDS) -rss_limit_mb=2048 || exit 1; \
	done

clean:
	rm -rf $(VENV) .build processor/core/target processor/core/fuzz/target processor/sluice/_core*.so
