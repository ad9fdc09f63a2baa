# The habits of the house, one word each. `make` lists them.

SWIFT ?= swift
PORT ?= 8080
# More words for the command or the tests, as in `make run ARGS='--loops 2'` and `make test ARGS='--filter Router'`.
ARGS ?=

# Linked into the program on Linux, Swift's library and those of Scripts/archives start faster and take less memory than
# as files of their own.
ARCHIVES := $(CURDIR)/.build/archives
RELEASE := -c release $(if $(filter Linux,$(shell uname -s)),--static-swift-stdlib -Xlinker -L$(ARCHIVES))
BUILD_RELEASE = Scripts/archives $(ARCHIVES) && \
	PKG_CONFIG_PATH="$(ARCHIVES)$${PKG_CONFIG_PATH:+:$$PKG_CONFIG_PATH}" $(SWIFT) build $(RELEASE)

export SWIFT

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test bench lint docs fuzz sanitize setup clean

help: ## List these words
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

run: ## Build for release and serve the demo application on PORT (8080)
	@Scripts/setup build
	$(BUILD_RELEASE) --product apus
	exec .build/release/apus serve --port $(PORT) $(ARGS)

test: ## Build everything; run every test, plain and optimised, the integration tests, a short fuzz run
	@Scripts/setup build test
	@Scripts/setup browser || { echo "The dashboard is not tried in a browser: there is none." >&2; [ "$${REQUIRE_BROWSER:-}" != true ]; }
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build --disable-xctest --no-parallel $(ARGS)
	@Scripts/test-optimised $(ARGS)
	@if [ -x Tests/Integration/run.sh ]; then \
		APUS="$$PWD/.build/debug/apus" OPTIMISED_APUS="$$PWD/.build/optimised/release/apus" Tests/Integration/run.sh; \
	 fi
	@if [ -x Fuzz/run.sh ]; then FUZZ_SECONDS=$${FUZZ_SECONDS:-5} Fuzz/run.sh; fi

bench: ## Measure Apus beside the C ceiling, nginx and h2o; writes .build/bench/RESULTS.md
	@Scripts/setup build bench
	$(BUILD_RELEASE)
	Benchmarks/run $(ARGS)

lint: ## Check the format of every Swift file, the rules of the house, and that examples in docs are compiled ones
	@Scripts/setup build test
	@Scripts/lint-format
	@Scripts/lint-house
	@Scripts/doc-examples

docs: ## Build the documentation into .build/docs; what DocC warns of is an error
	@Scripts/setup build test
	@Scripts/docs

fuzz: ## Fuzz the parsers for FUZZ_SECONDS each (600), then a connection with a million mutated requests
	@Scripts/setup build
	FUZZ_SECONDS=$${FUZZ_SECONDS:-600} Fuzz/run.sh
	Fuzz/mutations.sh

sanitize: ## Run the tests under the thread and the address sanitizer, on every driver
	@Scripts/setup build
	@Scripts/sanitize $(ARGS)

setup: ## Install what building, testing and measuring need from the system's packages
	@Scripts/setup build test bench

clean: ## Remove what was built
	rm -rf .build
