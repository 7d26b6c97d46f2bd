# Millrace: every target a developer or CI calls. `make help` lists them.
# Variants live beside each other in build/<variant>, so a sanitizer run never dirties the plain one.

VARIANT ?= plain
CC := gcc
BUILD := build/$(VARIANT)
JOBS ?= $(shell nproc)
MAKEFLAGS += --no-print-directory
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(JOBS)
endif

PACKAGES := rdkafka avro-c uuid libcyaml yaml-0.1 jansson libcurl libssl libcrypto rocksdb libmicrohttpd \
            libprotobuf-c libsodium libsecp256k1 libnghttp2
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lm

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wconversion -Wformat=2 -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wundef
HARDEN := -fstack-protector-strong -fPIE
CFLAGS_plain := -O2 -D_FORTIFY_SOURCE=2
CFLAGS_clang := -O1
CFLAGS_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan := -O1 -fsanitize=thread -fno-omit-frame-pointer
CFLAGS_fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all \
               -fno-omit-frame-pointer
LDFLAGS_plain := -Wl,-z,relro,-z,now
ifneq ($(filter clang fuzz,$(VARIANT)),)
CC := clang
endif
DIALECT := -std=c11 -D_GNU_SOURCE -pthread -Iprocessors -Ischemas -I. \
           -Ischemas/generated/project_origin $(PKG_CFLAGS)
CFLAGS := $(DIALECT) -g $(WARNINGS) $(HARDEN) $(CFLAGS_$(VARIANT))
LDFLAGS := -pie -pthread $(CFLAGS_$(VARIANT)) $(LDFLAGS_$(VARIANT))

export ASAN_OPTIONS := detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS := print_stacktrace=1
export TSAN_OPTIONS := halt_on_error=1:suppressions=$(CURDIR)/tests/tsan/suppressions

SOURCES := $(sort $(shell find processors schemas/generated -name '*.c' 2>/dev/null))
MAIN := processors/cli/main.c

# Who makes range proofs (processors/ports/prover.h): one of the rooms outside/prover_*. All of them
# are compiled, and one is linked.
PROVER ?= none
PROVERS := $(sort $(patsubst processors/outside/prover_%,%,$(wildcard processors/outside/prover_*)))
ifeq ($(filter $(PROVER),$(PROVERS)),)
$(error there is no PROVER=$(PROVER); it is one of: $(PROVERS))
endif
NOT_LINKED := $(foreach p,$(filter-out $(PROVER),$(PROVERS)), \
                        processors/outside/prover_$(p)/% tests/unit/prover_$(p)_test.c \
                        tests/contract/prover_$(p)_test.c)
LIBRARY_SOURCES := $(filter-out $(MAIN) $(NOT_LINKED),$(SOURCES))
LIBRARY := $(BUILD)/libmillrace.a
SUPPORT_SOURCES := $(sort $(shell find tests/support -name '*.c' 2>/dev/null))
SIMULATE_MAIN := tests/simulate/main.c tests/simulate/parsed_schemas.c
SIMULATE_SOURCES := $(filter-out $(SIMULATE_MAIN),$(sort $(wildcard tests/simulate/*.c)))
SCENES_SOURCES := $(sort $(wildcard tests/simulate/scenes/*.c))
TEST_SOURCES := $(sort $(wildcard tests/unit/*.c tests/spec/*.c tests/contract/*.c))
FLOW_SOURCES := $(sort $(wildcard tests/flow/*.c))
FLOWS := $(FLOW_SOURCES:tests/flow/%.c=$(BUILD)/flow/%)
DRIVE := $(BUILD)/project_origin/drive
SUITES := $(foreach s,unit spec contract,$(if $(wildcard tests/$(s)/*.c),$(s)))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))

# The release after this one, as far as it must be there to try an upgrade: its states have formats
# that this one does not know (tests/flow/rolling_upgrade).
NEXT := $(BUILD)/next
NEXT_HEADERS := $(addprefix $(NEXT)/,certificates/certificates.h domain/submission.h)
NEXT_SOURCES := $(sort $(shell grep -rlE --include='*.c' '(CERTIFICATES|SUBMISSION)_FORMAT_VERSION' \
                                processors))

.DEFAULT_GOAL := all
.SECONDARY: # an object that only a check needed is kept as well
.PHONY: all help clean
all: $(BUILD)/millrace $(NEXT)/millrace $(SUITES:%=$(BUILD)/suites/%) $(FLOWS) $(DRIVE) ## Build the binary and all tests

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

# Objects are made anew when their flags change, libraries and programs when their list does; both
# files are touched only then. The first also says in time that a library is not installed.
LISTED = PROVER=$(PROVER) $(SOURCES) $(TEST_SOURCES) $(SUPPORT_SOURCES) $(SIMULATE_SOURCES) $(SCENES_SOURCES)
.PHONY: FORCE
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@pkg-config --exists --print-errors $(PACKAGES) || { echo "run docker/install" >&2; exit 1; }
	@echo '$(CC) $(CFLAGS)' | cmp -s - $@ || echo '$(CC) $(CFLAGS)' >$@
$(BUILD)/sources: FORCE
	@mkdir -p $(@D)
	@echo '$(LISTED)' | cmp -s - $@ || echo '$(LISTED)' >$@

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "$(CC) $<"
	@$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(LIBRARY): $(call object,$(LIBRARY_SOURCES)) $(BUILD)/sources
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

# The crate is the same in every variant. Cargo.lock has the versions of all that it is made of, and
# their hashes.
ifeq ($(PROVER),bulletproofs)
CRATE := processors/outside/prover_bulletproofs
CRATE_LIBRARY := build/crate/release/libmillrace_bulletproofs.a
$(CRATE_LIBRARY): $(CRATE)/Cargo.toml $(CRATE)/Cargo.lock $(wildcard $(CRATE)/src/*.rs)
	@command -v cargo >/dev/null || { echo "PROVER=bulletproofs needs cargo, which is not here: \
	install Rust 1.63 or newer (docker/install prover)" >&2; exit 1; }
	@echo "cargo $(CRATE)"
	@cargo build --quiet --release --locked --manifest-path $(CRATE)/Cargo.toml --target-dir build/crate
	@touch $@
$(LIBRARY): $(CRATE_LIBRARY)
PKG_LIBS += $(CRATE_LIBRARY)
endif

$(BUILD)/millrace: $(call object,$(MAIN)) $(LIBRARY)
	@echo "link $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

$(NEXT_HEADERS): $(NEXT)/%: processors/%
	@mkdir -p $(@D)
	@sed -E 's/([A-Z]+_FORMAT_VERSION = [0-9]+)/\1 + 1/' $< >$@
	@! cmp -s $< $@

$(NEXT_SOURCES:%.c=$(NEXT)/%.o): $(NEXT)/%.o: %.c $(NEXT_HEADERS) $(BUILD)/flags
	@mkdir -p $(@D)
	@echo "$(CC) $< (next)"
	@$(CC) -I$(NEXT) $(CFLAGS) -MMD -MP -c $< -o $@

# Its own objects come first: what they define is not looked for in the library.
$(NEXT)/millrace: $(call object,$(MAIN)) $(NEXT_SOURCES:%.c=$(NEXT)/%.o) $(LIBRARY)
	@echo "link $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

# Criterion's own runner cannot start under ThreadSanitizer (Snaipe/Criterion #274).
CRITERION := $(if $(filter tsan,$(VARIANT)),$(call object,tests/tsan/criterion.c),-lcriterion)

define SUITE
$(BUILD)/suites/$(1): $$(call object,$$(filter-out $$(NOT_LINKED), \
                                    $$(filter tests/$(1)/%,$$(TEST_SOURCES))) $$(SUPPORT_SOURCES) \
                     $$(SIMULATE_SOURCES)) $$(LIBRARY) $$(filter %.o,$$(CRITERION)) $$(BUILD)/sources
	@mkdir -p $$(@D)
	@echo "link $$@"
	@$$(CC) $$(LDFLAGS) $$(filter %.o %.a,$$^) -o $$@ $$(PKG_LIBS) $$(filter -l%,$$(CRITERION))
endef
$(foreach s,$(SUITES),$(eval $(call SUITE,$(s))))

$(FLOWS): $(BUILD)/flow/%: $(BUILD)/tests/flow/%.o $(call object,$(SUPPORT_SOURCES)) $(LIBRARY) \
                           $(filter %.o,$(CRITERION)) $(BUILD)/sources
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(LDFLAGS) $(filter %.o %.a,$^) -o $@ $(PKG_LIBS) $(filter -l%,$(CRITERION))

# The adapter in a process of its own: tests/project_origin/README.md.
$(DRIVE): $(call object,tests/project_origin/drive.c) $(LIBRARY)
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

# The log and the schema registry in memory need no test framework, and so neither does it.
SIMULATION := $(call object,$(SIMULATE_SOURCES) \
                            $(filter tests/support/memory_% tests/support/fake_schemas.c,$(SUPPORT_SOURCES)))
$(BUILD)/simulate: $(call object,$(SIMULATE_MAIN))
$(BUILD)/simulate: LDFLAGS += -Wl,--wrap=avro_schema_from_json_length
$(BUILD)/scenes: $(call object,$(SCENES_SOURCES))
$(BUILD)/simulate $(BUILD)/scenes: $(SIMULATION) $(LIBRARY) $(BUILD)/sources
	@echo "link $@"
	@$(CC) $(LDFLAGS) $(filter %.o %.a,$^) -o $@ $(PKG_LIBS)

BENCH_SUPPORT := $(wildcard tests/bench/support/*.c)
$(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(call object,$(BENCH_SUPPORT) $(SUPPORT_SOURCES)) \
                  $(LIBRARY)
	@mkdir -p $(@D)
	@echo "link $@"
	@$(CC) $(LDFLAGS) $^ -o $@ $(PKG_LIBS) -lcriterion

# BENCH=lane,ledger runs some; tests/bench/README.md says what each of them measures.
comma := ,
BENCH_NAMES := $(subst $(comma), ,$(BENCH))
BENCH_PROGRAMS := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/*.c))
.PHONY: bench
bench: $(BUILD)/millrace \
       $(patsubst %,$(BUILD)/bench/%,$(filter $(or $(BENCH_NAMES),%),$(BENCH_PROGRAMS)))
bench: ## Measure: BENCH=name,name
	@BUILD=$(BUILD) tests/bench/run $(BENCH_NAMES)

.PHONY: figures
figures: ## Put what make bench measured last into README (tests/bench/bench.json keeps it)
	@tests/bench/kit/figures.py --take

.PHONY: unit spec contract
unit: ## Run one suite of tests: pieces
spec: ## ... the domain, given-when-then
contract: ## ... every implementation of a port
$(SUITES): %: $(BUILD)/suites/%
	@echo "-- $@ ($(VARIANT))"
	@tests/suite $< $(JOBS)

include tests/checks.mk

.PHONY: gen
gen: ## Write what is generated: C from the schemas, and the list of fault points
	tests/faults/list-points .
	schemas/generate/inline.py
	schemas/generate/generate.py
	schemas/generate/generate.py --schemas schemas/generate/tests/schemas \
	    --out tests/support/probe --include tests/support/probe/ --no-table
	schemas/generate/project_origin.py

# Where `make install` puts things; DESTDIR is set in front of all of it.
PREFIX ?= /usr/local
.PHONY: install
install: $(BUILD)/millrace ## Install under PREFIX: the binary, topics.yaml, manual, completion, systemd unit
	install -Dm755 $< $(DESTDIR)$(PREFIX)/bin/millrace
	install -Dm644 topics.yaml $(DESTDIR)$(PREFIX)/share/millrace/topics.yaml
	install -d $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/bash-completion/completions \
	    $(DESTDIR)$(PREFIX)/lib/systemd/system
	sed 's|/usr/local|$(PREFIX)|g' docker/systemd/millrace@.service \
	    >$(DESTDIR)$(PREFIX)/lib/systemd/system/millrace@.service
	$< manual $(DESTDIR)$(PREFIX)/share/man/man1
	$< completion bash >$(DESTDIR)$(PREFIX)/share/bash-completion/completions/millrace

clean: ## Remove everything built; a stack and its data stay (docker/stack down --purge)
	rm -rf $(filter-out build/stack,$(wildcard build/*))

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
