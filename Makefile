# Every target does its own set-up on a bare Debian 12 or newer with Rust, Node and Go.
# `make help` lists them. Time limits are for a machine that hangs, not for a slow one.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-builtin-rules

# Prefixes of the commands below. In the foreground, so that Ctrl+C reaches what they run.
cold := timeout --foreground --kill-after=30 3600
warm := timeout --foreground --kill-after=30 1200

cargo := cargo
locked := --locked
# The layers below the window. The window toolkit and the bed have rings of their own.
layers := meshlift-core meshlift-cluster meshlift-sim meshlift-app meshlift-devserver
# With the test that compares the page's types with the application's.
typescript := --features meshlift-app/ts
bed := meshlift-bed meshlift-scenarios meshlift-bench
shell := meshlift-desktop
journeys := meshlift-desktop-journeys
sdk := meshlift-asm-sdk
# Where cargo builds.
target := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# The front end inside the binary, not Vite's server.
embedded := --features meshlift-desktop/custom-protocol
tauri := npx --yes @tauri-apps/cli@2.12.5

ui_sources := $(shell find ui/src ui/public ui/index.html ui/package.json ui/vite.config.ts ui/tsconfig.json -type f 2>/dev/null)

packages = $(foreach package,$(1),--package $(package))

##@ Use it

.PHONY: run
run: ## Open the window on the demo mesh; with no display, make the tour instead
	if [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] || [ "$$(uname)" != Linux ]; then
	  $(MAKE) --no-print-directory app
	  $(target)/debug/meshlift --context demo-istio
	else
	  echo 'There is no display, so no window will open: after the build the tour is made on a virtual'
	  echo 'display, and its pictures are put under pictures/. Press Ctrl+C if that is of no use;'
	  echo '"make dev" serves the same page to a browser.'
	  $(MAKE) --no-print-directory tour
	fi

.PHONY: tour
tour: app screen-packages ## Drive the demo's canary upgrade through the window; pictures under pictures/
	rm -rf pictures
	MESHLIFT_PICTURES=$(CURDIR)/pictures $(cold) $(cargo) test $(locked) --package $(journeys) --test journeys demo -- --nocapture
	echo
	echo 'Pictures of the tour: $(CURDIR)/pictures'
	ls pictures

.PHONY: tour-asm
tour-asm: app screen-packages ## The same on the demo of Alibaba Cloud Service Mesh, in place and by canary
	$(cold) $(cargo) test $(locked) --package $(journeys) --test journeys asm:: -- --nocapture
	echo
	echo 'Pictures of the tour: $(target)/pictures/asm_*'
	ls -d $(target)/pictures/asm_*

# Each picture of the README, and which one of which journey it is.
readme_pictures := \
  canary:canary/*-to-be-upgraded \
  asm-in-place:asm_in_place/*-precheck \
  asm-console:asm_canary/*-deploy-console \
  asm-canary:asm_canary/*-namespaces

.PHONY: readme-pictures
readme-pictures: app screen-packages bed ## Make the README's pictures anew, each by the journey that it is of
	$(cold) $(cargo) test $(locked) --package $(journeys) --test journeys -- --nocapture \
	  canary::a_mesh asm::the_instance_is_upgraded
	for picture in $(foreach picture,$(readme_pictures),'$(picture)'); do
	  cp $(target)/pictures/$${picture#*:}.png "docs/pictures/$${picture%%:*}.png"
	done

.PHONY: package
package: node-tools cargo-tools window-packages ui/node_modules/.package-lock.json ui/dist/index.html ## Build the Debian package
	cd src-tauri && $(cold) $(tauri) build --bundles deb -- $(locked)

##@ Test it

.PHONY: test
test: test-rust test-ui test-asm test-bed test-browser test-desktop ## Every ring of tests

.PHONY: test-rust
test-rust: cargo-tools build-packages ## The crates below the window: format, layers, lints, tests
	$(cargo) fmt --all --check
	.ci/layers
	.ci/map
	$(cold) $(cargo) clippy $(locked) $(call packages,$(layers)) $(typescript) --all-targets -- --deny warnings
	$(cold) $(cargo) test $(locked) $(call packages,$(layers)) $(typescript) --no-fail-fast

.PHONY: test-ui
test-ui: ui/node_modules/.package-lock.json ## The front end: types, lints, tests
	$(warm) npm --prefix ui run --silent typecheck
	$(warm) npm --prefix ui run --silent lint
	$(warm) npm --prefix ui run --silent test

.PHONY: test-asm
test-asm: cargo-tools build-packages $(target)/asm-sdk/installed ## What the cloud client sends, beside what the official SDK sends
	MESHLIFT_ASM_SDK_PYTHON=$(target)/asm-sdk/bin/python \
	  $(cold) $(cargo) test $(locked) --package $(sdk) --no-fail-fast

.PHONY: test-bed
test-bed: cargo-tools build-packages bed ## The same upgrades on the simulator and on a real control plane
	$(cold) $(cargo) clippy $(locked) $(call packages,$(bed)) --all-targets -- --deny warnings
	$(cold) $(cargo) test $(locked) $(call packages,$(bed)) --no-fail-fast

.PHONY: test-browser
test-browser: browser-packages devserver ui/dist/index.html tests/browser/node_modules/.package-lock.json ## The page in a browser, through the development server
	$(warm) npm --prefix tests/browser test

.PHONY: test-desktop
test-desktop: app screen-packages bed ## The shell's own tests, then journeys through the real window
	$(cold) $(cargo) clippy $(locked) $(call packages,$(shell) $(journeys)) --all-targets $(embedded) -- --deny warnings
	$(cold) $(cargo) test $(locked) --package $(shell) $(embedded) --no-fail-fast
	$(cold) $(cargo) test $(locked) --package $(journeys) --no-fail-fast

##@ Work on it

.PHONY: dev
dev: devserver ui/dist/index.html ## Serve the page and the application API on loopback, read-only; OPERATE=1 lets it write
	$(target)/debug/meshlift-dev $(if $(OPERATE),--operate)

.PHONY: bench
bench: cargo-tools build-packages bed ## Measure decisions, then the reading of 10,000 pods beside its floor and its peers
	CARGO_PROFILE_BENCH_LTO=off CARGO_PROFILE_BENCH_CODEGEN_UNITS=16 \
	  $(cold) $(cargo) bench $(locked) --package meshlift-scenarios --bench decisions
	CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
	  $(cold) $(cargo) run $(locked) --release --package meshlift-bench

.PHONY: lint
lint: cargo-tools window-packages ui/node_modules/.package-lock.json ui/dist/index.html ## Everything that finds faults without running the product
	$(cargo) fmt --all --check
	.ci/layers
	.ci/map
	$(cold) $(cargo) clippy $(locked) --workspace --all-targets $(embedded) -- --deny warnings
	npm --prefix ui run --silent typecheck
	npm --prefix ui run --silent lint
	if command -v shellcheck >/dev/null; then shellcheck .ci/* tests/bed/build.sh; fi
	if command -v cargo-deny >/dev/null; then $(cargo) deny --offline check bans licenses sources; fi

.PHONY: format
format: cargo-tools ui/node_modules/.package-lock.json ## Put everything into the project's format
	$(cargo) fmt --all
	npm --prefix ui run --silent format

.PHONY: clean
clean: ## Remove what was built here; the bed's cache stays
	rm -rf target ui/dist ui/node_modules tests/browser/node_modules tests/browser/test-results pictures

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- parts of the set-up

.PHONY: cargo-tools node-tools go-tools
cargo-tools:
	.ci/tools cargo
node-tools:
	.ci/tools node
go-tools:
	.ci/tools go

.PHONY: build-packages window-packages screen-packages browser-packages
build-packages:
	.ci/packages build
window-packages:
	.ci/packages window
screen-packages:
	.ci/packages screen
browser-packages:
	.ci/packages browser

.PHONY: app devserver bed
app: cargo-tools window-packages ui/dist/index.html
	$(cold) $(cargo) build $(locked) --package $(shell) $(embedded)

devserver: cargo-tools build-packages
	$(cold) $(cargo) build $(locked) --package meshlift-devserver

bed: go-tools
	$(cold) tests/bed/build.sh

ui/dist/index.html: ui/node_modules/.package-lock.json $(ui_sources)
	$(warm) npm --prefix ui run --silent build

# Any Python from 3.9 on will do; without one that can make environments, Debian's is installed.
$(target)/asm-sdk/installed: tests/asm-sdk/requirements.txt
	python3 -c 'import ensurepip, venv' 2>/dev/null || .ci/packages python
	.ci/tools python3
	python3 -m venv --clear $(@D)
	$(warm) $(@D)/bin/pip install --quiet --disable-pip-version-check --requirement $<
	touch $@

%/node_modules/.package-lock.json: %/package-lock.json | node-tools
	$(warm) npm --prefix $* ci --no-audit --no-fund --loglevel error

.ONESHELL:
.SILENT: run tour help cargo-tools node-tools go-tools build-packages window-packages screen-packages browser-packages
