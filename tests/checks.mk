# What is checked, and in which order. `make check` is for every change, `make test` for landing.

GENERATED := schemas/generated/% tests/support/probe/% processors/outside/process_os/fault_points.h
HAND_WRITTEN := $(filter-out $(GENERATED), \
    $(SOURCES) $(TEST_SOURCES) $(FLOW_SOURCES) $(SUPPORT_SOURCES) $(SIMULATE_SOURCES) \
    $(SCENES_SOURCES) $(wildcard $(SIMULATE_MAIN) tests/bench/*.c tests/bench/support/*.c \
        tests/tsan/*.c tests/fuzz/*.c tests/project_origin/*.c))
HEADERS := $(filter-out $(GENERATED),$(shell find processors tests -name '*.h'))

# One after the other: each suite uses all cores by itself, and its output stays together.
.PHONY: suites
suites: $(SUITES:%=$(BUILD)/suites/%)
	@set -e; for suite in $(SUITES); do $(MAKE) $$suite; done

.PHONY: check test asan tsan clang independent stack flow ci
check: ## Quick checks: format, rules, tidy of what changed, generated files; suites, 200 seeds
	@$(MAKE) gen-check
	@$(MAKE) all
	@$(MAKE) format-check rules scripts tidy-changed
	@$(MAKE) python-tests
	@$(MAKE) suites
	@$(MAKE) scenes
	@$(MAKE) simulate SEEDS=1..200 simulate-repeats

test: ## Everything before landing: check, independent, clang, asan, seeds, full tidy, stack, flow
	+@tests/run check independent clang asan simulate-many stack+tidy flow faults-quick

asan: ## Run the suites under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) VARIANT=asan suites

tsan: ## Run the suites under ThreadSanitizer
	@$(MAKE) VARIANT=tsan suites

clang: ## Build everything with clang as well
	@$(MAKE) VARIANT=clang all

.PHONY: prover
prover: export PROVER := bulletproofs
prover: ## Build what makes range proofs, and try it (needs cargo)
	@$(MAKE) $(BUILD)/suites/unit $(BUILD)/suites/contract
	@cargo test --quiet --release --locked --target-dir build/crate \
	    --manifest-path processors/outside/prover_bulletproofs/Cargo.toml
	@tests/suite $(BUILD)/suites/unit $(JOBS) --filter 'prover_*/*'
	@tests/suite $(BUILD)/suites/contract $(JOBS) --filter 'prover_*/*'

# Each target runs for a while on seeds made of the golden messages, and first on all that was ever
# found. What it finds is left in build/fuzz/; a fixed finding belongs into tests/fuzz/found/TARGET/.
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= decode plan schema json envelope state headers settings words plain grpc standin \
                mimic registry_answers keyring origin_answers
FUZZERS := $(FUZZ_TARGETS:%=build/fuzz/%_fuzz)
.PHONY: fuzz fuzzers
fuzz: ## Run each fuzz target for FUZZ_SECONDS
	@$(MAKE) VARIANT=fuzz fuzzers
	@tests/fuzz/run $(FUZZ_SECONDS) $(FUZZ_TARGETS)

ifeq ($(VARIANT),fuzz)
fuzzers: $(FUZZERS)
build/fuzz/%_fuzz: build/fuzz/tests/fuzz/%_fuzz.o build/fuzz/tests/fuzz/fuzz.o \
                   $(call object,tests/support/fake_schemas.c $(wildcard tests/support/probe/*.c)) \
                   $(LIBRARY)
	@echo "link $@"
	@$(CC) $(LDFLAGS) -fsanitize=fuzzer $(filter %.o %.a,$^) -o $@ $(PKG_LIBS)
endif

# TRY=adapter,standin runs some of them.
independent: $(BUILD)/millrace $(DRIVE) ## Hold adapter and stand-in of Project Origin against grpcio
	@BUILD=$(BUILD) tests/project_origin/run $(subst $(comma), ,$(TRY))

stack: ## Try docker/stack itself: two stacks beside each other, and starts that fail
	tests/stack/run

flow: all ## Run the flows on a real Kafka and schema registry
	@BUILD=$(BUILD) tests/flow/run

# FAULT=name,name runs some of them; FAULTS_SEED=n draws other moments than the first seed does.
.PHONY: faults faults-quick
faults: all ## Run all faults on a real Kafka, the whole sweep (about an hour): FAULT=name,name
	@BUILD=$(BUILD) tests/faults/run whole $(subst $(comma), ,$(FAULT))
faults-quick: all ## ... the quick ones, and the sweep's first part (make test)
	@BUILD=$(BUILD) tests/faults/run quick $(subst $(comma), ,$(FAULT))

ci: ## What CI runs
	.ci/run

.PHONY: format format-check rules scripts gen-check python-tests
format: ## Format the C sources in place
	@clang-format -i $(HAND_WRITTEN) $(HEADERS)

format-check:
	@clang-format --dry-run -Werror $(HAND_WRITTEN) $(HEADERS)

rules: $(call object,$(SOURCES))
	@tests/tidy/rules . $(BUILD)

scripts:
	@shellcheck -x -S warning $$(git ls-files -co --exclude-standard | xargs grep -lE '^#!.*\b(ba)?sh$$')

PYTHON_TESTS := $(wildcard tests/tidy tests/bench tests/faults/kit tests/project_origin \
    schemas/generate/tests)
python-tests:
	@for d in $(PYTHON_TESTS); do \
	    [ -z "$$(find $$d -name '*_test.py')" ] || \
	    { echo "-- $$d"; python3 -B -m unittest discover -s $$d -p '*_test.py' || exit 1; }; done

# The generator runs on the work tree itself: what it changes was out of date.
generated_state = git ls-files -co --exclude-standard schemas tests/support processors/outside \
                  | sort | xargs sha256sum
gen-check:
	@before=$$($(generated_state)); $(MAKE) gen || exit 1; [ "$$before" = "$$($(generated_state))" ] || \
	    { echo "generated files were not in step with their sources: make gen, and commit them" >&2; exit 1; }

# clang-tidy is slow: a source is looked at again only when its object is made again.
TIDY_OK := $(HAND_WRITTEN:%.c=$(BUILD)/tidy/%.ok)
CHANGED = $(shell git diff --name-only origin/main 2>/dev/null; git ls-files -o --exclude-standard 2>/dev/null)
.PHONY: tidy tidy-changed
tidy: $(TIDY_OK) ## Run clang-tidy on every source that changed since it last passed
	@:
tidy-changed: $(filter $(patsubst %.c,$(BUILD)/tidy/%.ok,$(CHANGED)),$(TIDY_OK))
	@:

$(BUILD)/tidy/%.ok: %.c $(BUILD)/%.o .clang-tidy tests/.clang-tidy
	@mkdir -p $(@D)
	@echo clang-tidy $<
	@clang-tidy -quiet $< -- $(DIALECT) 2>$@.log || { cat $@.log; exit 1; }
	@touch $@

# SEED=n runs one seed and SEEDS=a..b a range; TRANSCRIPT=1 prints what happened, LOGS=1 with what
# the processes log.
SEEDS ?= $(if $(SEED),$(SEED)..$(SEED),1..200)
SIMULATE = COMMIT=$$(git rev-parse --short HEAD) $(BUILD)/simulate --jobs $(JOBS) \
           $(if $(TRANSCRIPT),--transcript --jobs 1) $(if $(LOGS),--logs)
.PHONY: simulate simulate-many simulate-repeats soak
simulate: $(BUILD)/simulate ## Run seeds of the simulation: SEED=n, SEEDS=a..b, TRANSCRIPT=1
	@$(SIMULATE) --seeds $(SEEDS)
# Whatever ran before it in the same process, a seed is told the same way, byte for byte.
simulate-repeats: $(BUILD)/simulate
	@for seed in 3 7 11; do \
	    $(BUILD)/simulate --seeds 1..$$seed --transcript | sed '1,/^seed '$$seed'$$/d;/^[0-9]* seeds/,$$d' >build/repeat-1; \
	    $(BUILD)/simulate --seed $$seed --transcript | sed '1d;/^[0-9]* seeds/,$$d' >build/repeat-2; \
	    [ -s build/repeat-1 ] && cmp build/repeat-1 build/repeat-2 || exit 1; done
	@echo "3 passed, 0 failed"
simulate-many: # those that check has not run yet
	@$(MAKE) simulate SEEDS=201..5200
soak: $(BUILD)/simulate ## Run seeds from SEED on until stopped
	@$(SIMULATE) --seed $(or $(SEED),1) --soak

# SCENE=name plays one; ACCEPT=1 writes down what they tell, to be looked at in the diff.
.PHONY: scenes
scenes: $(BUILD)/scenes ## Play the narrated scenes, and compare what they tell
	@$(BUILD)/scenes $(if $(ACCEPT),--accept) $(SCENE)

.PHONY: demo
demo: ## Play the story on a real Kafka (KEEP=1 leaves all running)
	@docker/install
	@$(MAKE) --no-print-directory $(BUILD)/millrace
	@KEEP=$(KEEP) docker/demo

# Each planted bug must be seen by somebody. Variables of the command line reach the runner through
# the environment: MUTANTS=name,name BY=simulate SEEDS=1..5000.
.PHONY: mutants
mutants: ## Plant each bug of tests/mutants and see it caught
	@tests/mutants/run
