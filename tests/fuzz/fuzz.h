/* What the fuzz targets share: memory, and a plan for every message type. */
#ifndef MILLRACE_TESTS_FUZZ_FUZZ_H
#define MILLRACE_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "domain/arena.h"
#include "generated/c/message_types.h"
#include "loop/turn_inside.h"
#include "wire/plan.h"
#include "wire/schema_cache.h"

/* The entry point that libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The one arena, emptied. */
struct arena *fuzz_arena(void);

/* A copy with a NUL behind it, from malloc: the caller frees it. */
char *fuzz_string(const uint8_t *data, size_t size);

/* A record's value: these bytes behind a schema id, from malloc: the caller frees it. */
struct bytes fuzz_framed(int32_t schema_id, const uint8_t *data, size_t size);

/* The plan for a type's own schema, built from its text at first use. */
const struct plan *fuzz_plan(enum message_type type);

/* The one turn, emptied; its store has two tables, empty too. A dead letter has at most so many
 * bytes. */
enum { FUZZ_LETTER_MAX = 100000 };
struct turn *fuzz_turn(void);

/* What was restored stands in the store, as a lane that works finds it. */
void fuzz_restored(struct turn *turn);

/* A cache in which ids 1 and up stand for the message types, in their order. */
struct schema_cache *fuzz_cache(void);

/* Stop here unless it holds: what libFuzzer reports as a finding. */
void fuzz_require(bool holds);

/* All that must hold of a struct that was decoded: what we write of it can be read again, and is
 * the same by bytes and by JSON. */
void fuzz_round_trip(enum message_type type, const void *body);

#endif
