# Millrace: every target a developer or CI calls. `make help` lists them.
# Variants live beside each other in build/<variant>, so a sanitizer run never dirties the plain one.

VARIANT ?= plain
CC := gcc
BUILD := build/$(VARIANT)

PACKAGES := rdkafka avro-c uuid libcyaml jansson libcurl libcrypto
PKG_CFLAGS := $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wconversion -Wformat=2 -Wvla -Wstrict-prototypes \
            -Wmissing-prototypes -Wpointer-arith -Wundef
HARDEN := -fstack-protector-strong -fPIE
CFLAGS_plain := -O2 -D_FORTIFY_SOURCE=2
CFLAGS_clang := -O1
CFLAGS_asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CFLAGS_tsan := -O1 -fsanitize=thread -fno-omit-frame-pointer
LDFLAGS_plain := -Wl,-z,relro,-z,now
ifeq ($(VARIANT),clang)
CC := clang
endif
CFLAGS := -std=c11 -D_GNU_SOURCE -g -pthread $(WARNINGS) $(HARDEN) $(CFLAGS_$(VARIANT)) \
          -Iprocessors -Ischemas -I. $(PKG_CFLAGS) -MMD -MP
LDFLAGS := -pie -pthread $(CFLAGS_$(VARIANT)) $(LDFLAGS_$(VARIANT))

SOURCES := $(sort $(shell find processors schemas/generated -name '*.c' 2>/dev/null))
MAIN := processors/cli/main.c
LIBRARY_SOURCES := $(filter-out $(MAIN),$(SOURCES))
LIBRARY := $(BUILD)/libmillrace.a
SUPPORT_SOURCES := $(sort $(shell find tests/support -name '*.c' 2>/dev/null))
SUITES := $(foreach s,unit spec contract,$(if $(wildcard tests/$(s)/*.c),$(s)))

object = $(patsubst %.c,$(BUILD)/%.o,$(1))

.DEFAULT_GOAL := all
.PHONY: all help clean
all: $(BUILD)/millrace $(SUITES:%=$(BUILD)/suites/%) ## Build the binary and the test suites

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

$(LIBRARY): $(call object,$(LIBRARY_SOURCES))
	@rm -f $@
	@ar rcs $@ $^

$(BUILD)/millrace: $(call object,$(MAIN)) $(LIBRARY)
	$(CC) $(LDFLAGS) $^ -o $@ $(PKG_LIBS)

define SUITE
$(BUILD)/suites/$(1): $$(call object,$$(sort $$(wildcard tests/$(1)/*.c)) $$(SUPPORT_SOURCES)) $$(LIBRARY)
	@mkdir -p $$(@D)
	$$(CC) $$(LDFLAGS) $$^ -o $$@ $$(PKG_LIBS) -lcriterion
endef
$(foreach s,$(SUITES),$(eval $(call SUITE,$(s))))

.PHONY: unit spec contract
unit spec contract: %: $(BUILD)/suites/% ## Run one suite of tests
	$< -j2 --quiet

.PHONY: gen
gen: ## Write schemas/generated/c, and the structs of the codecs' tests, from the schemas
	schemas/generate/inline.py
	schemas/generate/generate.py
	schemas/generate/generate.py --schemas schemas/generate/tests/schemas \
	    --out tests/support/probe --include tests/support/probe/ --no-table

clean: ## Remove everything built
	rm -rf build

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
