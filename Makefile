# offhook. `make help` lists what there is.
.DEFAULT_GOAL := help
.PHONY: help run build test lint advisories fuzz bench

SECONDS ?= 60
TARGETS ?=
ROUNDS ?= 5
ONLY ?=

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

run: ## build, and serve on an empty data/ folder
	@scripts/need build
	cargo build --locked --release --package offhook
	target/release/offhook serve

build: ## the optimised program: target/release/offhook
	@scripts/need build
	cargo build --locked --release --package offhook

test: ## everything the tests need, then all tests
	@scripts/need test
	@scripts/test

lint: ## formatting, clippy, documentation, floors, licences
	@scripts/need build
	@scripts/lint

advisories: ## ask for known weaknesses of what is built in; needs cargo-deny and the network
	cargo deny check advisories

fuzz: ## fuzz every decoder: SECONDS=60 TARGETS="tftp_packet signed"
	@scripts/need fuzz
	fuzz/run $(SECONDS) $(TARGETS)

bench: ## measure beside other servers: ROUNDS=5 ONLY=http,tftp
	@scripts/need bench
	cargo build --locked --release --package offhook --package bench
	target/release/bench --page docs/performance.md --rounds $(ROUNDS) $(if $(ONLY),--only $(ONLY))
